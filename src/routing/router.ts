/**
 * The router: takes messages, decides how they travel, and answers for what became of them. Here are the doors that
 * people come through; what goes on without them is engine.ts.
 *
 *   submit ──► planRoute (pure) ──► ONE transaction { message · legs · events } ──► 202
 *                                         │ after commit: agenda → outbox (jobs carry ids)
 *   outbox ──► attempt ──► claim ─► transport.send ─► close                sending.ts
 *          └─► deadline ──► fallback, schedule, validity, report            deadlines.ts
 *   transports ──► inbound ──► messages, receipts, evidence                 inbound.ts, receipts.ts, standing.ts
 *   people ──► approve, cancel, retry, policies                             decisions.ts
 *   lanes that come and go                                                  lane-watch.ts
 *   start, jobs, the reconciler                                             engine.ts
 *
 * The database is the truth and decides every race; the outbox is only a clock. `planRoute` is asked again with fresh
 * facts at each step, so there is one rule book (plans.ts applies it). At start, every minute, and when Redis or a lane
 * comes back, `reconcile` makes all jobs anew from the database. A message is handed over by one attempt at a time
 * (UNIQUE in the schema) and in the order of its conversation (a gate in SQL).
 */
import type { LaneUse } from '../domain/lane-choice.ts'
import type { Mode } from '../domain/route.ts'
import type { LiveValues, SettingsChange } from '../domain/settings.ts'
import type { TransportSink } from '../domain/sink.ts'
import type { Lane, Transport } from '../domain/transport.ts'
import { findContact, findConversation } from '../store/contacts.ts'
import { getMessage } from '../store/mailbox.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import { recipientOf } from './capabilities.ts'
import { changeMessageOf, type MessageChange } from './changing.ts'
import type { Commit } from './commit.ts'
import type { RoutingContext } from './context.ts'
import {
  acceptIdentity,
  approveInGroup,
  approveMessage,
  type ContactChange,
  cancelMessage,
  changedMembers,
  demandContact,
  demandHeld,
  retryMessage,
  reviseContact,
} from './decisions.ts'
import { orderTimer } from './disappearing.ts'
import { Engine, type RoutingOptions } from './engine.ts'
import { PeopleDesk } from './joining.ts'
import { chooseSettings, type LiveSettings } from './live-settings.ts'
import type { MediaDesk } from './media.ts'
import type { Pauses } from './pauses.ts'
import { demandParties } from './people.ts'
import { addresseeOf, type Parties, partiesIn, partiesOf } from './plans.ts'
import { markRead } from './reading.ts'
import { removeConversation, removeGroupRequest, removeMessage, removeWith } from './removing.ts'
import { removeFile } from './removing-files.ts'
import type { Submission, SubmitRequest } from './requests.ts'
import { sendAsText } from './send-as-text.ts'
import { acceptRequest, blockContact } from './strangers.ts'
import { storeMessage } from './submitting.ts'
import { noteViewed } from './viewing.ts'

export class Router {
  /** Where transports put their facts; exists before any transport, since drivers want it at construction. */
  readonly sink: TransportSink
  /** The files of messages. */
  readonly media: MediaDesk
  /** Who is who, and who is known. */
  readonly people: PeopleDesk
  readonly pauses: Pauses
  readonly #engine: Engine
  readonly #context: RoutingContext
  readonly #commit: Commit

  constructor(options: RoutingOptions) {
    this.#engine = new Engine(options)
    this.sink = this.#engine.sink
    this.#context = this.#engine.context
    this.#commit = (work) => this.#engine.commit(work)
    this.media = this.#context.media
    this.pauses = this.#context.pauses
    this.people = new PeopleDesk(this.#context, this.#commit)
  }

  /** As `Engine.start`. */
  start(transports: readonly Transport[]): Promise<void> {
    return this.#engine.start(transports)
  }

  /** As `Engine.expect`. */
  expect(transports: readonly Transport[]): Promise<void> {
    return this.#engine.expect(transports)
  }

  /** As `Engine.stop`. */
  stop(): Promise<void> {
    return this.#engine.stop()
  }

  /** As `Engine.reconcile`. */
  reconcile(): Promise<void> {
    return this.#engine.reconcile()
  }

  /**
   * Takes a message. Resolves when message and plan are committed.
   * Errors: CausewayError `invalid-number`, `emergency-number`, `unknown-conversation`, `invalid-request`,
   * `idempotency-mismatch`, `contact-blocked`.
   */
  submit(request: SubmitRequest): Promise<Submission> {
    return this.#commit((tx) => storeMessage(this.#context, tx, request)).then(({ afterCommit, ...submission }) => {
      afterCommit?.()
      if (afterCommit !== undefined) this.media.poke()
      return submission
    })
  }

  /**
   * Lets a held message go on: consents to the changed identity (of a group, of all its members), or to the text message it
   * asks for. `by`: whose word it is. Errors: `unknown-message`, `wrong-state`.
   */
  async approve(messageId: string, by?: string): Promise<MessageRow> {
    const { db } = this.#context
    const held = await demandHeld(db, messageId)
    if (held.code !== 'identity-changed') return this.#commit((tx) => approveMessage(this.#context, tx, messageId))
    const parties = await partiesOf(db, held)
    if (parties.group !== undefined) {
      const changed = await changedMembers(db, parties.group)
      for (const transport of this.#context.transports) await transport.approveIdentity(addresseeOf(parties))
      return this.#commit((tx) => approveInGroup(this.#context, tx, messageId, changed, by))
    }
    await this.approveIdentity(parties.contact.id, by)
    return (await getMessage(db, messageId)) ?? held
  }

  /** Takes back what has not left; a held fallback is declined and the message stays sent. Errors as approve. */
  cancel(messageId: string): Promise<MessageRow> {
    return this.#commit((tx) => cancelMessage(this.#context, tx, messageId))
  }

  /** Tries a failed, expired, canceled or uncertain message anew. Errors as approve. */
  retry(messageId: string): Promise<MessageRow> {
    return this.#commit((tx) => retryMessage(this.#context, tx, messageId))
  }

  /** Sends a text after a Signal message that has no receipt yet: both may arrive. Errors as approve, `no-text`. */
  sendAsText(messageId: string): Promise<MessageRow> {
    return this.#commit((tx) => sendAsText(this.#context, tx, messageId))
  }

  /** Errors: `unknown-contact`, `version-mismatch` when `ifVersion` is given and is not the contact's. `by`: as below. */
  async updateContact(contactId: string, change: ContactChange, ifVersion?: number, by?: string): Promise<ContactRow> {
    const { contact, told } = await this.#commit(async (tx) => {
      const contact = await reviseContact(this.#context, tx, contactId, change, { ifVersion, by })
      const told: ((() => void) | undefined)[] = []
      for (const transport of this.#context.transports) {
        if (change.name !== undefined) told.push(await transport.tellNamed?.(asUnit(tx)))
        if (change.verified === undefined) continue
        told.push(await transport.tellVerified?.(recipientOf(contact), change.verified, asUnit(tx)))
      }
      return { contact, told }
    })
    for (const afterCommit of told) afterCommit?.()
    return contact
  }

  /**
   * Consents to a changed safety number; releases the messages held for it. `by`: whose word it is, a user's or a token's
   * id. Errors: `unknown-contact`.
   */
  async approveIdentity(contactId: string, by?: string): Promise<ContactRow> {
    const contact = await demandContact(this.#context.db, contactId)
    for (const transport of this.#context.transports) await transport.approveIdentity(recipientOf(contact))
    return this.#commit((tx) => acceptIdentity(this.#context, tx, contactId, by))
  }

  /** Reacts to a message, edits it or takes it back, here and over Signal. Errors: as `changeMessageOf`. */
  async change(messageId: string, change: MessageChange): Promise<MessageRow> {
    const { message, afterCommit } = await this.#commit((tx) => changeMessageOf(this.#context, tx, messageId, change))
    afterCommit()
    return message
  }

  /** New messages of the conversation disappear after so many seconds (0: they stay). Errors: as `orderTimer`. */
  setTimer(conversationId: string, seconds: number): Promise<void> {
    return this.#commit((tx) => orderTimer(this.#context, tx, conversationId, seconds)).then((afterCommit) =>
      afterCommit(),
    )
  }

  /** Lets the person or the group of a conversation in whose request it is. Errors: `unknown-conversation`. */
  async accept(conversationId: string): Promise<void> {
    const afterCommit = await this.#commit(async (tx) => {
      const parties = await partiesIn(tx, await findConversation(tx, { id: conversationId }))
      const asking =
        parties?.group === undefined ? { ...(await demandParties(tx, conversationId)), group: undefined } : parties
      return acceptRequest(this.#context, tx, asking)
    })
    afterCommit()
    this.media.poke()
  }

  /** Keeps a person out, or no longer; `deleted`: and removes what was said. Errors: `unknown-contact`, `wrong-state`. */
  async block(contactId: string, decision: { blocked: boolean; deleted?: boolean }): Promise<ContactRow> {
    const { contact, afterCommit } = await this.#commit(async (tx) => {
      const known = await demandContact(tx, contactId)
      if (decision.deleted === true) await removeWith(this.#context, tx, known)
      return blockContact(this.#context, tx, known, decision)
    })
    afterCommit()
    this.media.poke()
    return contact
  }

  /** Removes a message for the owner alone. Errors: as `removeMessage`. */
  async removeMessage(messageId: string): Promise<void> {
    const afterCommit = await this.#commit((tx) => removeMessage(this.#context, tx, messageId))
    afterCommit()
    this.media.poke()
  }

  /** Removes one file of a message for the owner alone. Errors: as `removeFile`. */
  async removeFile(attachmentId: string): Promise<void> {
    const afterCommit = await this.#commit((tx) => removeFile(this.#context, tx, attachmentId))
    afterCommit()
    this.media.poke()
  }

  /**
   * Removes a conversation for the owner alone; a group whose request it is is left before. Errors: as `removeConversation`,
   * and those of `Transport.leaveGroup`.
   */
  async removeConversation(conversationId: string): Promise<void> {
    const asking = await this.#leaveAsking(conversationId)
    const afterCommit = await this.#commit((tx) =>
      asking === undefined
        ? removeConversation(this.#context, tx, conversationId)
        : removeGroupRequest(this.#context, tx, asking),
    )
    afterCommit()
    this.media.poke()
  }

  /** The group of a request, which is left with that; undefined for everything else. */
  async #leaveAsking(conversationId: string): Promise<Parties | undefined> {
    const { db, transports } = this.#context
    const parties = await partiesIn(db, await findConversation(db, { id: conversationId }))
    const signalId = parties?.group?.signal_id ?? undefined
    if (parties === undefined || signalId === undefined || parties.conversation.request_at_ms === null) return undefined
    for (const transport of transports) await transport.leaveGroup?.(signalId)
    return parties
  }

  /** Tells the other side that the owner writes, or has stopped, where that can be told. Errors: `unknown-conversation`. */
  async typing(conversationId: string, started: boolean): Promise<void> {
    const { db } = this.#context
    const parties = await partiesIn(db, await findConversation(db, { id: conversationId }))
    // A group is told as a person is; where there is nobody, that is said as everywhere.
    const to = addresseeOf(parties ?? { ...(await demandParties(db, conversationId)), group: undefined })
    for (const transport of this.#context.transports) void transport.typing?.(to, started)
  }

  /** The owner has read all of a conversation; whoever wrote it may be told. Does nothing when there is none. */
  markRead(conversationId: string): Promise<void> {
    return this.#commit((tx) => markRead(this.#context, tx, conversationId)).then((afterCommit) => afterCommit())
  }

  /** The owner has looked at this file, or listened to it; its author may be told. Does nothing the second time. */
  viewed(attachmentId: string): Promise<void> {
    return this.#commit((tx) => noteViewed(this.#context, tx, attachmentId)).then((afterCommit) => afterCommit())
  }

  /** Asks the directory now (together with others): the contact as known afterwards. Errors: `unknown-contact`. */
  async refreshCapabilities(contactId: string): Promise<ContactRow> {
    const contact = await demandContact(this.#context.db, contactId)
    await this.#engine.lookUp(contactId)
    // What was learnt may have joined this contact with another one, under the number.
    const { e164 } = contact
    const merged = e164 === null ? undefined : await findContact(this.#context.db, { e164 })
    return merged ?? demandContact(this.#context.db, contactId)
  }

  mode(): Mode {
    return this.#context.settings.mode
  }

  /** What is in force, what of it people have chosen, and what the configuration says. */
  get settings(): Pick<LiveSettings, keyof LiveValues | 'chosen' | 'configured'> {
    return this.#context.settings
  }

  /**
   * Chooses settings, or (null) leaves them to the configuration again. Messages that have not left yet follow them at
   * once; a wait for a receipt that has begun stays as long as it was to be.
   */
  async changeSettings(change: SettingsChange): Promise<void> {
    this.#context.settings.chosen = await this.#commit((tx) => chooseSettings(this.#context, tx, change))
    await this.#engine.reconcile()
  }

  /** The lanes for texts as they are now, with what they have sent. */
  smsLanes(): readonly (Lane & { use: LaneUse | undefined })[] {
    const { lanes, uses } = this.#context
    return lanes()
      .filter(({ transport }) => transport === 'sms')
      .map((lane) => ({ ...lane, use: uses.of(lane.id) }))
  }
}
