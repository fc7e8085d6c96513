/** Long texts that are shown before all their parts are here, and texts of ours that are to be shown at once (flash). */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table messages add column incomplete integer not null default 0 check (incomplete in (0, 1))',
  // What a part says beside its text; what came before this column has none.
  'alter table segments add column facts_json text',
  // 1: its text is shown with gaps; 0: cannot be shown (data); null: not looked at yet.
  'alter table segments add column shown integer check (shown in (0, 1))',
  'create index segments_overdue on segments (received_at_ms) where whole_at_ms is null and shown is null',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
