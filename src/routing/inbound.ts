/**
 * Where the transports put facts. Each promise is the acknowledgement: it resolves after the one transaction that holds
 * everything the fact means, or, in a driver's own transaction (`unit`), after the writes into it.
 *
 *   message   { drop if seen · contact and conversation · twin or new message · evidence · events }
 *   receipt   { part · message · evidence · events }
 *   call, broadcast, waiting, data   see `notices.ts`; picture   see `pictures.ts`; group   see `groups.ts`
 *
 * Jobs and listeners come after the commit; in a driver's transaction that is when it calls `committed`.
 */
import { type Address, parseSender } from '../domain/address.ts'
import type { GroupFact } from '../domain/group.ts'
import type { IdSource } from '../domain/ids.ts'
import type {
  InboundBroadcast,
  InboundCall,
  InboundData,
  PictureNotice,
  WaitingNotice,
} from '../domain/inbound-notices.ts'
import type {
  Amendment,
  CapabilityFact,
  FilledText,
  InboundMessage,
  InboundSegment,
  KeptSegment,
  MirroredMessage,
  QuarantinedItem,
  Receipt,
  RemovalFact,
  TimerFact,
  TransportSink,
  UnreadableFact,
} from '../domain/sink.ts'
import type { ChangeReport, Recipient, Transport, UnitOfWork } from '../domain/transport.ts'
import { normalisedText, TWIN_WINDOW_MS } from '../domain/twin.ts'
import { insertInboundMedia } from '../store/attachments.ts'
import { findContact, findConversation, namedContacts, noteSmsLane } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { ensureGroupConversation } from '../store/groups.ts'
import { getMessage } from '../store/mailbox.ts'
import {
  changeMessage,
  insertMessage,
  lastSignalMessage,
  noteSeen,
  replaceEarlier,
  twinCandidates,
  wasSeen,
} from '../store/messages.ts'
import { settleOwnChange } from '../store/own-changes.ts'
import { ensurePhoneGroup } from '../store/phone-groups.ts'
import { addToQuarantine } from '../store/quarantine.ts'
import { addSegment } from '../store/segments.ts'
import type { ContactRow, ConversationRow, MessageRow } from '../store/tables/mailbox.ts'
import { inUnit } from '../store/unit.ts'
import type { Agenda } from './agenda.ts'
import { takeAmendment } from './amending.ts'
import { recipientOf } from './capabilities.ts'
import { catchUp } from './catching-up.ts'
import { keepTimer, takeTimer } from './disappearing.ts'
import { fillText } from './filling.ts'
import { conversationOfGroup, takeGroup } from './groups.ts'
import type { MediaDesk } from './media.ts'
import { takeMirrored } from './mirroring.ts'
import { shownQuote, shownText, textColumns } from './naming.ts'
import { takeBroadcast, takeCall, takeData, takeWaiting } from './notices.ts'
import { takeCapability } from './peer-facts.ts'
import { conversationOf, resolvePerson } from './people.ts'
import { settleMmsReceipt, takePicture } from './pictures.ts'
import { takeReadElsewhere } from './reading.ts'
import { type Settled, settleSignalReceipt, settleSmsReceipt } from './receipts.ts'
import { takeRemoval } from './removing.ts'
import { noteEvidence } from './standing.ts'
import { isKnown, noteInbound, noteRequest, readAtOnce } from './strangers.ts'
import { takeUnreadable } from './unreadable.ts'

/** How long files that came wait for others. */
const GATHER_MS = 20
export interface InboundOptions {
  db: Database
  events: EventLog
  agenda: Pick<Agenda, 'touch' | 'free' | 'flush'>
  media: Pick<MediaDesk, 'dueAtMs' | 'poke'>
  ids: IdSource
  clock: () => number
  transports: () => readonly Transport[]
  /** Two-letter country for numbers in national format. */
  region: string | undefined
  /** New groups of phone numbers get a text for each in place of MMS. */
  textsApart?: boolean | undefined
}

export class Inbound implements TransportSink {
  readonly #context: InboundOptions
  #gathering: NodeJS.Timeout | undefined
  /** Something was done to files since they were last looked at. */
  #touchedFiles = false

  constructor(options: InboundOptions) {
    this.#context = options
  }

  async message(message: InboundMessage, unit?: UnitOfWork): Promise<boolean> {
    return this.#commit(unit, async (tx) => {
      if (await wasSeen(tx, message.transport, message.dedupeKey)) return false
      const contact = await this.#person(tx, message)
      if (message.groupId !== undefined) return await this.#inGroup(tx, message, message.groupId, contact)
      if (message.numbers !== undefined) {
        await this.#inNumbers(tx, message, message.numbers, contact)
        return true
      }
      const conversation = await conversationOf(this.#context, tx, contact)
      if (message.timer !== undefined) {
        await keepTimer(this.#context, tx, conversation, { ...message.timer, byUs: false })
      }
      await this.#evidence(tx, message, contact, conversation)
      if (message.request === true) await noteRequest(this.#context, tx, conversation)
      const twin = await this.#twin(tx, message, conversation)
      const row =
        twin === undefined ? await this.#store(tx, message, conversation, contact) : await this.#join(tx, message, twin)
      await noteSeen(tx, message.transport, message.dedupeKey, row.id, this.#context.clock())
      return true
    })
  }

  group(fact: GroupFact, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeGroup(this.#context, tx, fact))
  }

  mirror(message: MirroredMessage, unit?: UnitOfWork): Promise<void> {
    this.#touchedFiles = true
    return this.#commit(unit, (tx) => takeMirrored(this.#driven(), tx, message))
  }

  segment(segment: InboundSegment, unit?: UnitOfWork): Promise<readonly KeptSegment[] | undefined> {
    return this.#commit(unit, (tx) => addSegment(tx, this.#context.ids, segment))
  }

  filled(text: FilledText, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => fillText(this.#context, tx, text))
  }

  call(call: InboundCall, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeCall(this.#context, tx, call))
  }

  broadcast(message: InboundBroadcast, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeBroadcast(this.#context, tx, message))
  }

  waiting(notice: WaitingNotice, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeWaiting(this.#context, tx, notice))
  }

  data(item: InboundData, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeData(this.#context, tx, item))
  }

  picture(notice: PictureNotice, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takePicture(this.#context, tx, notice))
  }

  receipt(receipt: Receipt, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, async (tx) => {
      const moved =
        receipt.transport === 'signal'
          ? await settleSignalReceipt(this.#context, tx, receipt)
          : receipt.transport === 'mms'
            ? [await settleMmsReceipt(this.#context, tx, receipt)]
            : [await settleSmsReceipt(this.#context, tx, receipt)]
      for (const settled of moved) if (settled !== undefined) this.#follow(settled)
    })
  }

  capability(fact: CapabilityFact, unit?: UnitOfWork): Promise<void> {
    if (fact.kind === 'accepted' || fact.kind === 'avatar') this.#touchedFiles = true
    return this.#commit(unit, (tx) => takeCapability(this.#context, tx, fact))
  }

  amend(amendment: Amendment, unit?: UnitOfWork): Promise<boolean> {
    this.#touchedFiles = true
    return this.#commit(unit, (tx) => takeAmendment(this.#context, tx, amendment))
  }

  readElsewhere(read: Parameters<TransportSink['readElsewhere']>[0], unit?: UnitOfWork): Promise<void> {
    this.#touchedFiles = true
    return this.#commit(unit, (tx) => takeReadElsewhere(this.#context, tx, read))
  }

  timer(fact: TimerFact, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeTimer(this.#context, tx, fact))
  }

  removed(removal: RemovalFact, unit?: UnitOfWork): Promise<void> {
    this.#touchedFiles = true
    return this.#commit(unit, (tx) => takeRemoval(this.#driven(), tx, removal))
  }

  knows(person: Recipient, unit?: UnitOfWork): Promise<boolean> {
    return this.#commit(unit, (tx) => isKnown(tx, person))
  }

  async addressBook(countMax: number) {
    const named = await namedContacts(this.#context.db, countMax)
    return named.map(({ name, ...contact }) => ({ person: recipientOf(contact), name }))
  }

  changed({ timestampMs, failure, atMs }: ChangeReport, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, async (tx) => {
      const end = { code: failure?.code ?? null, reason: failure?.message ?? null, atMs }
      const state = failure === undefined ? 'sent' : 'failed'
      const change = await settleOwnChange(tx, timestampMs, { state, ...end })
      if (change === undefined || failure === undefined) return
      const message = change.message_id === null ? undefined : await getMessage(tx, change.message_id)
      await this.#context.events.append(tx, {
        type: 'message.change_failed',
        messageId: message?.id,
        conversationId: message?.conversation_id,
        data: { change: change.kind, code: failure.code },
      })
    })
  }

  typing(fact: { from: Recipient; started: boolean; groupId?: string | undefined }, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, async (tx) => {
      const { aci } = fact.from
      const conversation = await this.#conversationWith(tx, fact.from, fact.groupId)
      if (conversation === undefined) return
      const contact = aci === undefined ? undefined : await findContact(tx, { aci })
      await this.#context.events.append(tx, {
        type: fact.started ? 'conversation.typing' : 'conversation.typing_stopped',
        conversationId: conversation.id,
        contactId: conversation.contact_id ?? contact?.id,
      })
    })
  }

  quarantine(item: QuarantinedItem, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, async (tx) => {
      if (!(await addToQuarantine(tx, item))) return
      await this.#context.events.append(tx, {
        type: 'quarantine.added',
        data: { transport: item.transport, lane: item.lane, code: item.code },
      })
    })
  }

  unreadable(fact: UnreadableFact, unit?: UnitOfWork): Promise<void> {
    return this.#commit(unit, (tx) => takeUnreadable(this.#context, tx, fact))
  }

  committed(): void {
    this.#context.events.poke()
    if (this.#touchedFiles) this.#pokeMedia()
    void this.#context.agenda.flush()
  }

  /** What came together is looked at together, and not while those who brought it wait. */
  #pokeMedia(): void {
    this.#touchedFiles = false
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      this.#context.media.poke()
    }, GATHER_MS)
  }

  async #commit<T>(unit: UnitOfWork | undefined, work: (tx: DatabaseTransaction) => Promise<T>): Promise<T> {
    const result = await inUnit(this.#context.db, unit, work)
    if (unit === undefined) this.committed()
    return result
  }

  #driven() {
    return { ...this.#context, transports: this.#context.transports() }
  }

  /** A message in a group's conversation; false when nobody has told of the group. */
  async #inGroup(
    tx: DatabaseTransaction,
    message: InboundMessage,
    groupId: string,
    author: ContactRow,
  ): Promise<boolean> {
    const conversation = await conversationOfGroup(this.#context, tx, groupId)
    if (conversation === undefined) return false
    await noteEvidence(this.#context, tx, author, { kind: 'registered' })
    const row = await this.#store(tx, message, conversation, author)
    await noteSeen(tx, message.transport, message.dedupeKey, row.id, this.#context.clock())
    return true
  }

  /** A message to several numbers, which are a group by that. */
  async #inNumbers(
    tx: DatabaseTransaction,
    message: InboundMessage,
    numbers: readonly string[],
    author: ContactRow,
  ): Promise<void> {
    const { ids, clock, textsApart } = this.#context
    const group = await ensurePhoneGroup(tx, ids, numbers, clock(), textsApart)
    const conversation = await ensureGroupConversation(tx, ids, group.id, clock())
    const row = await this.#store(tx, message, conversation, author)
    await noteSeen(tx, message.transport, message.dedupeKey, row.id, clock())
  }

  /** Ours with this person, or that of the group. */
  async #conversationWith(
    tx: DatabaseTransaction,
    { aci }: Recipient,
    groupId: string | undefined,
  ): Promise<ConversationRow | undefined> {
    if (groupId !== undefined) return await conversationOfGroup(this.#context, tx, groupId)
    const contact = aci === undefined ? undefined : await findContact(tx, { aci })
    return contact === undefined ? undefined : await findConversation(tx, { contactId: contact.id })
  }

  #person(tx: DatabaseTransaction, { from }: InboundMessage): Promise<ContactRow> {
    const address: Address | undefined =
      from.address === undefined ? undefined : parseSender(from.address, this.#context.region)
    return resolvePerson(this.#context, tx, { address, aci: from.aci, pni: from.pni, name: from.name })
  }

  /** What the transport of a message says about where this person can be reached. */
  async #evidence(
    tx: DatabaseTransaction,
    message: InboundMessage,
    contact: ContactRow,
    conversation: ConversationRow,
  ): Promise<void> {
    if (message.transport === 'signal') {
      await noteEvidence(this.#context, tx, contact, { kind: 'registered' })
      return
    }
    await noteSmsLane(tx, conversation.id, message.lane, 'in')
    // Reply in kind: they write a text while what we sent over Signal has not arrived.
    const last = await lastSignalMessage(tx, conversation.id)
    if (last !== undefined && undeliveredOverSignal(last)) {
      await noteEvidence(this.#context, tx, contact, { kind: 'silent' })
    }
  }

  async #twin(
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

  async #store(
    tx: DatabaseTransaction,
    message: InboundMessage,
    conversation: ConversationRow,
    contact: ContactRow,
  ): Promise<MessageRow> {
    const { ids, clock } = this.#context
    const now = clock()
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
      quote_json: await shownQuote(tx, message.quote),
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
      dueAtMs: message.request === true ? null : this.#context.media.dueAtMs(facts),
    }))
    const { transport, viewOnce = false } = message
    if (media.length > 0) this.#touchedFiles = true
    await insertInboundMedia(tx, row, media, { transport, viewOnce, nowMs: now })
    await noteInbound(this.#context, tx, row, contact)
    await this.#replace(tx, row)
    if (message.from.aci !== undefined) await catchUp(this.#driven(), tx, row, message.from.aci)
    return row
  }

  /** A message may take the place of an earlier one, whose text stays in the history. */
  async #replace(tx: DatabaseTransaction, by: MessageRow): Promise<void> {
    if (by.replace_number === null) return
    const replaced = await replaceEarlier(tx, by, by.replace_number, this.#context.clock())
    if (replaced === undefined) return
    await this.#context.events.append(tx, {
      type: 'message.replaced',
      messageId: replaced.id,
      conversationId: replaced.conversation_id,
      data: { by: by.id },
    })
  }

  /** The second copy of a message that is here already: one row, marked; the encrypted copy names the transport. */
  async #join(tx: DatabaseTransaction, message: InboundMessage, twin: MessageRow): Promise<MessageRow> {
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
      this.#context.clock(),
    )
    await this.#context.events.append(tx, {
      type: 'message.twin',
      messageId: row.id,
      conversationId: row.conversation_id,
      data: { transport: row.transport, twin: row.twin_transport },
    })
    return row
  }

  /** What a receipt has moved may want a job, or make room for the next one. */
  #follow({ was, message: { id, state, due_at_ms, conversation_id, attachments } }: Settled): void {
    if (attachments > 0) this.#touchedFiles = true
    if (state === 'queued' || due_at_ms !== null) this.#context.agenda.touch(id)
    // One that was still being sent makes room when its attempt is closed.
    if (was !== 'queued') return
    for (const transport of ['sms', 'mms', 'signal'] as const) this.#context.agenda.free(conversation_id, transport)
  }
}

function undeliveredOverSignal(message: MessageRow): boolean {
  if (message.transport === 'signal') return message.state === 'sent' || message.state === 'held'
  return message.fallback_from === 'signal' && message.twin_transport !== 'signal'
}
