/** Where PINs that were entered by themselves are remembered: hashes only, in the encrypted database. */
import type { Database } from './database.ts'

const KEY = 'sim_pin_entries'

/** What was written last, as JSON; undefined when nothing was. */
export async function readPinEntries(db: Database): Promise<unknown> {
  const row = await db.selectFrom('settings').select('value_json').where('key', '=', KEY).executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.value_json)
}

/** Resolves once it is on disk. */
export async function writePinEntries(db: Database, entries: readonly object[]): Promise<void> {
  await db
    .replaceInto('settings')
    .values({ key: KEY, value_json: JSON.stringify(entries) })
    .execute()
}
