/** Settings that people change at run time and that then win over the configuration. */
import { MODES, type Mode } from '../domain/route.ts'
import type { Database } from './database.ts'

/** The mode that a person chose, or undefined: the configuration's. */
export async function readMode(db: Database): Promise<Mode | undefined> {
  const row = await db.selectFrom('settings').selectAll().where('key', '=', 'mode').executeTakeFirst()
  if (row === undefined) return undefined
  const value: unknown = JSON.parse(row.value_json)
  return MODES.find((mode) => mode === value)
}

export async function writeMode(db: Database, mode: Mode): Promise<void> {
  await db
    .replaceInto('settings')
    .values({ key: 'mode', value_json: JSON.stringify(mode) })
    .execute()
}
