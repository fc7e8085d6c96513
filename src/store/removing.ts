/** Messages that the owner has removed for themselves: which they are, and what is left of them (a row without a word). */
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from './database.ts'
import type { ConversationRow, MessageRow } from './tables/mailbox.ts'

/** What is still on its way is not removed: first it is settled, or canceled. */
export const UNSETTLED = ['scheduled', 'held', 'queued', 'sending', 'uncertain'] as const

/** What is there of a conversation, the newest first; `upTo`: that one and what is older. */
export function shownMessages(
  db: Database,
  conversationId: string,
  { upTo, limit }: { upTo?: Pick<MessageRow, 'id' | 'created_at_ms'> | undefined; limit?: number } = {},
): Promise<MessageRow[]> {
  let query = db
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('removed_at_ms', 'is', null)
  if (upTo !== undefined) {
    query = query.where(({ or, and, eb }) =>
      or([
        eb('created_at_ms', '<', upTo.created_at_ms),
        and([eb('created_at_ms', '=', upTo.created_at_ms), eb('id', '<=', upTo.id)]),
      ]),
    )
  }
  if (limit !== undefined) query = query.limit(limit)
  return query.orderBy('created_at_ms', 'desc').orderBy('id', 'desc').execute()
}

/** The times of all versions of these messages. */
export async function timesOf(tx: DatabaseTransaction, messages: readonly MessageRow[]): Promise<number[]> {
  const versions = await tx
    .selectFrom('message_versions')
    .select('timestamp_ms')
    .where(
      'message_id',
      'in',
      messages.map(({ id }) => id),
    )
    .execute()
  const own = messages.map(({ sent_timestamp_ms }) => sent_timestamp_ms)
  return [...new Set([...own, ...versions.map(({ timestamp_ms }) => timestamp_ms)])]
}

/** Leaves rows of these messages that say nothing and are not shown. */
export async function hideMessages(tx: DatabaseTransaction, ids: readonly string[], nowMs: number): Promise<void> {
  await tx
    .deleteFrom('message_versions')
    .where('message_id', 'in', [...ids])
    .execute()
  await tx
    .updateTable('messages')
    .set({
      text: '',
      quote_json: null,
      reactions_json: null,
      ranges_json: null,
      preview_json: null,
      metadata_json: null,
      expires_at_ms: null,
      disappeared_at_ms: sql<number>`coalesce(disappeared_at_ms, ${nowMs})`,
      removed_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .where('id', 'in', [...ids])
    .execute()
}

/** The conversation shows what is left; where that is nothing and `whole`, it is not shown either. True when it is gone. */
export async function settleConversation(
  tx: DatabaseTransaction,
  { id, last_message_at_ms: lastAtMs }: ConversationRow,
  whole: boolean,
  nowMs: number,
): Promise<boolean> {
  const [newest] = await shownMessages(tx, id, { limit: 1 })
  const gone = whole && newest === undefined
  await tx
    .updateTable('conversations')
    .set(({ eb, selectFrom, fn }) => ({
      last_message_id: newest?.id ?? null,
      last_message_at_ms: newest?.created_at_ms ?? lastAtMs,
      unread: selectFrom('messages')
        .select(fn.countAll<number>().as('unread'))
        .where('conversation_id', '=', id)
        .where('direction', '=', 'in')
        .where('read_at_ms', 'is', null)
        .where('removed_at_ms', 'is', null),
      version: eb('version', '+', 1),
      ...(gone ? { removed_at_ms: nowMs, request_at_ms: null } : {}),
    }))
    .where('id', '=', id)
    .execute()
  return gone
}
