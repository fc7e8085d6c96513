/** Our own username, and what Signal has asked us to wait with. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table signal_username (
     id integer primary key check (id = 1),
     username text, entropy blob, link_handle text,
     pending text, pending_entropy blob,
     check ((username is null) = (entropy is null)), check ((pending is null) = (pending_entropy is null))
   ) strict`,
  'create table signal_rations (kind text primary key, not_before_ms integer not null) strict, without rowid',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
