/**
 * Small copies of what quoted messages show: files that belong to the message that quotes, and are none of its own
 * attachments. What a quote says of a file, and which one it is, stands in `messages.quote_json`.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table attachments add column quoted integer not null default 0 check (quoted in (0, 1))',
  // Whoever lets go of a message looks for those that quote it.
  'create index messages_quoting on messages (conversation_id) where quote_json is not null',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
