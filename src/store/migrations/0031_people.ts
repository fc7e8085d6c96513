/**
 * People as the owner sorts them: the modem that texts to somebody leave through, what the ids of joined contacts and
 * conversations are now, and which number and account the owner has taken apart, so that nothing joins them again.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table contacts add column preferred_lane text',
  `create table merged_ids (
     id text primary key check (id glob 'con_*' or id glob 'cnv_*'),
     into_id text not null check (into_id <> id),
     at_ms integer not null
   ) strict, without rowid`,
  'create index merged_ids_into on merged_ids (into_id)',
  `create table kept_apart (
     e164 text not null,
     aci text not null,
     at_ms integer not null,
     primary key (e164, aci)
   ) strict, without rowid`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
