/** Groups that somebody whom the owner has not let in has added us to; those that we are in by now count as let in. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table signal_groups add column asks integer check (asks in (0, 1))').execute(db)
  await sql.raw("update signal_groups set asks = 0 where standing = 'member'").execute(db)
}
