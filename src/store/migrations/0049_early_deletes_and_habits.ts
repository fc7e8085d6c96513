/**
 * An administrator of a group takes back a message that is not here yet: kept as what else was done to it. And what a primary
 * has told its other devices of the owner's habits.
 */
import { type Kysely, sql } from 'kysely'
import { relax } from './relax.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await relax(db, 'early_changes', `kind in ('reaction', 'edited')`, `kind in ('reaction', 'edited', 'deleted')`)
  await sql`alter table signal_account add column habits_told text`.execute(db)
}
