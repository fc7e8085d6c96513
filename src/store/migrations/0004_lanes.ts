/**
 * What several modems need: which modem somebody last wrote to, parts counted by modem and time (quotas), and by which
 * of the service centre's times a report has named a part, so that its repetition is known again.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table conversations add column reply_lane text',
  'alter table parts add column centre_time_ms integer',
  'create index parts_by_time on parts (lane, submitted_at_ms) where submitted_at_ms is not null',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
