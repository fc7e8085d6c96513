/** The modem that somebody chose for the text of a message; null: the router chooses. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table messages add column pinned_lane text').execute(db)
}
