/**
 * Moves a message by an event of its life, inside a transaction: asks `advance`, writes what the event brings, and
 * appends to the event log. An event that comes too late changes nothing at all.
 */
import { accepts, advance, type MessageEvent } from '../domain/message.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { updateMessage } from '../store/messages.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'

/** What a fact brings along. The reason of the state before never survives. */
export type Move = Partial<Omit<MessageRow, 'id' | 'state' | 'direction' | 'updated_at_ms'>>

export type MoveContext = Pick<RowContext, 'events' | 'clock'>

/**
 * The message (as the open transaction has it) as it is afterwards; unchanged when the event means nothing in its state.
 */
export async function moveMessage(
  { events, clock }: MoveContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  event: MessageEvent,
  move: Move,
): Promise<MessageRow> {
  if (!accepts(message.state, event)) return message
  const state = advance(message.state, event)
  const expiry = expiryOf(message, move.sent_at_ms ?? message.sent_at_ms)
  const moved = await updateMessage(tx, message, { code: null, reason: null, ...move, ...expiry, state }, clock())
  if (state !== message.state || moved.code !== message.code) await announce(events, tx, moved, message.state)
  return moved
}

/** What we send begins to disappear when it was sent. */
function expiryOf(
  { timer_s: seconds, expires_at_ms: known, direction }: MessageRow,
  sentAtMs: number | null,
): Pick<Move, 'expires_at_ms'> {
  if (seconds === null || known !== null || direction === 'in' || sentAtMs === null) return {}
  return { expires_at_ms: sentAtMs + seconds * 1_000 }
}

/** Appends `message.<state>`. */
export async function announce(
  events: EventLog,
  tx: DatabaseTransaction,
  message: MessageRow,
  previous: string | undefined,
): Promise<void> {
  await events.append(tx, {
    type: `message.${message.state}`,
    messageId: message.id,
    conversationId: message.conversation_id,
    data: {
      state: message.state,
      ...(previous === undefined ? {} : { previous }),
      transport: message.transport,
      code: message.code,
    },
  })
}
