/** The figures in why a leg of the plan is as it is, beside its code, as `0047_told_values` keeps them for other reasons. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table legs add column values_json text').execute(db)
}
