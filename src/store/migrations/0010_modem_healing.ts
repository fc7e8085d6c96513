/** What was done about a modem that did not do its work: counts, hard resets of the last day, the last steps. As JSON. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      'create table modem_healing (modem_id text not null primary key, healing_json text not null check (json_valid(healing_json)), updated_at_ms integer not null) strict',
    )
    .execute(db)
}
