/** An administrator of a group takes back a message that is not here yet: kept as what else was done to it. */
import type { Kysely } from 'kysely'
import { relax } from './relax.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await relax(db, 'early_changes', `kind in ('reaction', 'edited')`, `kind in ('reaction', 'edited', 'deleted')`)
}
