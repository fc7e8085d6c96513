/**
 * What people decide about messages and contacts, each inside the caller's transaction. A decision changes facts, then
 * the rule book is asked again; nothing here knows a transport.
 */
import type { ContactPolicy } from '../domain/contact.ts'
import { CausewayError } from '../domain/errors.ts'
import { accepts, type MessageEvent } from '../domain/message.ts'
import { reasonOnLeg } from '../store/attempts.ts'
import { changeContact, findContact, findConversation } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { conversationsOfMember, detailsOf } from '../store/groups.ts'
import { noteIdentity } from '../store/identity-history.ts'
import { getMessage } from '../store/mailbox.ts'
import { changeMessage, heldMessages } from '../store/messages.ts'
import type { ContactRow, GroupRow, MessageRow } from '../store/tables/mailbox.ts'
import type { RoutingContext } from './context.ts'
import { moveMessage } from './moves.ts'
import { applyPlan, CONSENT_NEEDED, partiesOf, planNow } from './plans.ts'
import { demandModem } from './submitting.ts'

export interface ContactChange {
  /** null: back to the default of the settings. */
  policy?: ContactPolicy | null
  /** How long Signal has before a text follows; null: as the settings have it. What waits already keeps its time. */
  fallbackAfterMs?: number | null
  name?: string | null
  /** The modem that their texts leave through; null: the router chooses. */
  preferredLane?: string | null
  verified?: boolean
}

export interface ChangeTerms {
  /** The version that the contact must have. */
  ifVersion?: number | undefined
  /** Who says so: id of a user or a token, `local`. */
  by?: string | undefined
}

/** A held message. Errors: CausewayError `unknown-message`, `wrong-state`. */
export function demandHeld(db: Database, messageId: string): Promise<MessageRow> {
  return demand(db, messageId, 'approve', 'Only a held message can be approved.', ['held'])
}

/** Errors: CausewayError `unknown-contact`. */
export async function demandContact(db: Database, id: string): Promise<ContactRow> {
  const contact = await findContact(db, { id })
  if (contact === undefined) {
    throw new CausewayError({ code: 'unknown-contact', message: 'There is no such contact.', retry: 'never' })
  }
  return contact
}

/** A held message goes on; where it asked for a text, that is agreed to. Errors as `demandHeld`. */
export async function approveMessage(
  context: RoutingContext,
  tx: DatabaseTransaction,
  messageId: string,
): Promise<MessageRow> {
  const held = await demandHeld(tx, messageId)
  const { contact } = await partiesOf(tx, held)
  const consents = held.code === CONSENT_NEEDED
  const message = consents ? await changeMessage(tx, held.id, { text_approved: 1 }, context.clock()) : held
  const plan = await planNow(context, tx, message, contact)
  const going = await applyPlan(context, tx, message, plan, 'approve')
  if (consents && plan.kind === 'legs' && going.leg !== null) {
    await reasonOnLeg(tx, going.id, going.leg, 'it waited for consent, which a person has given')
  }
  return going
}

/** What has not left is taken back; of a fallback only the text. Errors: `unknown-message`, `wrong-state`. */
export async function cancelMessage(
  context: RoutingContext,
  tx: DatabaseTransaction,
  messageId: string,
): Promise<MessageRow> {
  const words = 'This message has left already, or is over; it cannot be taken back.'
  const message = await demand(tx, messageId, 'cancel', words)
  const { conversation_id, transport } = message
  if (transport !== null) context.agenda.free(conversation_id, transport)
  if (message.sent_at_ms !== null && accepts(message.state, 'decline')) {
    return moveMessage(context, tx, message, 'decline', {
      transport: 'signal',
      due_at_ms: null,
      reason: 'accepted by Signal; the text that was to follow was declined',
    })
  }
  return moveMessage(context, tx, message, 'cancel', { due_at_ms: null, reason: 'taken back' })
}

/** A failed, expired, canceled or uncertain message is planned anew. Errors as `cancelMessage`. */
export async function retryMessage(
  context: RoutingContext,
  tx: DatabaseTransaction,
  messageId: string,
): Promise<MessageRow> {
  const words = 'Only a failed, expired, canceled or uncertain message can be tried again.'
  const message = await demand(tx, messageId, 'retry', words)
  const { contact, conversation } = await partiesOf(tx, message)
  const validityMs = (message.valid_until_ms ?? 0) - (message.scheduled_at_ms ?? message.created_at_ms)
  const fresh = await moveMessage(context, tx, message, 'retry', {
    since_leg: message.leg === null ? 0 : message.leg + 1,
    valid_until_ms: context.clock() + validityMs,
    fallback_from: null,
    fallback_code: null,
    fallback_reason: null,
    fallback_at_ms: null,
    transport: null,
    sent_at_ms: null,
    timer_s: conversation.timer_s > 0 ? conversation.timer_s : null,
    reason: 'is tried again, since a person asked for it',
  })
  return applyPlan(context, tx, fresh, await planNow(context, tx, fresh, contact), 'approve')
}

/** Errors: CausewayError `unknown-contact`, `version-mismatch`, `no-such-modem`. */
export async function reviseContact(
  context: RoutingContext,
  tx: DatabaseTransaction,
  contactId: string,
  { policy, fallbackAfterMs, name, preferredLane, verified }: ContactChange,
  { ifVersion, by }: ChangeTerms = {},
): Promise<ContactRow> {
  const contact = await demandContact(tx, contactId)
  if (ifVersion !== undefined && contact.version !== ifVersion) {
    throw new CausewayError({
      code: 'version-mismatch',
      message: 'The contact has changed in the meantime. Read it again, then repeat the change.',
      retry: 'never',
    })
  }
  if (preferredLane != null) demandModem(context, preferredLane)
  const change = {
    ...(policy === undefined ? {} : { policy }),
    ...(fallbackAfterMs === undefined ? {} : { fallback_after_ms: fallbackAfterMs }),
    ...(name === undefined ? {} : { name }),
    ...(preferredLane === undefined ? {} : { preferred_lane: preferredLane }),
    ...(verified === undefined ? {} : { verified: verified ? 1 : 0 }),
  }
  const changed = await changeContact(tx, contactId, change, context.clock())
  if (verified !== undefined && changed.verified !== contact.verified) {
    await noteIdentity(tx, changed, verified ? 'verified' : 'unverified', context.clock(), by)
  }
  await context.events.append(tx, { type: 'contact.updated', contactId, data: { version: changed.version } })
  await reviewHeld(context, tx, changed)
  return changed
}

/** The new key is trusted from now on; it has not been compared, unless the person says so. */
export async function acceptIdentity(
  context: RoutingContext,
  tx: DatabaseTransaction,
  contactId: string,
  by?: string,
): Promise<ContactRow> {
  const before = await demandContact(tx, contactId)
  const change = { identity_changed_at_ms: null, verified: 0 }
  const accepted = await changeContact(tx, contactId, change, context.clock())
  if (before.identity_changed_at_ms !== null) await noteIdentity(tx, accepted, 'approved', context.clock(), by)
  await context.events.append(tx, { type: 'contact.identity_approved', contactId })
  await reviewHeld(context, tx, accepted)
  if (accepted.aci !== null) await releaseGroups(context, tx, accepted.aci)
  return accepted
}

/** Ids of the contacts in this group whose safety number has changed and waits for consent. */
export async function changedMembers(db: Database, group: GroupRow): Promise<string[]> {
  const acis = detailsOf(group).members.map(({ aci }) => aci)
  const members = await Promise.all(acis.map((aci) => findContact(db, { aci })))
  return members.flatMap((one) => (one === undefined || one.identity_changed_at_ms === null ? [] : [one.id]))
}

/**
 * A message to a group that was held for `changed` goes on, and each of these has consent as if it were given for them alone.
 * Errors as `demandHeld`.
 */
export async function approveInGroup(
  context: RoutingContext,
  tx: DatabaseTransaction,
  messageId: string,
  changed: readonly string[],
  by?: string,
): Promise<MessageRow> {
  const going = await approveMessage(context, tx, messageId)
  for (const id of changed) {
    // They may have become another contact meanwhile.
    if ((await findContact(tx, { id })) !== undefined) await acceptIdentity(context, tx, id, by)
  }
  return going
}

/** Messages that wait for a person's word on this contact, under what is now known and ordered. */
async function reviewHeld(context: RoutingContext, tx: DatabaseTransaction, contact: ContactRow): Promise<void> {
  const conversation = await findConversation(tx, { contactId: contact.id })
  if (conversation === undefined) return
  const codes = [CONSENT_NEEDED, 'identity-changed']
  for (const id of await heldMessages(tx, { codes, conversationId: conversation.id })) {
    const message = await getMessage(tx, id)
    if (message === undefined) continue
    const plan = await planNow(context, tx, message, contact)
    const first = plan.kind === 'legs' ? plan.legs[0] : undefined
    const stillAsks = first?.consent === 'ask' && message.code === CONSENT_NEEDED
    if (plan.kind === 'held' || stillAsks) continue
    await applyPlan(context, tx, message, plan, 'approve')
  }
}

/** Messages to groups of this person that were held for them. Whom else they wait for shows when they are tried. */
async function releaseGroups(context: RoutingContext, tx: DatabaseTransaction, aci: string): Promise<void> {
  for (const conversationId of await conversationsOfMember(tx, aci)) {
    for (const id of await heldMessages(tx, { codes: ['identity-changed'], conversationId })) {
      await approveMessage(context, tx, id)
    }
  }
}

async function demand(
  db: Database,
  messageId: string,
  event: MessageEvent,
  words: string,
  states?: readonly MessageRow['state'][],
): Promise<MessageRow> {
  const message = await getMessage(db, messageId)
  if (message === undefined || message.removed_at_ms !== null) {
    throw new CausewayError({ code: 'unknown-message', message: 'There is no such message.', retry: 'never' })
  }
  if (!accepts(message.state, event) || (states !== undefined && !states.includes(message.state))) {
    throw new CausewayError({ code: 'wrong-state', message: `${words} It is ${message.state}.`, retry: 'never' })
  }
  return message
}
