/** Until when what the owner decided here of a group's being blocked stands against what the storage service still says. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table signal_groups add column block_stands_until_ms integer').execute(db)
}
