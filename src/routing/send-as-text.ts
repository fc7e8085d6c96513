/**
 * A person does not want to wait for Signal: the message goes as a text now, inside the caller's transaction. What Signal has
 * taken already may arrive as well, which the reason of the new leg says; a receipt that comes later repairs the message. The
 * rule book is asked as ever: what may never be plaintext is not, whoever asks.
 */
import { CausewayError } from '../domain/errors.ts'
import { QUIET_HOURS } from '../domain/quiet-hours.ts'
import { planRoute, whyNoText } from '../domain/route.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import { changeMessage } from '../store/messages.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { RoutingContext } from './context.ts'
import { approveMessage } from './decisions.ts'
import { gatherFacts, TEXT_WANTED } from './facts.ts'
import { applyPlan, CONSENT_NEEDED, partiesOf, partsCounter } from './plans.ts'
import { breakQuiet } from './quiet.ts'

/**
 * Errors: CausewayError `unknown-message`; `wrong-state` when it does not wait for Signal, nor for the end of quiet hours; `no-text` with why it may not be a
 * text; `identity-changed`.
 */
export async function sendAsText(
  context: RoutingContext,
  tx: DatabaseTransaction,
  messageId: string,
): Promise<MessageRow> {
  const message = await getMessage(tx, messageId)
  if (message === undefined || message.removed_at_ms !== null) {
    throw new CausewayError({ code: 'unknown-message', message: 'There is no such message.', retry: 'never' })
  }
  if (message.state === 'held' && message.code === CONSENT_NEEDED) return approveMessage(context, tx, messageId)
  if (message.state === 'queued' && message.code === QUIET_HOURS) return breakQuiet(context, tx, message)
  if (!waitsForSignal(message)) {
    const words = 'Only a message that Signal carries, and that has not arrived yet, can be sent as a text.'
    throw new CausewayError({ code: 'wrong-state', message: `${words} It is ${message.state}.`, retry: 'never' })
  }
  const { contact } = await partiesOf(tx, message)
  const mayArrive = message.sent_at_ms !== null || message.tries > 0
  const wanted = {
    ...message,
    text_approved: 1,
    fallback_code: TEXT_WANTED,
    fallback_reason: mayArrive
      ? 'a person wanted a text without waiting for a receipt over Signal; it may arrive twice'
      : 'a person wanted a text without waiting for Signal',
  }
  const { settings, lanes, clock } = context
  const facts = await gatherFacts(tx, settings, lanes(), clock(), wanted, contact, partsCounter(context))
  const bar = whyNoText(facts)
  if (bar !== undefined) {
    throw new CausewayError({ code: 'no-text', message: `It cannot go as a text: ${bar.reason}.`, retry: 'never' })
  }
  const plan = planRoute(facts)
  if (plan.kind !== 'legs') throw new CausewayError({ code: plan.code, message: plan.reason, retry: 'never' })
  const approved = await changeMessage(tx, message.id, { text_approved: 1 }, clock())
  return applyPlan(context, tx, approved, plan, 'fall-back')
}

/** It is with Signal, or waits to be, and nobody has confirmed it. */
function waitsForSignal({ direction, origin, transport, state }: MessageRow): boolean {
  return direction === 'out' && origin === 'here' && transport === 'signal' && (state === 'sent' || state === 'queued')
}
