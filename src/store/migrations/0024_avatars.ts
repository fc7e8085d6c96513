/** Pictures of people: where each lies at Signal, and the copy that is shown; and our own profile, as set here. */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table contacts add column avatar_id text references blobs (id)',
  `create table signal_avatars (
     aci text primary key, place text not null, due_at_ms integer, failures integer not null default 0
   ) strict, without rowid`,
  'create index signal_avatars_due on signal_avatars (due_at_ms) where due_at_ms is not null',
  // Whom the owner keeps out has no picture here; it is fetched anew should they be let in again.
  `create trigger signal_avatars_blocked after insert on signal_blocked begin
     update signal_avatars set due_at_ms = 0, failures = 0 where aci = new.aci;
   end`,
  `create table signal_profile (
     id integer primary key check (id = 1),
     name text, about text, emoji text, avatar blob, avatar_place text, avatar_sealed text
   ) strict`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
