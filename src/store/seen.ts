/**
 * Which physical messages are safe with us: a key for each, of the transport that brought it, so that one that comes again
 * is known. Written in the transaction that stores the message.
 */
import type { TransportName } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared, preparedByShape } from './prepared.ts'
import type { MessageRow } from './tables/mailbox.ts'

/** Notes that this physical message is safe with us. */
export async function noteSeen(
  tx: DatabaseTransaction,
  transport: TransportName,
  dedupeKey: string,
  messageId: string,
  nowMs: number,
): Promise<void> {
  await insertSeen(tx, { transport, dedupe_key: dedupeKey, message_id: messageId, at_ms: nowMs })
}

const insertSeen = preparedByShape(
  (db, values: { transport: TransportName; dedupe_key: string; message_id: string; at_ms: number }) =>
    db.insertInto('seen').values(values),
)

/** The message that was stored under this key. */
export function messageSeen(
  tx: DatabaseTransaction,
  transport: TransportName,
  dedupeKey: string,
): Promise<MessageRow | undefined> {
  return tx
    .selectFrom('messages')
    .innerJoin('seen', 'seen.message_id', 'messages.id')
    .selectAll('messages')
    .where('seen.transport', '=', transport)
    .where('seen.dedupe_key', '=', dedupeKey)
    .executeTakeFirst()
}

/** Whether this physical message is safe with us. */
export async function wasSeen(tx: DatabaseTransaction, transport: TransportName, dedupeKey: string): Promise<boolean> {
  return (await seenBy(tx, { transport, dedupeKey })).length > 0
}

const seenBy = prepared((db, $: { transport: TransportName; dedupeKey: string }) =>
  db.selectFrom('seen').select('message_id').where('transport', '=', $.transport).where('dedupe_key', '=', $.dedupeKey),
)

/**
 * Whether it was there within `withinMs`; then it counts as seen now (written once an hour at most). What is older is
 * forgotten, so that it may be noted anew.
 */
export async function seenAgain(
  tx: DatabaseTransaction,
  transport: TransportName,
  dedupeKey: string,
  withinMs: number,
  nowMs: number,
): Promise<boolean> {
  const hourMs = 3_600_000
  const row = await tx
    .selectFrom('seen')
    .select('at_ms')
    .where('transport', '=', transport)
    .where('dedupe_key', '=', dedupeKey)
    .executeTakeFirst()
  if (row === undefined) return false
  const isRepeat = row.at_ms >= nowMs - withinMs
  if (!isRepeat) {
    await tx.deleteFrom('seen').where('transport', '=', transport).where('dedupe_key', '=', dedupeKey).execute()
  } else if (row.at_ms < nowMs - hourMs) {
    const repeated = tx.updateTable('seen').set({ at_ms: nowMs }).where('transport', '=', transport)
    await repeated.where('dedupe_key', '=', dedupeKey).execute()
  }
  return isRepeat
}

/** Keys of inbound messages are forgotten after this; no network repeats a message that old. */
const SEEN_RETENTION_MS = 90 * 24 * 3_600_000

/** Forgets the keys that no network repeats any more. */
export async function pruneSeen(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('seen')
    .where('at_ms', '<', nowMs - SEEN_RETENTION_MS)
    .execute()
}
