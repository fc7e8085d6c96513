/**
 * The router: takes messages, decides how they travel, and answers for what became of them.
 *
 *   submit ──► planRoute (pure) ──► ONE transaction { message · legs · events } ──► 202
 *                                         │ after commit: agenda → outbox (jobs carry ids)
 *   outbox ──► attempt ──► claim ─► transport.send ─► close                sending.ts
 *          └─► deadline ──► fallback, schedule, validity, report            deadlines.ts
 *   transports ──► inbound ──► messages, receipts, evidence                 inbound.ts, receipts.ts, standing.ts
 *   people ──► approve, cancel, retry, policies                             here
 *
 * The database is the truth and decides every race; the outbox is only a clock. `planRoute` is asked again with fresh
 * facts at each step, so there is one rule book (plans.ts applies it). At start, every minute, and when Redis or a lane
 * comes back, `reconcile` makes all jobs anew from the database. A message is handed over by one attempt at a time
 * (UNIQUE in the schema) and in the order of its conversation (a gate in SQL).
 */
import { parseAddress } from '../domain/address.ts'
import type { ContactPolicy } from '../domain/contact.ts'
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import { accepts, advance, type MessageEvent } from '../domain/message.ts'
import type { Mode } from '../domain/route.ts'
import type { Lane, Transport, TransportSink } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import { replaceLegs } from '../store/attempts.ts'
import { changeContact, ensureConversation, findContact, findConversation, noteLastMessage } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { claimKey } from '../store/idempotency.ts'
import { getMessage } from '../store/mailbox.ts'
import { changeMessage, endBackOff, heldMessages, insertMessage, nextTimestamp, queuedOn } from '../store/messages.ts'
import { readMode, writeMode } from '../store/settings.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import { Agenda, type AttemptJob, type JobQueue } from './agenda.ts'
import { Capabilities, recipientOf, wantsLookUp } from './capabilities.ts'
import type { RoutingContext } from './context.ts'
import { meetDeadline } from './deadlines.ts'
import { type RoutingSettings, usableLanes } from './facts.ts'
import { cleanUp } from './housekeeping.ts'
import { Inbound } from './inbound.ts'
import { announce, moveMessage } from './moves.ts'
import { resolvePerson } from './people.ts'
import { applyPlan, CONSENT_NEEDED, consequence, partiesOf, planNow } from './plans.ts'
import type { Submission, SubmitRequest } from './requests.ts'
import { Sending } from './sending.ts'

/** How often all jobs are made anew from the database. */
const RECONCILE_INTERVAL_MS = 60_000
/** How often old rows are forgotten. */
const CLEAN_UP_INTERVAL_MS = 3_600_000
/** Messages that are looked at again when their transport goes away. */
const STRANDED_MAX = 500
/** No message of ours is longer; transports have their own bounds below this. */
const TEXT_LENGTH_MAX = 20_000

/** Waits that end when the lane is back. */
const AWAY_CODES = ['modem-unavailable', 'signal-unreachable', 'signal-failed', 'directory-unavailable', 'internal']
/** Holds that end when the Signal lane is back: the person has solved what Signal asked for. */
const CHALLENGE_CODES = ['signal-challenge']

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
  readonly #context: RoutingContext
  readonly #outbox: Outbox
  readonly #sending: Sending
  #transports: readonly Transport[] = []
  #capabilities: Capabilities | undefined
  #unsubscribe: (() => void)[] = []
  #timers: NodeJS.Timeout[] = []
  #lanesSeen = new Map<string, boolean>()
  #waking: Promise<void> | undefined
  #wakeAgain = false
  #stopped = false
  /** Nothing is planned before the transports are known. */
  readonly #known: Promise<void>
  #nowKnown = () => {}

  constructor(options: RouterOptions) {
    const { db, events, outbox, settings, ids, clock, random, log } = options
    this.#known = new Promise((resolve) => {
      this.#nowKnown = resolve
    })
    const transports = () => this.#transports
    const lanes = () =>
      usableLanes(
        transports().flatMap((transport) => transport.lanes()),
        settings,
      )
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
      agenda,
    }
    this.#outbox = outbox
    this.#sending = new Sending(this.#context)
    this.sink = new Inbound({ db, events, agenda, ids, clock, region: settings.region })
  }

  /**
   * Settles what a crash left open, re-creates the jobs, begins to work. An account that exists should have been loaded
   * before: what has no lanes at all counts as not set up here. Whatever people ask for earlier waits for this.
   */
  async start(transports: readonly Transport[]): Promise<void> {
    const { db, log } = this.#context
    this.#transports = transports
    this.#nowKnown()
    const directory = transports.find(({ name }) => name === 'signal')
    this.#capabilities = new Capabilities(db, this.#context, directory, log)
    await this.#sending.recover()
    this.#noteLanes()
    for (const transport of transports) this.#unsubscribe.push(transport.onLanes(() => this.#lanesMayHaveChanged()))
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

  /** Takes no new jobs and waits for running attempts (the outbox bounds that). */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#capabilities?.stop()
    await this.#outbox.stop()
    await this.#waking
    await this.#context.agenda.flush()
  }

  /**
   * Takes a message. Resolves when message and plan are committed.
   * Errors: CausewayError `invalid-number`, `emergency-number`, `unknown-conversation`, `invalid-request`,
   * `idempotency-mismatch`.
   */
  async submit(request: SubmitRequest): Promise<Submission> {
    if (request.text === '' || request.text.length > TEXT_LENGTH_MAX) {
      throw invalidRequest(`The text is empty or longer than ${TEXT_LENGTH_MAX} characters.`)
    }
    return this.#commit((tx) => this.#store(tx, request))
  }

  /**
   * Lets a held message go on: consents to the changed identity, or to the text message it asks for.
   * Errors: `unknown-message`, `wrong-state`.
   */
  async approve(messageId: string): Promise<MessageRow> {
    const held = await this.#demand(this.#context.db, messageId, 'approve', 'Only a held message can be approved.', [
      'held',
    ])
    if (held.code === 'identity-changed') {
      await this.approveIdentity((await partiesOf(this.#context.db, held)).contact.id)
      return (await getMessage(this.#context.db, messageId)) ?? held
    }
    return this.#commit(async (tx) => {
      const message = await this.#demand(tx, messageId, 'approve', 'Only a held message can be approved.', ['held'])
      const { contact } = await partiesOf(tx, message)
      const consents = message.code === CONSENT_NEEDED
      const approved = consents
        ? await changeMessage(tx, message.id, { text_approved: 1 }, this.#context.clock())
        : message
      return applyPlan(this.#context, tx, approved, await planNow(this.#context, tx, approved, contact), 'approve')
    })
  }

  /** Takes back what has not left; a held fallback is declined and the message stays sent. Errors as approve. */
  cancel(messageId: string): Promise<MessageRow> {
    return this.#commit(async (tx) => {
      const words = 'This message has left already, or is over; it cannot be taken back.'
      const message = await this.#demand(tx, messageId, 'cancel', words)
      this.#free(message)
      const declined = message.sent_at_ms !== null && accepts(message.state, 'decline')
      return moveMessage(this.#context, tx, message, declined ? 'decline' : 'cancel', {
        due_at_ms: null,
        ...(declined
          ? { transport: 'signal', reason: 'accepted by Signal; the text that was to follow was declined' }
          : { reason: 'taken back' }),
      })
    })
  }

  /** Tries a failed, expired, canceled or uncertain message anew. Errors as approve. */
  retry(messageId: string): Promise<MessageRow> {
    return this.#commit(async (tx) => {
      const words = 'Only a failed, expired, canceled or uncertain message can be tried again.'
      const message = await this.#demand(tx, messageId, 'retry', words)
      const { contact } = await partiesOf(tx, message)
      const validityMs = (message.valid_until_ms ?? 0) - (message.scheduled_at_ms ?? message.created_at_ms)
      const fresh = await moveMessage(this.#context, tx, message, 'retry', {
        since_leg: message.leg === null ? 0 : message.leg + 1,
        valid_until_ms: this.#context.clock() + validityMs,
        fallback_from: null,
        fallback_code: null,
        fallback_reason: null,
        fallback_at_ms: null,
        transport: null,
        sent_at_ms: null,
        reason: 'is tried again, since a person asked for it',
      })
      return applyPlan(this.#context, tx, fresh, await planNow(this.#context, tx, fresh, contact), 'approve')
    })
  }

  /** Errors: `unknown-contact`, `version-mismatch` when `ifVersion` is given and is not the contact's. */
  updateContact(
    contactId: string,
    change: { policy?: ContactPolicy | null; name?: string | null; verified?: boolean },
    ifVersion?: number,
  ): Promise<ContactRow> {
    return this.#commit(async (tx) => {
      const contact = await this.#contact(tx, contactId)
      if (ifVersion !== undefined && contact.version !== ifVersion) {
        throw new CausewayError({
          code: 'version-mismatch',
          message: 'The contact has changed in the meantime. Read it again, then repeat the change.',
          retry: 'never',
        })
      }
      const { policy, name, verified } = change
      const changed = await changeContact(
        tx,
        contactId,
        {
          ...(policy === undefined ? {} : { policy }),
          ...(name === undefined ? {} : { name }),
          ...(verified === undefined ? {} : { verified: verified ? 1 : 0 }),
        },
        this.#context.clock(),
      )
      await this.#context.events.append(tx, { type: 'contact.updated', contactId, data: { version: changed.version } })
      await this.#reviewHeld(tx, changed)
      return changed
    })
  }

  /** Consents to a changed safety number; releases the messages held for it. Errors: `unknown-contact`. */
  async approveIdentity(contactId: string): Promise<ContactRow> {
    const contact = await this.#contact(this.#context.db, contactId)
    for (const transport of this.#transports) await transport.approveIdentity(recipientOf(contact))
    return this.#commit(async (tx) => {
      // The new key has not been compared, unless the person says so.
      const change = { identity_changed_at_ms: null, verified: 0 }
      const approved = await changeContact(tx, contactId, change, this.#context.clock())
      await this.#context.events.append(tx, { type: 'contact.identity_approved', contactId })
      await this.#reviewHeld(tx, approved)
      return approved
    })
  }

  /** Asks the directory now (together with others): the contact as known afterwards. Errors: `unknown-contact`. */
  async refreshCapabilities(contactId: string): Promise<ContactRow> {
    const contact = await this.#contact(this.#context.db, contactId)
    await this.#capabilities?.ask(contactId)
    // What was learnt may have joined this contact with another one, under the number.
    const { e164 } = contact
    const merged = e164 === null ? undefined : await findContact(this.#context.db, { e164 })
    return merged ?? this.#contact(this.#context.db, contactId)
  }

  async mode(): Promise<Mode> {
    return (await readMode(this.#context.db)) ?? this.#context.settings.mode
  }

  /** Messages that have not left yet follow the new mode. */
  async setMode(mode: Mode): Promise<void> {
    await this.#commit(async (tx) => {
      await writeMode(tx, mode)
      await this.#context.events.append(tx, { type: 'settings.mode', data: { mode } })
    })
    await this.reconcile()
  }

  /** One job of the outbox. Never throws for what concerns the message alone. */
  async attempt(job: AttemptJob): Promise<void> {
    if (this.#stopped) return
    await this.#lookUpFirst(job)
    await this.#sending.attempt(job)
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
    } catch (error) {
      this.#context.log.warn({ err: error }, 'the reconciler failed; it comes again in a minute')
    }
  }

  async #store(tx: DatabaseTransaction, request: SubmitRequest): Promise<Submission> {
    const { ids, clock, settings } = this.#context
    const id = ids('msg')
    const now = clock()
    if (request.idempotency !== undefined) {
      const claim = await claimKey(tx, request.idempotency, id, now)
      const known = claim.kind === 'known' ? await getMessage(tx, claim.messageId) : undefined
      if (known !== undefined) return { message: known, replayed: true }
    }
    const contact = await this.#recipient(tx, request)
    const conversation = await ensureConversation(tx, ids, contact.id, now)
    const scheduledAtMs =
      request.scheduledAtMs !== undefined && request.scheduledAtMs > now ? request.scheduledAtMs : null
    const validUntilMs = (scheduledAtMs ?? now) + (request.validityMs ?? settings.validityMs)
    const fields = {
      id,
      policy: request.policy ?? null,
      text_approved: 0,
      since_leg: 0,
      fallback_code: null,
      fallback_reason: null,
      fallback_after_ms: request.fallbackAfterMs ?? null,
    }
    const plan = await planNow(this.#context, tx, fields, contact)
    const { event, move } =
      scheduledAtMs === null
        ? consequence(plan, 0, now, validUntilMs)
        : { event: 'go' as const, move: { due_at_ms: scheduledAtMs, reason: 'waits for its time' } }
    const begin = scheduledAtMs === null ? 'queued' : 'scheduled'
    const message = await insertMessage(tx, {
      ...move,
      ...fields,
      conversation_id: conversation.id,
      direction: 'out',
      text: request.text,
      valid_until_ms: validUntilMs,
      scheduled_at_ms: scheduledAtMs,
      sent_timestamp_ms: await nextTimestamp(tx, now),
      metadata_json: request.metadata === undefined ? null : JSON.stringify(request.metadata),
      created_at_ms: now,
      updated_at_ms: now,
      state: event === 'go' ? begin : advance(begin, event),
    })
    if (scheduledAtMs === null && plan.kind === 'legs') await replaceLegs(tx, id, 0, plan.legs)
    await noteLastMessage(tx, conversation.id, id, 'out', now)
    await announce(this.#context.events, tx, message, undefined)
    this.#context.agenda.touch(id)
    return { message, replayed: false }
  }

  async #recipient(tx: DatabaseTransaction, { to, conversationId }: SubmitRequest): Promise<ContactRow> {
    if ((to === undefined) === (conversationId === undefined)) {
      throw invalidRequest('Give either a recipient or a conversation.')
    }
    if (to !== undefined) {
      const address = parseAddress(to, this.#context.settings.region)
      return resolvePerson(this.#context, tx, { address, aci: undefined, pni: undefined, name: undefined })
    }
    const conversation = await findConversation(tx, { id: conversationId ?? '' })
    const contact = conversation && (await findContact(tx, { id: conversation.contact_id }))
    if (contact === undefined) {
      throw new CausewayError({
        code: 'unknown-conversation',
        message: 'There is no such conversation.',
        retry: 'never',
      })
    }
    return contact
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

  /** Messages that wait for a person's word on this contact, under what is now known and ordered. */
  async #reviewHeld(tx: DatabaseTransaction, contact: ContactRow): Promise<void> {
    const conversation = await findConversation(tx, { contactId: contact.id })
    if (conversation === undefined) return
    const codes = [CONSENT_NEEDED, 'identity-changed']
    for (const id of await heldMessages(tx, { codes, conversationId: conversation.id })) {
      const message = await getMessage(tx, id)
      if (message === undefined) continue
      const plan = await planNow(this.#context, tx, message, contact)
      const first = plan.kind === 'legs' ? plan.legs[0] : undefined
      const stillAsks = first?.consent === 'ask' && message.code === CONSENT_NEEDED
      if (plan.kind === 'held' || stillAsks) continue
      await applyPlan(this.#context, tx, message, plan, 'approve')
    }
  }

  /** A lane came, went, or merely changed its mood. */
  #lanesMayHaveChanged(): void {
    if (this.#stopped || !this.#noteLanes()) return
    if (this.#waking !== undefined) {
      this.#wakeAgain = true
      return
    }
    this.#waking = this.#wake()
      .catch((error: unknown) => this.#context.log.warn({ err: error }, 'waking the queues failed'))
      .finally(() => {
        this.#waking = undefined
        if (!this.#wakeAgain) return
        this.#wakeAgain = false
        this.#lanesSeen.clear()
        this.#lanesMayHaveChanged()
      })
  }

  /** True when some lane's availability is not what it was. */
  #noteLanes(): boolean {
    const now = new Map(this.#context.lanes().map(({ id, available }: Lane) => [id, available]))
    const changed =
      now.size !== this.#lanesSeen.size || [...now].some(([id, available]) => this.#lanesSeen.get(id) !== available)
    this.#lanesSeen = now
    return changed
  }

  /** What waited for a lane goes on; what waits for one that is gone may have another way. */
  async #wake(): Promise<void> {
    const { db, clock, lanes } = this.#context
    for (const transport of ['sms', 'signal'] as const) {
      if (lanes().some((lane) => lane.transport === transport && lane.available)) {
        await endBackOff(db, transport, AWAY_CODES, clock())
        if (transport === 'signal') await this.#releaseHeld(await heldMessages(db, { codes: CHALLENGE_CODES }))
      } else {
        await this.#releaseStranded(await queuedOn(db, transport, STRANDED_MAX))
      }
    }
    await this.reconcile()
  }

  async #releaseHeld(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#replan(id, 'held')
  }

  async #releaseStranded(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#replan(id, 'queued')
  }

  /** Gives a message a new plan where it is still in this state and the plan takes it another way. */
  #replan(messageId: string, state: 'held' | 'queued'): Promise<void> {
    return this.#commit(async (tx) => {
      const message = await getMessage(tx, messageId)
      if (message?.state !== state) return
      const { contact } = await partiesOf(tx, message)
      const plan = await planNow(this.#context, tx, message, contact)
      const first = plan.kind === 'legs' ? plan.legs[0] : undefined
      if (state === 'queued' && (first === undefined || first.transport === message.transport)) return
      if (state === 'queued' && (await this.#begun(tx, message))) return
      await applyPlan(this.#context, tx, message, plan, 'approve')
    })
  }

  async #begun(tx: DatabaseTransaction, message: MessageRow): Promise<boolean> {
    const row = await tx
      .selectFrom('parts')
      .select('part')
      .where('message_id', '=', message.id)
      .where('leg', '=', message.leg ?? -1)
      .where('state', '!=', 'pending')
      .executeTakeFirst()
    return row !== undefined
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

  #free({ conversation_id, transport }: MessageRow): void {
    if (transport === 'sms' || transport === 'signal') this.#context.agenda.free(conversation_id, transport)
  }

  async #demand(
    db: Database,
    messageId: string,
    event: MessageEvent,
    words: string,
    states?: readonly MessageRow['state'][],
  ): Promise<MessageRow> {
    const message = await getMessage(db, messageId)
    if (message === undefined) {
      throw new CausewayError({ code: 'unknown-message', message: 'There is no such message.', retry: 'never' })
    }
    if (!accepts(message.state, event) || (states !== undefined && !states.includes(message.state))) {
      throw new CausewayError({ code: 'wrong-state', message: `${words} It is ${message.state}.`, retry: 'never' })
    }
    return message
  }

  async #contact(db: Database, id: string): Promise<ContactRow> {
    const contact = await findContact(db, { id })
    if (contact === undefined) {
      throw new CausewayError({ code: 'unknown-contact', message: 'There is no such contact.', retry: 'never' })
    }
    return contact
  }
}

function invalidRequest(message: string): CausewayError {
  return new CausewayError({ code: 'invalid-request', message, retry: 'never' })
}
