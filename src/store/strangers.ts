/** Requests of strangers, and whether somebody is one. */
import type { Database, DatabaseTransaction } from './database.ts'
import type { MessageRow } from './tables/mailbox.ts'

/** Whether anything in this conversation is of the owner. */
export async function hasWritten(db: Database, conversationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('messages')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('direction', '=', 'out')
    .where('notice', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** It is a request since then; null: none. */
export async function changeRequest(
  tx: DatabaseTransaction,
  conversationId: string,
  atMs: number | null,
): Promise<void> {
  await tx
    .updateTable('conversations')
    .set(({ eb }) => ({ request_at_ms: atMs, version: eb('version', '+', 1) }))
    .where('id', '=', conversationId)
    .execute()
}

/** The newest messages that came over Signal. */
export function newestInbound(tx: DatabaseTransaction, conversationId: string, limit: number): Promise<MessageRow[]> {
  return tx
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('direction', '=', 'in')
    .where('transport', '=', 'signal')
    .orderBy('created_at_ms', 'desc')
    .limit(limit)
    .execute()
}
