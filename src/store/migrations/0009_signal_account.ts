/**
 * A Signal account in full: the profile as it was published, what is known of others' profiles, and lines in a
 * conversation that nobody wrote.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table signal_account add column profile_digest text',
  'alter table signal_account add column storage_due_at_ms integer not null default 0',
  'alter table signal_peers add column profile_name text',
  'alter table signal_peers add column profile_due_at_ms integer not null default 0',
  'alter table contacts add column profile_name text',
  'alter table messages add column notice text',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
