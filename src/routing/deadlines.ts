/**
 * What happens to a message when a time of its own has come: its schedule, the end of its patience with Signal, the end
 * of the wait for a report, the end of its validity. Reads the state first; most deadlines find nothing left to do.
 */

import { fallbackAfter } from '../domain/contact.ts'
import { type Refusal, silence, textLegOf } from '../domain/route.ts'
import { keptTold, keptValues, told } from '../domain/told.ts'
import { durationInWords, roundedSpan } from '../domain/words.ts'
import { findLeg, movePartsOf } from '../store/attempts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { getMessage, listParts } from '../store/mailbox.ts'
import { changeMessage, nextTimestamp } from '../store/messages.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { RoutingContext } from './context.ts'
import { moveMessage } from './moves.ts'
import { applyPlan, CONSENT_NEEDED, partiesOf, planNow } from './plans.ts'
import { expire } from './sending.ts'

/** A message that is just being handed over is looked at again after this. */
const BUSY_RETRY_MS = 2_000

/** A message that waits for Signal while that is paused is looked at again after this. */
const PAUSED_RETRY_MS = 60_000

/** Does what is due for this message; nothing when nothing is. */
export async function meetDeadline(context: RoutingContext, tx: DatabaseTransaction, messageId: string): Promise<void> {
  const now = context.clock()
  const message = await getMessage(tx, messageId)
  if (message === undefined || message.due_at_ms === null) return
  if (message.due_at_ms > now) {
    context.agenda.touch(message.id)
    return
  }
  const overdue = now >= (message.valid_until_ms ?? now)
  switch (message.state) {
    case 'scheduled':
      await release(context, tx, message)
      return
    case 'sending':
      await changeMessage(tx, message.id, { due_at_ms: now + BUSY_RETRY_MS }, now)
      context.agenda.touch(message.id)
      return
    case 'uncertain':
      await resend(context, tx, message)
      return
    case 'held':
    case 'queued':
      if (overdue) await expire(context, tx, message)
      else await leaveSignal(context, tx, message)
      return
    case 'sent':
      await leaveSignal(context, tx, message)
      return
    default:
      await changeMessage(tx, message.id, { due_at_ms: null }, now)
  }
}

/** Its time has come: it gets its own timestamp and plan now. */
async function release(context: RoutingContext, tx: DatabaseTransaction, message: MessageRow): Promise<void> {
  const { contact } = await partiesOf(tx, message)
  const released = await moveMessage(context, tx, message, 'release', {
    sent_timestamp_ms: await nextTimestamp(tx, context.clock()),
    reason: 'its time has come',
  })
  await applyPlan(context, tx, released, await planNow(context, tx, released, contact), 'approve')
}

/** Signal has had its time. Goes on with a text, or asks, where the rules of today still want that. */
async function leaveSignal(context: RoutingContext, tx: DatabaseTransaction, message: MessageRow): Promise<void> {
  const now = context.clock()
  const stay = async (dueAtMs: number | null) => {
    await changeMessage(tx, message.id, { due_at_ms: dueAtMs }, now)
    context.agenda.touch(message.id)
  }
  const untilEnd = message.state === 'sent' ? null : message.valid_until_ms
  const asksPerson = message.code === CONSENT_NEEDED || message.code === 'identity-changed'
  if (message.transport !== 'signal' || message.leg === null || (message.state === 'held' && asksPerson)) {
    await stay(untilEnd)
    return
  }
  if (message.sent_at_ms === null && context.pauses.over('signal') !== undefined) {
    await stay(Math.min(now + PAUSED_RETRY_MS, untilEnd ?? Number.MAX_SAFE_INTEGER))
    return
  }
  const { contact } = await partiesOf(tx, message)
  if (textLegOf(await planNow(context, tx, message, contact)) === undefined) {
    await stay(untilEnd)
    return
  }
  const leg = await findLeg(tx, message.id, message.leg)
  const ownMs = fallbackAfter(message.fallback_after_ms, contact.fallback_after_ms, context.settings.fallbackAfterMs)
  const { code, reason, values }: Refusal =
    message.sent_at_ms === null
      ? unreachable(now - (message.leg_started_at_ms ?? now))
      : silence(leg?.fallback_after_ms ?? ownMs)
  const why = { fallback_code: code, fallback_reason: reason, fallback_values_json: keptValues(code, values) }
  const silent = { ...message, ...why }
  await applyPlan(context, tx, message, await planNow(context, tx, silent, contact), 'fall-back')
}

/** No report came. Where the owner prefers twice to never, the parts in doubt go again. */
async function resend(context: RoutingContext, tx: DatabaseTransaction, message: MessageRow): Promise<void> {
  const now = context.clock()
  if (!context.settings.resendWhenUncertain || message.leg === null || now >= (message.valid_until_ms ?? now)) {
    await changeMessage(tx, message.id, { due_at_ms: null }, now)
    return
  }
  await movePartsOf(tx, { messageId: message.id, leg: message.leg }, ['uncertain', 'submitting'], {
    state: 'pending',
    detail: 'no report came; sent again, since the settings say so',
  })
  const parts = (await listParts(tx, message.id)).filter(({ leg }) => leg === message.leg)
  const again = parts.filter(({ state }) => state === 'pending').length
  await moveMessage(context, tx, message, 'carry-on', {
    ...keptTold('resend-when-uncertain', { again, parts: parts.length }),
    reason: `no report came; ${again} of ${parts.length} parts are sent again and may arrive twice`,
    due_at_ms: message.valid_until_ms,
    not_before_ms: 0,
  })
  context.agenda.touch(message.id)
}

function unreachable(forMs: number): Refusal {
  const reason = `Signal could not be reached within ${durationInWords(forMs)}`
  return { ...told('signal-unreachable', { after: roundedSpan(forMs) }), reason }
}
