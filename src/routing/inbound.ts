/**
 * Where the transports put facts. Each promise is the acknowledgement: it resolves after the one transaction that holds
 * everything the fact means, or, in a driver's own transaction (`unit`), after the writes into it.
 *
 *   message   see `arriving.ts`; receipt   { part · message · evidence · events }, see `receipts.ts`
 *   call, broadcast, waiting, data   see `notices.ts`; picture   see `pictures.ts`; group   see `groups.ts`
 *
 * Jobs and listeners come after the commit; in a driver's transaction that is when it calls `committed`.
 */
import type { GroupFact } from '../domain/group.ts'
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
import { findContact, findConversation, namedContacts } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import { settleOwnChange } from '../store/own-changes.ts'
import { addToQuarantine } from '../store/quarantine.ts'
import { addSegment } from '../store/segments.ts'
import type { ConversationRow } from '../store/tables/mailbox.ts'
import { inUnit } from '../store/unit.ts'
import type { Agenda } from './agenda.ts'
import { takeAmendment } from './amending.ts'
import { type ArrivingContext, takeMessage } from './arriving.ts'
import { recipientOf } from './capabilities.ts'
import { takeTimer } from './disappearing.ts'
import { fillText } from './filling.ts'
import { conversationOfGroup, takeGroup } from './groups.ts'
import type { MediaDesk } from './media.ts'
import { takeMirrored } from './mirroring.ts'
import { takeBroadcast, takeCall, takeData, takeWaiting } from './notices.ts'
import { takeCapability } from './peer-facts.ts'
import { settleMmsReceipt, takePicture } from './pictures.ts'
import { takeReadElsewhere } from './reading.ts'
import { type Settled, settleSignalReceipt, settleSmsReceipt } from './receipts.ts'
import { takeRemoval } from './removing.ts'
import { isKnown } from './strangers.ts'
import { takeUnreadable } from './unreadable.ts'

/** How long files that came wait for others. */
const GATHER_MS = 20

interface InboundOptions extends Omit<ArrivingContext, 'transports' | 'media'> {
  db: Database
  agenda: Pick<Agenda, 'touch' | 'free' | 'flush'>
  media: Pick<MediaDesk, 'dueAtMs' | 'poke'>
  transports: () => readonly Transport[]
}

export class Inbound implements TransportSink {
  readonly #context: InboundOptions
  #gathering: NodeJS.Timeout | undefined
  /** Something was done to files since they were last looked at. */
  #touchedFiles = false

  constructor(options: InboundOptions) {
    this.#context = options
  }

  message(message: InboundMessage, unit?: UnitOfWork): Promise<boolean> {
    const { media = [], quote } = message
    if (media.length > 0 || quote?.file?.thumbnail !== undefined) this.#touchedFiles = true
    return this.#commit(unit, (tx) => takeMessage(this.#driven(), tx, message))
  }

  group(fact: GroupFact, unit?: UnitOfWork): Promise<void> {
    // Those of a request wait until it is let in.
    this.#touchedFiles = true
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

  /** What a receipt has moved may want a job, or make room for the next one. */
  #follow({ was, message: { id, state, due_at_ms, conversation_id, attachments } }: Settled): void {
    if (attachments > 0) this.#touchedFiles = true
    if (state === 'queued' || due_at_ms !== null) this.#context.agenda.touch(id)
    // One that was still being sent makes room when its attempt is closed.
    if (was !== 'queued') return
    for (const transport of ['sms', 'mms', 'signal'] as const) this.#context.agenda.free(conversation_id, transport)
  }
}
