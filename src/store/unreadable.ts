/** Lines that stand in the place of messages which could not be decrypted, by the message's author and time. */
import { sql } from 'kysely'
import type { DatabaseTransaction } from './database.ts'
import { prepared } from './prepared.ts'

/** `authorAci`: in a group; null between two. */
export interface UnreadableMessage {
  conversationId: string
  authorAci: string | null
  timestampMs: number
}

/** The line of this message; undefined where there is none (any more). */
export async function unreadableLine(
  tx: DatabaseTransaction,
  message: UnreadableMessage,
): Promise<{ id: string } | undefined> {
  const [line] = await lineOf(tx, message)
  return line
}

// By the index messages_inbound, whose condition stands here as it does there.
const lineOf = prepared((db, $: UnreadableMessage) =>
  db
    .selectFrom('messages')
    .select('id')
    .where('conversation_id', '=', $.conversationId)
    .where('transport', 'is', null)
    .where('sent_timestamp_ms', '=', $.timestampMs)
    .where(sql<boolean>`direction = 'in' and twin_transport is null`)
    .where('notice', '=', sql.lit('unreadable' as const))
    .where('removed_at_ms', 'is', null)
    .where(sql<boolean>`author_aci is ${$.authorAci}`),
)

/** How many messages of this conversation are missing; counts up to `countMax`. */
export async function countUnreadable(
  tx: DatabaseTransaction,
  conversationId: string,
  countMax: number,
): Promise<number> {
  const rows = await tx
    .selectFrom('messages')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('transport', 'is', null)
    .where(sql<boolean>`direction = 'in' and twin_transport is null`)
    .where('notice', '=', 'unreadable')
    .where('removed_at_ms', 'is', null)
    .limit(countMax)
    .execute()
  return rows.length
}
