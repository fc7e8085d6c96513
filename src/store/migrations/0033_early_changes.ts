/** What was done to messages before they came: reactions to them, and edits, which are shown as messages until then. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table early_changes (
     author text not null, timestamp_ms integer not null,
     kind text not null check (kind in ('reaction', 'edited')),
     by_aci text not null, place text not null, ours integer not null check (ours in (0, 1)),
     emoji text, change_ms integer not null, kept_since_ms integer not null,
     primary key (author, timestamp_ms, kind, by_aci),
     check (kind = 'reaction' or emoji is null)
   ) strict, without rowid`,
  'create index early_changes_by_person on early_changes (by_aci)',
  'create index early_changes_by_age on early_changes (kept_since_ms)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
