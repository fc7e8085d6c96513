/** Where it is remembered what was done about modems that did not do their work. */
import type { Database } from './database.ts'

/** What was written last for this modem; undefined when nothing was. */
export async function readHealing(db: Database, modemId: string): Promise<unknown> {
  const row = await db
    .selectFrom('modem_healing')
    .select('healing_json')
    .where('modem_id', '=', modemId)
    .executeTakeFirst()
  return row === undefined ? undefined : JSON.parse(row.healing_json)
}

/** Resolves once it is on disk. */
export async function writeHealing(db: Database, modemId: string, healing: object, nowMs: number): Promise<void> {
  await db
    .replaceInto('modem_healing')
    .values({ modem_id: modemId, healing_json: JSON.stringify(healing), updated_at_ms: nowMs })
    .execute()
}
