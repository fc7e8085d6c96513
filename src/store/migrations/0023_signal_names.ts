/** Our own username, what Signal has asked us to wait with, and what contact discovery has answered. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table signal_username (
     id integer primary key check (id = 1),
     username text, entropy blob, link_handle text,
     pending text, pending_entropy blob,
     check ((username is null) = (entropy is null)), check ((pending is null) = (pending_entropy is null))
   ) strict`,
  'create table signal_rations (kind text primary key, not_before_ms integer not null) strict, without rowid',
  `create table signal_directory (
     e164 text primary key, aci text, pni text, asked_at_ms integer not null, until_ms integer not null,
     misses integer not null default 0, counted integer not null default 0 check (counted in (0, 1))
   ) strict, without rowid`,
  'create table signal_directory_token (id integer primary key check (id = 1), token blob not null) strict',
  'create table signal_discoveries (id integer primary key, at_ms integer not null, numbers integer not null) strict',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
