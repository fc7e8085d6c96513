/** Whether whoever knows the number of the account finds it on Signal, as the owner has it. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const column = 'discoverable integer not null default 1 check (discoverable in (0, 1))'
  await sql.raw(`alter table signal_account add column ${column}`).execute(db)
}
