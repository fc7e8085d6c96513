/**
 * What is asked of the conversation of every text that comes, however long that conversation is: what we last sent over
 * Signal, and what came at that time over another transport.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create index messages_over_signal on messages (conversation_id, created_at_ms, id)
     where direction = 'out' and (transport = 'signal' or fallback_from = 'signal') and sent_at_ms is not null`,
  `create index messages_inbound on messages (conversation_id, transport, sent_timestamp_ms)
     where direction = 'in' and twin_transport is null`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
