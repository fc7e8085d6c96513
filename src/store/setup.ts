/** The first hour, kept over restarts: the hash of the one-time setup code, and what was done about each step. */
import type { Database } from './database.ts'

export type StepMark = 'done' | 'skipped'

const CODE = 'setup_code'
const STEPS = 'setup_steps'

export function readSetupCode(db: Database): Promise<string | undefined> {
  return read<string>(db, CODE)
}

/** The hash of a new code, in place of any before; undefined: none is good any more. */
export async function writeSetupCode(db: Database, hash: string | undefined): Promise<void> {
  if (hash === undefined) await db.deleteFrom('settings').where('key', '=', CODE).execute()
  else await write(db, CODE, hash)
}

export async function readStepMarks(db: Database): Promise<Readonly<Record<string, StepMark>>> {
  return (await read<Record<string, StepMark>>(db, STEPS)) ?? {}
}

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
