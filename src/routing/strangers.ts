/**
 * Who may write to us. A stranger's first Signal message makes their conversation a request, and so does a group's that a
 * stranger has added us to, which the owner accepts, deletes or blocks; writing there accepts it. Blocked people reach us by text message only, and silently. What is decided here
 * is told to the owner's other devices by the transport.
 */
import { CausewayError } from '../domain/errors.ts'
import type { StandingDecision } from '../domain/own-decisions.ts'
import type { Recipient } from '../domain/transport.ts'
import { fetchWaiting } from '../store/attachments-due.ts'
import { doomBlobs } from '../store/blob-rows.ts'
import { changeContact, findContact, findConversation, noteLastMessage } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { noteOwnChange } from '../store/own-changes.ts'
import { changeRequest, hasWritten, newestInbound } from '../store/strangers.ts'
import type { ContactRow, ConversationRow, GroupRow, MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import { recipientOf } from './capabilities.ts'
import type { RoutingContext, RowContext } from './context.ts'
import type { MediaDesk } from './media.ts'
import { announce } from './moves.ts'
import { conversationOf } from './people.ts'

/** Messages of a request that are acknowledged when it is accepted. */
const ACKNOWLEDGED_MAX = 200

/** Whose request it may be; a group with what stands for it (`groupParty`). */
interface Asking {
  conversation: ConversationRow
  contact: ContactRow
  group: GroupRow | undefined
}

type Deciding = RowContext & Pick<RoutingContext, 'transports'> & { media: Pick<MediaDesk, 'dueAtMs'> }

/** Whether the owner has written to this person, has named them, or has compared their safety number. */
export async function isKnown(tx: DatabaseTransaction, { aci, e164 }: Recipient): Promise<boolean> {
  const contacts = [
    aci === undefined ? undefined : await findContact(tx, { aci }),
    e164 === undefined ? undefined : await findContact(tx, { e164 }),
  ]
  for (const contact of contacts) {
    if (contact === undefined) continue
    if (contact.name !== null || contact.verified === 1) return true
    const conversation = await findConversation(tx, { contactId: contact.id })
    if (conversation !== undefined && (await hasWritten(tx, conversation.id))) return true
  }
  return false
}

/** Makes the conversation a request, where it is none yet. */
export async function noteRequest(
  { events, clock }: RowContext,
  tx: DatabaseTransaction,
  { id, contact_id: contactId, request_at_ms: since }: ConversationRow,
): Promise<void> {
  if (since !== null) return
  await changeRequest(tx, id, clock())
  await events.append(tx, { type: 'conversation.request', conversationId: id, contactId: contactId ?? undefined })
}

/** Notes an inbound message in its conversation and says that it came; of somebody who is blocked without a sound. */
export async function noteInbound(
  { events, clock }: Pick<RowContext, 'events' | 'clock'>,
  tx: DatabaseTransaction,
  row: MessageRow,
  contact: ContactRow,
): Promise<void> {
  const isSilent = contact.blocked_at_ms !== null
  await noteLastMessage(tx, row.conversation_id, row.id, isSilent ? 'silent' : 'in', clock())
  if (!isSilent) await announce(events, tx, row, undefined)
}

/** When an inbound message of this person counts as read: at once where it came silently. */
export function readAtOnce(contact: ContactRow, nowMs: number): { read_at_ms: number } | undefined {
  return contact.blocked_at_ms === null ? undefined : { read_at_ms: nowMs }
}

/** Lets the person or the group of this conversation in. Does nothing where it is no request. Returned: what follows the commit. */
export async function acceptRequest(
  context: Deciding,
  tx: DatabaseTransaction,
  { conversation, contact, group }: Asking,
  { byWriting = false } = {},
): Promise<() => void> {
  if (!(await endRequest(context, tx, conversation))) return () => {}
  const messages = await newestInbound(tx, conversation.id, ACKNOWLEDGED_MAX)
  const told = messages.map((row) => ({
    timestampMs: row.sent_timestamp_ms,
    read: row.read_at_ms !== null,
    authorAci: row.author_aci ?? undefined,
  }))
  const to = { ...recipientOf(contact), groupId: group?.signal_id ?? undefined }
  const after = [await decide(context, tx, to, { kind: 'accepted', messages: told })]
  // A message of ours says who we are by itself.
  if (!byWriting) after.push(await showProfile(context, tx, contact))
  return () => {
    for (const act of after) act()
  }
}

/** What the network says of a group by now: that it is a request, or no longer. */
export async function settleGroupRequest(
  context: RowContext & Pick<Deciding, 'media'>,
  tx: DatabaseTransaction,
  conversation: ConversationRow,
  { request, isIn }: { request: boolean; isIn: boolean },
): Promise<void> {
  // One that the owner has removed comes back with its next message.
  if (request && conversation.removed_at_ms === null) await noteRequest(context, tx, conversation)
  else if (!request && isIn) await endRequest(context, tx, conversation)
  else if (!request && conversation.request_at_ms !== null) await changeRequest(tx, conversation.id, null)
}

/** Another device has let them in, or the owner wrote to them there. */
export async function endRequest(
  { events, media }: Pick<Deciding, 'events' | 'media'>,
  tx: DatabaseTransaction,
  { id, contact_id: contactId, request_at_ms: since }: ConversationRow,
): Promise<boolean> {
  if (since === null) return false
  await changeRequest(tx, id, null)
  await fetchWaiting(tx, id, (row) => media.dueAtMs({ bytes: row.bytes ?? undefined }))
  await events.append(tx, { type: 'conversation.accepted', conversationId: id, contactId: contactId ?? undefined })
  return true
}

/** Keeps this person out, or no longer. Returned: the contact, and what follows the commit. */
export async function blockContact(
  context: Deciding,
  tx: DatabaseTransaction,
  contact: ContactRow,
  decision: { blocked: boolean; deleted?: boolean },
): Promise<{ contact: ContactRow; afterCommit: () => void }> {
  const { blocked, deleted = false } = decision
  const changed = await noteBlocked(context, tx, contact, blocked)
  const told = recipientOf(changed)
  const afterCommit = await decide(context, tx, told, blocked ? { kind: 'blocked', deleted } : { kind: 'unblocked' })
  return { contact: changed, afterCommit }
}

/** The same, as another device tells it. A request of somebody who is blocked is none any more. */
export async function noteBlocked(
  { events, clock, ...context }: RowContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
  blocked: boolean,
): Promise<ContactRow> {
  if ((contact.blocked_at_ms !== null) === blocked) return contact
  const change = blocked ? { blocked_at_ms: clock(), avatar_id: null } : { blocked_at_ms: null }
  const changed = await changeContact(tx, contact.id, change, clock())
  if (blocked) await doomBlobs(tx, [contact.avatar_id])
  const conversation = await conversationOf({ events, clock, ...context }, tx, contact)
  if (blocked) await changeRequest(tx, conversation.id, null)
  await events.append(tx, { type: blocked ? 'contact.blocked' : 'contact.unblocked', contactId: contact.id })
  return changed
}

/** Throws CausewayError `contact-blocked`. */
export function demandUnblocked(contact: ContactRow): void {
  if (contact.blocked_at_ms === null) return
  throw new CausewayError({
    code: 'contact-blocked',
    message: 'You have blocked this person or group; unblock them to write to them.',
    retry: 'after-human',
  })
}

/** Tells the transports what was decided. */
export async function decide(
  { transports }: Pick<Deciding, 'transports'>,
  tx: DatabaseTransaction,
  recipient: Recipient,
  decision: StandingDecision,
): Promise<() => void> {
  const after: (() => void)[] = []
  for (const transport of transports) {
    const act = await transport.decide?.(recipient, decision, asUnit(tx))
    if (act !== undefined) after.push(act)
  }
  return () => {
    for (const act of after) act()
  }
}

async function showProfile(
  { transports, clock }: Pick<Deciding, 'transports' | 'clock'>,
  tx: DatabaseTransaction,
  contact: ContactRow,
): Promise<() => void> {
  const transport = transports.find((one) => one.change !== undefined && one.lanes().length > 0)
  if (transport?.change === undefined || contact.aci === null) return () => {}
  const timestampMs = await noteOwnChange(tx, { messageId: null, kind: 'accepted' }, clock())
  return transport.change({ recipient: recipientOf(contact), timestampMs, change: { kind: 'accepted' } }, asUnit(tx))
}
