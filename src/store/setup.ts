/** The first hour, kept over restarts: the hash of the one-time setup code, and what was done about each step. */
import type { Database } from './database.ts'

export type StepMark = 'done' | 'skipped'

const CODE = 'setup_code'
const STEPS = 'setup_steps'

/** The hash of the code that is good; undefined: none is. */
export function readSetupCode(db: Database): Promise<string | undefined> {
  return read<string>(db, CODE)
}

/** The hash of a new code, in place of any before; undefined: none is good any more. */
export async function writeSetupCode(db: Database, hash: string | undefined): Promise<void> {
  if (hash === undefined) await db.deleteFrom('settings').where('key', '=', CODE).execute()
  else await write(db, CODE, hash)
}

/** What people said of steps of the set-up, by step. */
export async function readStepMarks(db: Database): Promise<Readonly<Record<string, StepMark>>> {
  return (await read<Record<string, StepMark>>(db, STEPS)) ?? {}
}

/** What a person says of one step, in place of what was said before. */
export async function markStep(db: Database, step: string, mark: StepMark): Promise<void> {
  await write(db, STEPS, { ...(await readStepMarks(db)), [step]: mark })
}

async function read<Value>(db: Database, key: string): Promise<Value | undefined> {
  const row = await db.selectFrom('settings').select('value_json').where('key', '=', key).executeTakeFirst()
  return row === undefined ? undefined : (JSON.parse(row.value_json) as Value)
}

async function write(db: Database, key: string, value: unknown): Promise<void> {
  await db
    .replaceInto('settings')
    .values({ key, value_json: JSON.stringify(value) })
    .execute()
}
