/**
 * The router: takes messages, decides how they travel, and answers for what became of them.
 *
 *   submit ──► planRoute (pure) ──► ONE transaction { message · legs · events } ──► 202
 *                                         │ after commit: agenda → outbox (jobs carry ids)
 *   outbox ──► attempt ──► claim ─► transport.send ─► close                sending.ts
 *          └─► deadline ──► fallback, schedule, validity, report            deadlines.ts
 *   transports ──► inbound ──► messages, receipts, evidence                 inbound.ts, receipts.ts, standing.ts
 *   people ──► approve, cancel, retry, policies                             decisions.ts
 *   lanes that come and go                                                  lane-watch.ts
 *
 * The database is the truth and decides every race; the outbox is only a clock. `planRoute` is asked again with fresh
 * facts at each step, so there is one rule book (plans.ts applies it). At start, every minute, and when Redis or a lane
 * comes back, `reconcile` makes all jobs anew from the database. A message is handed over by one attempt at a time
 * (UNIQUE in the schema) and in the order of its conversation (a gate in SQL).
 */
import type { IdSource } from '../domain/ids.ts'
import type { LaneUse } from '../domain/lane-choice.ts'
import type { PictureLooks } from '../domain/media.ts'
import { QUIET_HOURS } from '../domain/quiet-hours.ts'
import type { Mode } from '../domain/route.ts'
import type { LiveValues, SettingsChange } from '../domain/settings.ts'
import type { Lane, Transport, TransportSink } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import type { Blobs } from '../store/blobs.ts'
import { findContact, findConversation } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { getMessage } from '../store/mailbox.ts'
import { endBackOff } from '../store/messages.ts'
import { readChosen } from '../store/settings.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import { Agenda, type AttemptJob, type JobQueue } from './agenda.ts'
import { Capabilities, recipientOf, wantsLookUp } from './capabilities.ts'
import { changeMessageOf, type MessageChange } from './changing.ts'
import type { RoutingContext } from './context.ts'
import { meetDeadline } from './deadlines.ts'
import {
  acceptIdentity,
  approveMessage,
  type ContactChange,
  cancelMessage,
  demandContact,
  demandHeld,
  retryMessage,
  reviseContact,
} from './decisions.ts'
import { Disappearing, orderTimer } from './disappearing.ts'
import { type RoutingSettings, usableLanes } from './facts.ts'
import { cleanUp } from './housekeeping.ts'
import { Inbound } from './inbound.ts'
import { PeopleDesk } from './joining.ts'
import { LaneUses } from './lane-use.ts'
import { LaneWatch, QUOTA_EXCEEDED } from './lane-watch.ts'
import { chooseSettings, LiveSettings } from './live-settings.ts'
import { MediaDesk, type MediaSettings } from './media.ts'
import { Pace } from './pace.ts'
import { Pauses } from './pauses.ts'
import { demandParties } from './people.ts'
import { addresseeOf, partiesIn, partiesOf } from './plans.ts'
import { markRead } from './reading.ts'
import { removeConversation, removeMessage, removeWith } from './removing.ts'
import { removeFile } from './removing-files.ts'
import type { Submission, SubmitRequest } from './requests.ts'
import { sendAsText } from './send-as-text.ts'
import { Sending } from './sending.ts'
import { acceptRequest, blockContact } from './strangers.ts'
import { storeMessage } from './submitting.ts'
import { noteViewed } from './viewing.ts'

/** How often all jobs are made anew from the database; the outbox counts on it (FAR_OFF_MS). */
const RECONCILE_INTERVAL_MS = 60_000
/** How often old rows are forgotten. */
const CLEAN_UP_INTERVAL_MS = 3_600_000

/** Runs the jobs of a `JobQueue`. Fulfilled by outbox.ts. */
export interface Outbox extends JobQueue {
  /** Begins to run jobs. Handlers do not throw for what concerns one message. `onReady`: Redis is (back) there. */
  start(handlers: {
    attempt: (job: AttemptJob) => Promise<void>
    deadline: (messageId: string) => Promise<void>
    onReady: () => void
  }): Promise<void>
  stop(): Promise<void>
}

export interface RouterOptions {
  db: Database
  events: EventLog
  outbox: Outbox
  settings: RoutingSettings
  /** Where files of messages lie, and how much of them is taken. */
  media: { blobs: Blobs; pictures: PictureLooks; settings: MediaSettings }
  ids: IdSource
  /** ms since epoch. */
  clock: () => number
  /** 0 ≤ x < 1. */
  random: () => number
  log: Log
}

export class Router {
  /** Where transports put their facts; exists before any transport, since drivers want it at construction. */
  readonly sink: TransportSink
  /** The files of messages. */
  readonly media: MediaDesk
  /** Who is who, and who is known. */
  readonly people: PeopleDesk
  readonly pauses: Pauses
  readonly #context: RoutingContext
  readonly #outbox: Outbox
  readonly #sending: Sending
  readonly #laneWatch: LaneWatch
  readonly #disappearing: Disappearing
  readonly #pace: Pace
  #transports: readonly Transport[] = []
  #capabilities: Capabilities | undefined
  #unsubscribe: (() => void)[] = []
  #timers: NodeJS.Timeout[] = []
  #stopped = false
  /** Nothing is planned before the transports are known. */
  readonly #known: Promise<void>
  #nowKnown = () => {}

  constructor(options: RouterOptions) {
    const { db, events, outbox, ids, clock, random, log } = options
    const settings = new LiveSettings(options.settings)
    this.media = new MediaDesk({ ...options.media, db, events, ids, clock, log, transports: () => this.#transports })
    this.#known = new Promise((resolve) => {
      this.#nowKnown = resolve
    })
    const transports = () => this.#transports
    const uses = new LaneUses(db, clock)
    const all = () => transports().flatMap((transport) => transport.lanes())
    const useOf = (lane: string) => uses.of(lane)
    const lanes = () => usableLanes(this.pauses.applied(all()), settings, useOf, clock())
    const commit = <T>(work: (tx: DatabaseTransaction) => Promise<T>) => this.#commit(work)
    this.pauses = new Pauses({ db, events, clock, lanes: all, commit, changed: () => this.#laneWatch.look() })
    const agenda = new Agenda({ db, queue: outbox, lanes, clock, log })
    this.#context = {
      db,
      events,
      ids,
      clock,
      random,
      log,
      settings,
      get transports() {
        return transports()
      },
      lanes,
      pauses: this.pauses,
      agenda,
      media: this.media,
      uses,
    }
    this.people = new PeopleDesk(this.#context, (work) => this.#commit(work))
    this.#pace = new Pace(clock)
    this.#outbox = outbox
    this.#sending = new Sending(this.#context)
    this.#disappearing = new Disappearing(this.#context)
    this.#laneWatch = new LaneWatch({
      context: this.#context,
      commit,
      reconcile: () => this.reconcile(),
    })
    const { region, textsApart } = settings
    this.sink = new Inbound({ db, events, agenda, media: this.media, ids, clock, transports, region, textsApart })
  }

  /**
   * Settles what a crash left open, re-creates the jobs, begins to work. An account that exists should have been loaded
   * before: what has no lanes at all counts as not set up here. Whatever people ask for earlier waits for this.
   */
  async start(transports: readonly Transport[]): Promise<void> {
    const { db, log } = this.#context
    await this.expect(transports)
    this.#nowKnown()
    const directory = transports.find(({ name }) => name === 'signal')
    this.#capabilities = new Capabilities(db, this.#context, directory, log)
    await this.#sending.recover()
    await this.media.start()
    await this.#context.uses.count(this.#context.lanes())
    await endBackOff(db, 'sms', [QUOTA_EXCEEDED, QUIET_HOURS], this.#context.clock())
    await endBackOff(db, 'mms', [QUIET_HOURS], this.#context.clock())
    this.#laneWatch.begin()
    for (const transport of transports) this.#unsubscribe.push(transport.onLanes(() => this.#laneWatch.look()))
    await this.#outbox.start({
      attempt: (job) => this.attempt(job),
      deadline: (messageId) => this.deadline(messageId),
      onReady: () => void this.reconcile(),
    })
    await this.reconcile()
    this.#timers.push(
      setInterval(() => void this.reconcile(), RECONCILE_INTERVAL_MS),
      setInterval(() => void this.#cleanUp(), CLEAN_UP_INTERVAL_MS),
    )
  }

  /** What facts that come before `start` must find: whom to tell, what the owner has chosen, and what is paused. */
  async expect(transports: readonly Transport[]): Promise<void> {
    this.#transports = transports
    this.#context.settings.chosen = await readChosen(this.#context.db)
    await this.pauses.load()
  }

  /** Takes no new jobs and waits for running attempts (the outbox bounds that). */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#pace.stop()
    this.#capabilities?.stop()
    await this.#outbox.stop()
    await this.media.stop()
    await this.#laneWatch.stop()
    await this.#disappearing.stop()
    await this.#context.agenda.flush()
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
   * Lets a held message go on: consents to the changed identity, or to the text message it asks for.
   * Errors: `unknown-message`, `wrong-state`.
   */
  async approve(messageId: string): Promise<MessageRow> {
    const { db } = this.#context
    const held = await demandHeld(db, messageId)
    if (held.code !== 'identity-changed') return this.#commit((tx) => approveMessage(this.#context, tx, messageId))
    const parties = await partiesOf(db, held)
    if (parties.group !== undefined) {
      for (const transport of this.#transports) await transport.approveIdentity(addresseeOf(parties))
      return this.#commit((tx) => approveMessage(this.#context, tx, messageId))
    }
    await this.approveIdentity(parties.contact.id)
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

  /** Errors: `unknown-contact`, `version-mismatch` when `ifVersion` is given and is not the contact's. */
  async updateContact(contactId: string, change: ContactChange, ifVersion?: number): Promise<ContactRow> {
    const { contact, told } = await this.#commit(async (tx) => {
      const contact = await reviseContact(this.#context, tx, contactId, change, ifVersion)
      const told: ((() => void) | undefined)[] = []
      for (const transport of this.#transports) {
        if (change.name !== undefined) told.push(await transport.tellNamed?.(asUnit(tx)))
        if (change.verified === undefined) continue
        told.push(await transport.tellVerified?.(recipientOf(contact), change.verified, asUnit(tx)))
      }
      return { contact, told }
    })
    for (const afterCommit of told) afterCommit?.()
    return contact
  }

  /** Consents to a changed safety number; releases the messages held for it. Errors: `unknown-contact`. */
  async approveIdentity(contactId: string): Promise<ContactRow> {
    const contact = await demandContact(this.#context.db, contactId)
    for (const transport of this.#transports) await transport.approveIdentity(recipientOf(contact))
    return this.#commit((tx) => acceptIdentity(this.#context, tx, contactId))
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

  /** Lets the person of a conversation in whose request it is. Errors: `unknown-conversation`. */
  async accept(conversationId: string): Promise<void> {
    const afterCommit = await this.#commit(async (tx) => {
      const { conversation, contact } = await demandParties(tx, conversationId)
      return acceptRequest(this.#context, tx, conversation, contact)
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

  /** Removes a conversation for the owner alone. Errors: as `removeConversation`. */
  async removeConversation(conversationId: string): Promise<void> {
    const afterCommit = await this.#commit((tx) => removeConversation(this.#context, tx, conversationId))
    afterCommit()
    this.media.poke()
  }

  /** Tells the other side that the owner writes, or has stopped, where that can be told. Errors: `unknown-conversation`. */
  async typing(conversationId: string, started: boolean): Promise<void> {
    const { db } = this.#context
    const parties = await partiesIn(db, await findConversation(db, { id: conversationId }))
    // A group is told as a person is; where there is nobody, that is said as everywhere.
    const to = addresseeOf(parties ?? { ...(await demandParties(db, conversationId)), group: undefined })
    for (const transport of this.#transports) void transport.typing?.(to, started)
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
    await this.#capabilities?.ask(contactId)
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
    await this.reconcile()
  }

  /** One job of the outbox. Never throws for what concerns the message alone. */
  async attempt(job: AttemptJob): Promise<void> {
    if (this.#stopped) return
    if (job.transport === 'signal') {
      await this.#lookUpFirst(job)
      await this.#sending.attempt(job)
      return
    }
    if (!(await this.#pace.turn(job.lane))) return
    const parts = await this.#sending.attempt(job)
    const perMinute = this.#context.lanes().find(({ id }) => id === job.lane)?.rules?.textsPerMinute
    if (parts > 0 && perMinute !== undefined) this.#pace.sent(job.lane, parts, perMinute)
    // It may just have used up its quota.
    this.#laneWatch.look()
  }

  /** The lanes for texts as they are now, with what they have sent. */
  smsLanes(): readonly (Lane & { use: LaneUse | undefined })[] {
    const { lanes, uses } = this.#context
    return lanes()
      .filter(({ transport }) => transport === 'sms')
      .map((lane) => ({ ...lane, use: uses.of(lane.id) }))
  }

  /** One job of the deadline queue. */
  async deadline(messageId: string): Promise<void> {
    if (this.#stopped) return
    await this.#commit((tx) => meetDeadline(this.#context, tx, messageId))
  }

  /** Closes what was cut off and makes every job anew from the database. */
  async reconcile(): Promise<void> {
    if (this.#stopped) return
    try {
      await this.#sending.recover()
      await this.#context.agenda.reconcile()
      await this.#disappearing.sweep()
      // Quotas renew without anybody saying so.
      this.#laneWatch.look()
    } catch (error) {
      this.#context.log.warn({ err: error }, 'the reconciler failed; it comes again in a minute')
    }
  }

  /** Before a message goes over Signal, the directory is asked where what is known has run out. */
  async #lookUpFirst(job: AttemptJob): Promise<void> {
    const { db, clock, log } = this.#context
    const message = await getMessage(db, job.messageId)
    if (message?.state !== 'queued' || message.transport !== 'signal' || message.leg !== job.leg) return
    const { contact } = await partiesOf(db, message)
    if (!wantsLookUp(contact, clock())) return
    await this.#capabilities?.ask(contact.id).catch((error: unknown) => {
      log.warn({ err: error, contactId: contact.id }, 'the directory look-up failed')
    })
  }

  async #cleanUp(): Promise<void> {
    try {
      await cleanUp(this.#context)
    } catch (error) {
      this.#context.log.warn({ err: error }, 'the clean-up failed; it comes again in an hour')
    }
  }

  /** One transaction, then jobs and listeners. */
  async #commit<T>(work: (tx: DatabaseTransaction) => Promise<T>): Promise<T> {
    await this.#known
    const result = await this.#context.db.transaction().execute(work)
    this.#context.events.poke()
    void this.#context.agenda.flush()
    return result
  }
}
