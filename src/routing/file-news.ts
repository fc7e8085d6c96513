/**
 * Tells what has become of a file of a message. The message counts as changed by it: whoever holds two answers about one message
 * takes the later one, and would else keep the file of before.
 */
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { changeMessage } from '../store/messages.ts'

/** Appends the event. */
export async function tellOfFile(
  { events, clock }: { events: EventLog; clock: () => number },
  tx: DatabaseTransaction,
  messageId: string | null,
  news: { type: `attachment.${string}`; data: { id: string; [more: string]: unknown } },
): Promise<void> {
  if (messageId !== null) await changeMessage(tx, messageId, {}, clock())
  await events.append(tx, { ...news, messageId: messageId ?? undefined })
}
