/** Fills the gaps of a text that was shown before all of its parts were here. */
import type { FilledText } from '../domain/sink.ts'
import { completeText } from '../store/amendments.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { changeMessage } from '../store/messages.ts'
import { messageSeen } from '../store/seen.ts'

/** Changes the message in place. Nothing where it says so already, or where nothing of it is left to be shown. */
export async function fillText(
  { events, clock }: { events: EventLog; clock: () => number },
  tx: DatabaseTransaction,
  { transport, dedupeKey, text, missing }: FilledText,
): Promise<void> {
  const message = await messageSeen(tx, transport, dedupeKey)
  if (message === undefined || message.incomplete === 0) return
  if (message.deleted_at_ms !== null || message.disappeared_at_ms !== null || message.removed_at_ms !== null) return
  if (message.text === text && missing > 0) return
  const now = clock()
  await completeText(tx, message, { timestampMs: message.sent_timestamp_ms, text }, now)
  if (missing === 0) await changeMessage(tx, message.id, { incomplete: 0 }, now)
  await events.append(tx, {
    type: 'message.completed',
    messageId: message.id,
    conversationId: message.conversation_id,
    data: { missing },
  })
}
