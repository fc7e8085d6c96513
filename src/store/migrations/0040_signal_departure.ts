/**
 * A linked device that removes itself from its account, noted until it is done; and single files that the owner removed on
 * another device before their messages came here.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table signal_account add column leaving_at_ms integer',
  `create table signal_removed_files (
     author text not null, timestamp_ms integer not null,
     client_uuid text not null, digest text not null, kept_at_ms integer not null,
     primary key (author, timestamp_ms, client_uuid, digest)
   ) strict, without rowid`,
  'create index signal_removed_files_by_age on signal_removed_files (kept_at_ms)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
