/**
 * Applies plans: turns what `planRoute` says into rows and moves, inside the caller's transaction. Used for new messages,
 * before every attempt, after refusals, at deadlines and after a person's word, so that all of them follow one rule book.
 */

import type { MessageEvent } from '../domain/message.ts'
import { type Leg, planRoute, type RoutePlan } from '../domain/route.ts'
import { keptValues } from '../domain/told.ts'
import type { Recipient } from '../domain/transport.ts'
import { replaceLegs } from '../store/attempts.ts'
import { findContact, findConversation } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { findGroup } from '../store/groups.ts'
import { changeMessage } from '../store/messages.ts'
import type { ConversationRow, GroupRow, MessageRow } from '../store/tables/mailbox.ts'
import { recipientOf } from './capabilities.ts'
import type { RoutingContext } from './context.ts'
import { gatherFacts, type Party } from './facts.ts'
import { groupParty } from './groups.ts'
import { type Move, moveMessage } from './moves.ts'

/** Code of a message that waits for consent to a text. */
export const CONSENT_NEEDED = 'consent-needed'

export interface Parties {
  conversation: ConversationRow
  /** The person; of a group what stands for it in the rule book (see `groupParty`). */
  contact: Party
  group: GroupRow | undefined
}

/** Whom a message is for. */
export async function partiesOf(db: Database, message: Pick<MessageRow, 'conversation_id'>): Promise<Parties> {
  const parties = await partiesIn(db, await findConversation(db, { id: message.conversation_id }))
  if (parties === undefined) throw new Error('a message without conversation, contact or group')
  return parties
}

/** The other side of a conversation; undefined when there is no such conversation. */
export async function partiesIn(db: Database, conversation: ConversationRow | undefined): Promise<Parties | undefined> {
  if (conversation === undefined) return undefined
  const { contact_id: contactId, group_id: groupId } = conversation
  if (groupId !== null) {
    const group = await findGroup(db, { id: groupId })
    return group === undefined ? undefined : { conversation, contact: groupParty(group), group }
  }
  const contact = contactId === null ? undefined : await findContact(db, { id: contactId })
  return contact === undefined ? undefined : { conversation, contact, group: undefined }
}

/** The other side as the transports see it. */
export function addresseeOf({ contact, group }: Parties): Recipient {
  return { ...recipientOf(contact), groupId: group?.signal_id ?? undefined, numbers: contact.phoneGroup?.numbers }
}

/** The plan for a message as things are now. */
export async function planNow(
  context: RoutingContext,
  db: Database,
  message: Parameters<typeof gatherFacts>[4],
  contact: Party,
): Promise<RoutePlan> {
  const { settings, lanes, clock } = context
  return planRoute(await gatherFacts(db, settings, lanes(), clock(), message, contact, partsCounter(context)))
}

/** Counts the parts that a text would take. */
export function partsCounter({ transports }: Pick<RoutingContext, 'transports'>): (text: string) => number {
  const sms = transports.find(({ name }) => name === 'sms')
  return (text) => {
    try {
      return sms?.partsOf?.(text) ?? 1
    } catch {
      // More than a text can have, which its transport says when it comes to that.
      return Number.POSITIVE_INFINITY
    }
  }
}

/** What a plan means for its message: how it goes on, and what to note. `go` stands for the caller's own event. */
export function consequence(
  plan: RoutePlan,
  leg: number,
  nowMs: number,
  validUntilMs: number,
): { event: MessageEvent | 'go'; move: Move } {
  if (plan.kind === 'failed') {
    return { event: 'fail', move: { code: plan.code, reason: plan.reason, due_at_ms: null } }
  }
  if (plan.kind === 'held') {
    return { event: 'hold', move: { code: plan.code, reason: plan.reason, due_at_ms: validUntilMs } }
  }
  const first = firstLeg(plan.legs)
  const begun: Move = {
    leg,
    leg_started_at_ms: nowMs,
    transport: first.transport,
    lane: null,
    // A report may settle the new leg before its attempt is closed: it must not be taken for the old one.
    encrypted: 0,
    tries: 0,
    not_before_ms: 0,
    reason: first.reason,
  }
  if (first.consent === 'ask') {
    return { event: 'hold', move: { ...begun, code: CONSENT_NEEDED, due_at_ms: validUntilMs } }
  }
  return {
    event: 'go',
    move: { ...begun, code: first.code, ...kept(first), due_at_ms: deadline(first, nowMs, validUntilMs) },
  }
}

/** When a waiting leg must be looked at again: its fallback, at the latest the end of validity. */
function deadline(leg: Leg, nowMs: number, validUntilMs: number): number {
  const waitMs = leg.patienceMs ?? leg.fallbackAfterMs
  return waitMs === undefined ? validUntilMs : Math.min(validUntilMs, nowMs + waitMs)
}

/**
 * The lane of a waiting message is gone since it was planned: where the plan of today has less patience with that (somebody
 * never seen on Signal), its deadline comes forward, never back.
 */
export async function hasten(
  { clock, agenda }: Pick<RoutingContext, 'clock' | 'agenda'>,
  tx: DatabaseTransaction,
  message: MessageRow,
  plan: RoutePlan,
): Promise<void> {
  const first = plan.kind === 'legs' ? plan.legs[0] : undefined
  if (message.state !== 'queued' || first?.transport !== message.transport) return
  if (first.patienceMs === undefined || first.patienceMs === first.fallbackAfterMs) return
  const now = clock()
  const due = deadline(first, now, message.valid_until_ms ?? now)
  if (due >= (message.due_at_ms ?? Number.POSITIVE_INFINITY)) return
  await changeMessage(tx, message.id, { due_at_ms: due }, now)
  agenda.touch(message.id)
}

/**
 * Gives a message a new plan. `go` is the event by which it goes on when the plan lets it. A change of transport is
 * noted on the message for people to see, and in the event log.
 */
export async function applyPlan(
  context: RoutingContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  plan: RoutePlan,
  go: MessageEvent,
): Promise<MessageRow> {
  const { clock, events, agenda } = context
  const now = clock()
  const leg = message.leg === null ? 0 : message.leg + 1
  const { event, move } = consequence(plan, leg, now, message.valid_until_ms ?? now)
  const changed = plan.kind === 'legs' && message.transport !== null && move.transport !== message.transport
  if (plan.kind === 'legs') await replaceLegs(tx, message.id, leg, plan.legs)
  const moved = await moveMessage(context, tx, message, event === 'go' ? go : event, {
    ...move,
    ...(changed ? fallbackNote(message, plan.legs, now) : {}),
  })
  if (changed) {
    await events.append(tx, {
      type: 'message.fallback',
      messageId: message.id,
      conversationId: message.conversation_id,
      data: { from: message.transport, to: moved.transport, code: moved.fallback_code },
    })
  }
  agenda.touch(message.id)
  if (message.transport !== null) agenda.free(message.conversation_id, message.transport)
  return moved
}

function fallbackNote(message: MessageRow, legs: readonly Leg[], nowMs: number): Move {
  const { code, reason, values } = firstLeg(legs)
  const why = { fallback_code: code, fallback_reason: reason, fallback_values_json: keptValues(code, values) }
  return { ...why, fallback_from: message.transport, fallback_at_ms: nowMs }
}

/** Most legs have none, and then the column is left alone. */
function kept({ code, values }: Leg): Pick<Move, 'values_json'> {
  return values === undefined ? {} : { values_json: keptValues(code, values) }
}

function firstLeg(legs: readonly Leg[]): Leg {
  const [first] = legs
  if (first === undefined) throw new Error('a plan without legs')
  return first
}
