/** Messages that do not stay: when their time began, which are due, and what is left of them. */
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from './database.ts'
import { changeMessage } from './messages.ts'
import { forgetQuotedFile } from './quoted.ts'
import type { ConversationRow, MessageRow } from './tables/mailbox.ts'

/** Sets the timer of a conversation. */
export function setTimer(
  tx: DatabaseTransaction,
  conversationId: string,
  timer: { seconds: number; version: number },
): Promise<ConversationRow> {
  return tx
    .updateTable('conversations')
    .set(({ eb }) => ({ timer_s: timer.seconds, timer_version: timer.version, version: eb('version', '+', 1) }))
    .where('id', '=', conversationId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What has been read in this conversation begins to disappear; each from when it was read. */
export async function startReadTimers(tx: DatabaseTransaction, conversationId: string): Promise<void> {
  await tx
    .updateTable('messages')
    .set({ expires_at_ms: sql<number>`read_at_ms + timer_s * 1000` })
    .where('conversation_id', '=', conversationId)
    .where('direction', '=', 'in')
    .where('timer_s', 'is not', null)
    .where('expires_at_ms', 'is', null)
    .where('disappeared_at_ms', 'is', null)
    .where('read_at_ms', 'is not', null)
    .execute()
}

/** Messages whose time is over, the longest overdue first. */
export function overdueMessages(db: Database, nowMs: number, limit: number): Promise<MessageRow[]> {
  return db
    .selectFrom('messages')
    .selectAll()
    .where('expires_at_ms', '<=', nowMs)
    .orderBy('expires_at_ms')
    .limit(limit)
    .execute()
}

/** When the next one is due; undefined when none is. */
export async function nextExpiry(db: Database): Promise<number | undefined> {
  const row = await db
    .selectFrom('messages')
    .select('expires_at_ms')
    .where('expires_at_ms', 'is not', null)
    .orderBy('expires_at_ms')
    .limit(1)
    .executeTakeFirst()
  return row?.expires_at_ms ?? undefined
}

/** Leaves the row, without a word of the message: not in its versions, and not where others quote it. */
export async function wipeMessage(
  tx: DatabaseTransaction,
  message: MessageRow,
  versionTimesMs: readonly number[],
  nowMs: number,
): Promise<void> {
  await tx.deleteFrom('message_versions').where('message_id', '=', message.id).execute()
  const ours = message.direction === 'out' ? 1 : 0
  await forgetQuotedFile(tx, message, versionTimesMs)
  await tx
    .updateTable('messages')
    .set({ quote_json: sql<string>`json_set(quote_json, '$.text', '')` })
    .where('conversation_id', '=', message.conversation_id)
    .where('quote_json', 'is not', null)
    .where(sql<boolean>`json_extract(quote_json, '$.ours') = ${ours}`)
    .where(sql<number>`json_extract(quote_json, '$.timestampMs')`, 'in', [...versionTimesMs])
    .execute()
  await changeMessage(
    tx,
    message.id,
    {
      text: '',
      quote_json: null,
      reactions_json: null,
      ranges_json: null,
      preview_json: null,
      expires_at_ms: null,
      disappeared_at_ms: nowMs,
    },
    nowMs,
  )
}
