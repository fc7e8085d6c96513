/** A message of ours that is to be looked at once. */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table messages add column view_once integer not null default 0 check (view_once in (0, 1))',
  // What we sent to be looked at once is wiped here, once it has left.
  `create index attachments_once on attachments (message_id) where view_once = 1 and state = 'here'`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
