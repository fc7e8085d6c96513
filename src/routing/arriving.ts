/**
 * A message that somebody wrote, in the transaction of whoever brings it: { drop if seen · contact and conversation · twin
 * or new message · evidence · events }. In a group of Signal or of numbers it is one of theirs; else it is a person's.
 */
import { type Address, parseSender } from '../domain/address.ts'
import type { InboundMessage } from '../domain/sink.ts'
import { normalisedText, TWIN_WINDOW_MS } from '../domain/twin.ts'
import { insertInboundMedia, insertQuoted } from '../store/attachments.ts'
import { noteSmsLane } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { ensureGroupConversation } from '../store/groups.ts'
import { changeMessage, insertMessage, lastSignalMessage, replaceEarlier, twinCandidates } from '../store/messages.ts'
import { ensurePhoneGroup } from '../store/phone-groups.ts'
import { noteSeen, wasSeen } from '../store/seen.ts'
import type { ContactRow, ConversationRow, MessageRow } from '../store/tables/mailbox.ts'
import { catchUp } from './catching-up.ts'
import type { RoutingContext, RowContext } from './context.ts'
import { keepTimer } from './disappearing.ts'
import { conversationOfGroup } from './groups.ts'
import type { MediaDesk } from './media.ts'
import { shownText, textColumns } from './naming.ts'
import { conversationOf, resolvePerson } from './people.ts'
import { takeQuote } from './quoted-files.ts'
import { noteEvidence } from './standing.ts'
import { noteInbound, noteRequest, readAtOnce } from './strangers.ts'

export interface ArrivingContext extends RowContext, Pick<RoutingContext, 'transports'> {
  media: Pick<MediaDesk, 'dueAtMs'>
  /** Two-letter country for numbers in national format. */
  region: string | undefined
  /** New groups of phone numbers get a text for each in place of MMS. */
  textsApart?: boolean | undefined
}

/** Keeps a message; resolves with false where it was here already, or belongs to a group that nobody has told of. */
export async function takeMessage(
  context: ArrivingContext,
  tx: DatabaseTransaction,
  message: InboundMessage,
): Promise<boolean> {
  if (await wasSeen(tx, message.transport, message.dedupeKey)) return false
  const contact = await personOf(context, tx, message)
  if (message.groupId !== undefined) return await intoGroup(context, tx, message, message.groupId, contact)
  if (message.numbers !== undefined) {
    await intoNumbers(context, tx, message, message.numbers, contact)
    return true
  }
  const conversation = await conversationOf(context, tx, contact)
  if (message.timer !== undefined) {
    await keepTimer(context, tx, conversation, { ...message.timer, byUs: false })
  }
  await noteReached(context, tx, message, contact, conversation)
  if (message.request === true) await noteRequest(context, tx, conversation)
  const twin = await twinOf(tx, message, conversation)
  const row =
    twin === undefined
      ? await storeMessage(context, tx, message, conversation, contact)
      : await joinTwin(context, tx, message, twin)
  await noteSeen(tx, message.transport, message.dedupeKey, row.id, context.clock())
  return true
}

/** A message in a group's conversation; false when nobody has told of the group. */
async function intoGroup(
  context: ArrivingContext,
  tx: DatabaseTransaction,
  message: InboundMessage,
  groupId: string,
  author: ContactRow,
): Promise<boolean> {
  const conversation = await conversationOfGroup(context, tx, groupId)
  if (conversation === undefined) return false
  await noteEvidence(context, tx, author, { kind: 'registered' })
  if (message.request === true) await noteRequest(context, tx, conversation)
  const row = await storeMessage(context, tx, message, conversation, author)
  await noteSeen(tx, message.transport, message.dedupeKey, row.id, context.clock())
  return true
}

/** A message to several numbers, which are a group by that. */
async function intoNumbers(
  context: ArrivingContext,
  tx: DatabaseTransaction,
  message: InboundMessage,
  numbers: readonly string[],
  author: ContactRow,
): Promise<void> {
  const { ids, clock, textsApart } = context
  const group = await ensurePhoneGroup(tx, ids, numbers, clock(), textsApart)
  const conversation = await ensureGroupConversation(tx, ids, group.id, clock())
  const row = await storeMessage(context, tx, message, conversation, author)
  await noteSeen(tx, message.transport, message.dedupeKey, row.id, clock())
}

function personOf(context: ArrivingContext, tx: DatabaseTransaction, { from }: InboundMessage): Promise<ContactRow> {
  const address: Address | undefined =
    from.address === undefined ? undefined : parseSender(from.address, context.region)
  return resolvePerson(context, tx, { address, aci: from.aci, pni: from.pni, name: from.name })
}

/** What the transport of a message says about where this person can be reached. */
async function noteReached(
  context: ArrivingContext,
  tx: DatabaseTransaction,
  message: InboundMessage,
  contact: ContactRow,
  conversation: ConversationRow,
): Promise<void> {
  if (message.transport === 'signal') {
    await noteEvidence(context, tx, contact, { kind: 'registered' })
    return
  }
  await noteSmsLane(tx, conversation.id, message.lane, 'in')
  // Reply in kind: they write a text while what we sent over Signal has not arrived.
  const last = await lastSignalMessage(tx, conversation.id)
  if (last !== undefined && undeliveredOverSignal(last)) {
    await noteEvidence(context, tx, contact, { kind: 'silent' })
  }
}

/** The copy of this message that came over another transport, where there is one. */
async function twinOf(
  tx: DatabaseTransaction,
  message: InboundMessage,
  conversation: ConversationRow,
): Promise<MessageRow | undefined> {
  // Two messages that have no words are not one because of that.
  if (message.text === '' || message.incomplete === true) return undefined
  const wanted = normalisedText(message.text)
  const { transport, sentAtMs } = message
  const candidates = await twinCandidates(tx, conversation.id, transport, sentAtMs, TWIN_WINDOW_MS)
  return candidates.find(({ text }) => normalisedText(text) === wanted)
}

async function storeMessage(
  context: ArrivingContext,
  tx: DatabaseTransaction,
  message: InboundMessage,
  conversation: ConversationRow,
  contact: ContactRow,
): Promise<MessageRow> {
  const { ids, clock } = context
  const now = clock()
  const quote = await takeQuote(context, tx, conversation, message.quote, message.request === true)
  const row = await insertMessage(tx, {
    id: ids('msg'),
    conversation_id: conversation.id,
    direction: 'in',
    ...textColumns(await shownText(tx, message)),
    subject_chars: message.subjectChars ?? null,
    preview_json: message.preview === undefined ? null : JSON.stringify(message.preview),
    flash: message.flash === true ? 1 : 0,
    incomplete: message.incomplete === true ? 1 : 0,
    replace_number: message.replaceNumber ?? null,
    author_aci: message.groupId === undefined ? null : (message.from.aci ?? null),
    author_address: message.numbers === undefined ? null : (contact.e164 ?? contact.sender),
    quote_json: quote.json,
    timer_s: message.timerS ?? null,
    attachments: message.media?.length ?? 0,
    state: 'received',
    transport: message.transport,
    lane: message.lane,
    encrypted: message.encrypted ? 1 : 0,
    sent_timestamp_ms: message.sentAtMs,
    created_at_ms: now,
    updated_at_ms: now,
    sent_at_ms: message.sentAtMs,
    ...readAtOnce(contact, now),
  })
  const media = (message.media ?? []).map((facts) => ({
    id: ids('att'),
    facts,
    // A stranger's files come when the owner asks for them, or lets them in.
    dueAtMs: message.request === true ? null : context.media.dueAtMs(facts),
  }))
  const { transport, viewOnce = false } = message
  await insertInboundMedia(tx, row, media, { transport, viewOnce, nowMs: now })
  if (quote.copy !== undefined) await insertQuoted(tx, row.id, { ...quote.copy, transport }, now)
  await noteInbound(context, tx, row, contact)
  await replaceBy(context, tx, row)
  if (message.from.aci !== undefined) await catchUp(context, tx, row, message.from.aci)
  return row
}

/** A message may take the place of an earlier one, whose text stays in the history. */
async function replaceBy(context: ArrivingContext, tx: DatabaseTransaction, by: MessageRow): Promise<void> {
  if (by.replace_number === null) return
  const replaced = await replaceEarlier(tx, by, by.replace_number, context.clock())
  if (replaced === undefined) return
  await context.events.append(tx, {
    type: 'message.replaced',
    messageId: replaced.id,
    conversationId: replaced.conversation_id,
    data: { by: by.id },
  })
}

/** The second copy of a message that is here already: one row, marked; the encrypted copy names the transport. */
async function joinTwin(
  context: ArrivingContext,
  tx: DatabaseTransaction,
  message: InboundMessage,
  twin: MessageRow,
): Promise<MessageRow> {
  const encrypted = message.encrypted && twin.encrypted === 0
  const row = await changeMessage(
    tx,
    twin.id,
    {
      twin_at_ms: message.receivedAtMs,
      twin_transport: encrypted ? twin.transport : message.transport,
      // Over Signal a message is known by its time there.
      ...(encrypted
        ? { transport: message.transport, lane: message.lane, encrypted: 1, sent_timestamp_ms: message.sentAtMs }
        : {}),
    },
    context.clock(),
  )
  await context.events.append(tx, {
    type: 'message.twin',
    messageId: row.id,
    conversationId: row.conversation_id,
    data: { transport: row.transport, twin: row.twin_transport },
  })
  return row
}

function undeliveredOverSignal(message: MessageRow): boolean {
  if (message.transport === 'signal') return message.state === 'sent' || message.state === 'held'
  return message.fallback_from === 'signal' && message.twin_transport !== 'signal'
}
