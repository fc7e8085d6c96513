/**
 * Quiet hours: a text that follows by itself, since Signal gave no proof or could not be reached, does not wake its person;
 * it leaves when they end. Looked at by each claim, so that hours that are changed or switched off hold at once. What a person
 * wants now goes now, and so does what is urgent, and what would have been a text from the start.
 */

import { NEVER_QUIET, QUIET_HOURS, quietUntil } from '../domain/quiet-hours.ts'
import { keptTold } from '../domain/told.ts'
import { reasonOnLeg } from '../store/attempts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { RoutingContext } from './context.ts'
import { TEXT_WANTED } from './facts.ts'
import { moveMessage } from './moves.ts'

/** Why a message left Signal that would have made it a text from the start, or that a person has ordered. */
const NOT_BY_ITSELF: ReadonlySet<string> = new Set([
  TEXT_WANTED,
  'not-on-signal',
  'signal-no-account',
  'signal-stale',
  'sms-only-mode',
  'sms-only-contact',
])

/** True when the message stays until the quiet hours end; says so on it and on its leg. */
export async function keepQuiet(
  context: RoutingContext,
  tx: DatabaseTransaction,
  message: MessageRow,
): Promise<boolean> {
  const { quietHours, timeZone } = context.settings
  if (quietHours === NEVER_QUIET || !followsByItself(message)) return false
  const untilMs = quietUntil(context.clock(), quietHours, timeZone)
  if (untilMs === undefined) return false
  const hours = `quiet hours (${quietHours}, ${timeZone})`
  await moveMessage(context, tx, message, 'back-off', {
    not_before_ms: untilMs,
    ...keptTold('quiet-hours', { hours: quietHours, zone: timeZone }),
    reason: `waits: no text follows by itself in the ${hours}`,
  })
  if (message.code !== QUIET_HOURS && message.leg !== null) {
    await reasonOnLeg(tx, message.id, message.leg, `it waited for the end of the ${hours}`)
  }
  context.agenda.touch(message.id)
  return true
}

/** A person does not want to wait for the end of them. */
export async function breakQuiet(
  context: RoutingContext,
  tx: DatabaseTransaction,
  message: MessageRow,
): Promise<MessageRow> {
  context.agenda.touch(message.id)
  return moveMessage(context, tx, message, 'back-off', {
    text_approved: 1,
    not_before_ms: 0,
    code: TEXT_WANTED,
    reason: 'a person did not want to wait for the end of the quiet hours',
  })
}

function followsByItself(message: MessageRow): boolean {
  const { transport, priority, text_approved: approved, fallback_from: from, fallback_code: code } = message
  return (
    transport !== 'signal' &&
    from === 'signal' &&
    approved === 0 &&
    priority !== 'urgent' &&
    !NOT_BY_ITSELF.has(code ?? '')
  )
}
