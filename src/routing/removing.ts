/**
 * What the owner removes for themselves: single messages, or a conversation. The other side keeps what it has; the owner's own
 * other devices remove it, too, where the network tells them. The person stays a contact, and what they write next opens the
 * conversation anew.
 */
import { CausewayError } from '../domain/errors.ts'
import type { RemovedMessage } from '../domain/own-decisions.ts'
import type { RemovalFact } from '../domain/sink.ts'
import { told } from '../domain/told.ts'
import { messageByTime } from '../store/amendments.ts'
import { findContact, findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { keepEarly, OURS } from '../store/early-receipts.ts'
import { findGroup, findGroupConversation } from '../store/groups.ts'
import { getMessage } from '../store/mailbox.ts'
import { settleConversation, shownMessages } from '../store/removing.ts'
import type { ContactRow, ConversationRow, MessageRow } from '../store/tables/mailbox.ts'
import { recipientOf } from './capabilities.ts'
import { conversationWith, demandParties } from './people.ts'
import { addresseeOf, type Parties, partiesOf } from './plans.ts'
import { takeFileRemoval } from './removing-files.ts'
import { decide } from './strangers.ts'
import { isSettled, overSignal, type Removing, tell, wipe } from './wiping.ts'

/** By so many of its newest messages a conversation is described to other devices. */
const NEWEST = 5

type Named = RemovedMessage

/** Removes one message here. Returned: what follows the commit. Errors: CausewayError `unknown-message`, `wrong-state`. */
export async function removeMessage(
  context: Removing,
  tx: DatabaseTransaction,
  messageId: string,
): Promise<() => void> {
  const message = await getMessage(tx, messageId)
  if (message === undefined || message.removed_at_ms !== null) {
    throw new CausewayError({ code: 'unknown-message', message: 'There is no such message.', retry: 'never' })
  }
  demandSettled([message])
  const parties = await partiesOf(tx, message)
  const { conversation } = parties
  const contact = conversation.contact_id === null ? undefined : await findContact(tx, { id: conversation.contact_id })
  await wipe(context, tx, [message], contact)
  await settleConversation(tx, conversation, false, context.clock())
  await context.events.append(tx, { type: 'message.removed', messageId, conversationId: conversation.id })
  const messages = overSignal([message])
  return messages.length === 0 ? () => {} : tell(context, tx, addresseeOf(parties), { what: 'messages', messages })
}

/**
 * Removes a conversation here, and a request with it. Returned: what follows the commit.
 * Errors: CausewayError `unknown-conversation`, `wrong-state` while something is still to leave.
 */
export async function removeConversation(
  context: Removing,
  tx: DatabaseTransaction,
  conversationId: string,
): Promise<() => void> {
  const { conversation, contact } = await demandParties(tx, conversationId)
  const all = await shownMessages(tx, conversationId)
  demandSettled(all)
  const newest = all.filter(({ transport }) => transport === 'signal').slice(0, NEWEST)
  const lasting = all.filter(({ transport, timer_s: timer }) => transport === 'signal' && timer === null)
  await wipeConversation(context, tx, { conversation, contact }, all, true)
  if (conversation.request_at_ms !== null) return decide(context, tx, recipientOf(contact), { kind: 'declined' })
  const messages = overSignal(newest)
  // Nothing in it that another device could know.
  if (messages.length === 0) return () => {}
  return tell(context, tx, recipientOf(contact), {
    what: 'conversation',
    messages,
    lasting: overSignal(lasting.slice(0, NEWEST)),
  })
}

/**
 * Removes the request of a group, which was left already. Returned: what follows the commit. Errors: CausewayError
 * `wrong-state` while something is still to leave.
 */
export async function removeGroupRequest(
  context: Removing,
  tx: DatabaseTransaction,
  parties: Parties,
): Promise<() => void> {
  const all = await shownMessages(tx, parties.conversation.id)
  demandSettled(all)
  await wipeConversation(context, tx, { conversation: parties.conversation, contact: undefined }, all, true)
  return decide(context, tx, addresseeOf(parties), { kind: 'declined' })
}

/** Removes what was said with somebody who is about to be blocked, which other devices are told with that. Errors: `wrong-state`. */
export async function removeWith(context: Removing, tx: DatabaseTransaction, contact: ContactRow): Promise<void> {
  const conversation = await findConversation(tx, { contactId: contact.id })
  if (conversation === undefined) return
  const all = await shownMessages(tx, conversation.id)
  demandSettled(all)
  await wipeConversation(context, tx, { conversation, contact }, all, true)
}

/** What the owner has removed on another device goes here as well; what is still to leave stays. */
export async function takeRemoval(context: Removing, tx: DatabaseTransaction, fact: RemovalFact): Promise<void> {
  const { groupId } = fact.with
  const group = groupId === undefined ? undefined : await findGroup(tx, { signalId: groupId })
  const conversation =
    groupId === undefined ? await conversationWith(tx, fact.with) : group && (await findGroupConversation(tx, group.id))
  const contact = conversation?.contact_id == null ? undefined : await findContact(tx, { id: conversation.contact_id })
  if (conversation === undefined) {
    if (fact.what === 'messages') await keepForLater(context, tx, fact, fact.messages)
    return
  }
  if (fact.what === 'file') return takeFileRemoval(context, tx, conversation, fact)
  if (fact.what === 'conversation') {
    const all = await shownMessages(tx, conversation.id)
    // A group that is still there is not left by that; of a request nothing stays.
    const whole = groupId === undefined || conversation.request_at_ms !== null
    await wipeConversation(context, tx, { conversation, contact }, all.filter(isSettled), whole)
    return
  }
  const named: MessageRow[] = []
  const missing: Named[] = []
  for (const one of fact.messages) {
    const message = await messageByTime(tx, { conversationId: conversation.id, ...one })
    if (message === undefined) missing.push(one)
    else if (message.removed_at_ms === null) named.push(message)
  }
  if (fact.what === 'messages') {
    await keepForLater(context, tx, fact, missing)
    const settled = named.filter(isSettled)
    await wipe(context, tx, settled, contact)
    await settleConversation(tx, conversation, false, context.clock())
    for (const { id } of settled) {
      await context.events.append(tx, { type: 'message.removed', messageId: id, conversationId: conversation.id })
    }
    return
  }
  const upTo = named.reduce<MessageRow | undefined>(
    (last, one) => (last === undefined || one.created_at_ms > last.created_at_ms ? one : last),
    undefined,
  )
  // None of what was last there is here: then nothing here is meant.
  if (upTo === undefined) return
  const older = await shownMessages(tx, conversation.id, { upTo })
  const whole = fact.whole && groupId === undefined
  await wipeConversation(context, tx, { conversation, contact }, older.filter(isSettled), whole)
}

/** They are removed when they come. */
async function keepForLater(
  { clock }: Removing,
  tx: DatabaseTransaction,
  { with: { aci }, atMs }: RemovalFact,
  messages: readonly Named[],
): Promise<void> {
  const authorOf = ({ ours, authorAci }: Named) => (ours ? OURS : (authorAci ?? aci))
  for (const author of new Set(messages.map(authorOf))) {
    if (author === undefined) continue
    const theirs = messages.filter((message) => authorOf(message) === author)
    const timestampsMs = theirs.map(({ timestampMs }) => timestampMs)
    await keepEarly(tx, { kind: 'removed', aci: author, timestampsMs, atMs }, clock())
  }
}

async function wipeConversation(
  context: Removing,
  tx: DatabaseTransaction,
  { conversation, contact }: { conversation: ConversationRow; contact: ContactRow | undefined },
  messages: readonly MessageRow[],
  whole: boolean,
): Promise<void> {
  await wipe(context, tx, messages, contact)
  const gone = await settleConversation(tx, conversation, whole, context.clock())
  const data = { messages: messages.length, whole: gone }
  await context.events.append(tx, { type: 'conversation.removed', conversationId: conversation.id, data })
}

function demandSettled(messages: readonly MessageRow[]): void {
  const open = messages.filter((message) => !isSettled(message))
  if (open.length === 0) return
  throw new CausewayError({
    ...told('wrong-state', { open: open.length }),
    message: `What has not left yet cannot be removed (${open.length} of them, the first is ${open[0]?.state}). Cancel it first.`,
    retry: 'never',
  })
}
