/**
 * What routing does by itself. It is put together here: it settles at its start what a crash left open, runs the jobs of
 * the outbox, watches the lanes, and every minute makes all jobs anew from the database. What people ask for comes through
 * router.ts.
 */
import type { IdSource } from '../domain/ids.ts'
import type { PictureLooks } from '../domain/media.ts'
import { QUIET_HOURS } from '../domain/quiet-hours.ts'
import type { TransportSink } from '../domain/sink.ts'
import type { Transport } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import type { Blobs } from '../store/blobs.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { getMessage } from '../store/mailbox.ts'
import { endBackOff } from '../store/messages.ts'
import { readChosen } from '../store/settings.ts'
import { Agenda, type AttemptJob, type JobQueue } from './agenda.ts'
import { Capabilities, wantsLookUp } from './capabilities.ts'
import type { Commit } from './commit.ts'
import type { RoutingContext } from './context.ts'
import { meetDeadline } from './deadlines.ts'
import { Disappearing } from './disappearing.ts'
import { type RoutingSettings, usableLanes } from './facts.ts'
import { cleanUp } from './housekeeping.ts'
import { Inbound } from './inbound.ts'
import { LaneUses } from './lane-use.ts'
import { LaneWatch, QUOTA_EXCEEDED } from './lane-watch.ts'
import { LiveSettings } from './live-settings.ts'
import { MediaDesk, type MediaSettings } from './media.ts'
import { Pace } from './pace.ts'
import { Pauses } from './pauses.ts'
import { partiesOf } from './plans.ts'
import { Sending } from './sending.ts'

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

export interface RoutingOptions {
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

export class Engine {
  /** What all of routing works with. */
  readonly context: RoutingContext
  /** Where transports put their facts. */
  readonly sink: TransportSink
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

  constructor(options: RoutingOptions) {
    const { db, events, outbox, ids, clock, random, log } = options
    const settings = new LiveSettings(options.settings)
    const media = new MediaDesk({ ...options.media, db, events, ids, clock, log, transports: () => this.#transports })
    this.#known = new Promise((resolve) => {
      this.#nowKnown = resolve
    })
    const transports = () => this.#transports
    const uses = new LaneUses(db, clock)
    const all = () => transports().flatMap((transport) => transport.lanes())
    const useOf = (lane: string) => uses.of(lane)
    const lanes = () => usableLanes(pauses.applied(all()), settings, useOf, clock())
    const commit: Commit = (work) => this.commit(work)
    const pauses = new Pauses({ db, events, clock, lanes: all, commit, changed: () => this.#laneWatch.look() })
    const agenda = new Agenda({ db, queue: outbox, lanes, clock, log })
    this.context = {
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
      pauses,
      agenda,
      media,
      uses,
    }
    this.#pace = new Pace(clock)
    this.#outbox = outbox
    this.#sending = new Sending(this.context)
    this.#disappearing = new Disappearing(this.context)
    this.#laneWatch = new LaneWatch({
      context: this.context,
      commit,
      reconcile: () => this.reconcile(),
    })
    const { region, textsApart } = settings
    this.sink = new Inbound({ db, events, agenda, media, ids, clock, transports, region, textsApart })
  }

  /**
   * Settles what a crash left open, re-creates the jobs, begins to work. An account that exists should have been loaded
   * before: what has no lanes at all counts as not set up here. Whatever people ask for earlier waits for this.
   */
  async start(transports: readonly Transport[]): Promise<void> {
    const { db, log } = this.context
    await this.expect(transports)
    this.#nowKnown()
    const directory = transports.find(({ name }) => name === 'signal')
    this.#capabilities = new Capabilities(db, this.context, directory, log)
    await this.#sending.recover()
    await this.context.media.start()
    await this.context.uses.count(this.context.lanes())
    await endBackOff(db, 'sms', [QUOTA_EXCEEDED, QUIET_HOURS], this.context.clock())
    await endBackOff(db, 'mms', [QUIET_HOURS], this.context.clock())
    this.#laneWatch.begin()
    for (const transport of transports) this.#unsubscribe.push(transport.onLanes(() => this.#laneWatch.look()))
    await this.#outbox.start({
      attempt: (job) => this.#attempt(job),
      deadline: (messageId) => this.#deadline(messageId),
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
    this.context.settings.chosen = await readChosen(this.context.db)
    await this.context.pauses.load()
  }

  /** Takes no new jobs and waits for running attempts (the outbox bounds that). */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#pace.stop()
    this.#capabilities?.stop()
    await this.#outbox.stop()
    await this.context.media.stop()
    await this.#laneWatch.stop()
    await this.#disappearing.stop()
    await this.context.agenda.flush()
  }

  /** One transaction, then jobs and listeners. */
  async commit<T>(work: (tx: DatabaseTransaction) => Promise<T>): Promise<T> {
    await this.#known
    const result = await this.context.db.transaction().execute(work)
    this.context.events.poke()
    void this.context.agenda.flush()
    return result
  }

  /** Closes what was cut off and makes every job anew from the database. */
  async reconcile(): Promise<void> {
    if (this.#stopped) return
    try {
      await this.#sending.recover()
      await this.context.agenda.reconcile()
      await this.#disappearing.sweep()
      // Quotas renew without anybody saying so.
      this.#laneWatch.look()
    } catch (error) {
      this.context.log.warn({ err: error }, 'the reconciler failed; it comes again in a minute')
    }
  }

  /** Asks the directory about this contact, together with others. Resolves when the answer is stored. */
  async lookUp(contactId: string): Promise<void> {
    await this.#capabilities?.ask(contactId)
  }

  /** One job of the outbox. Never throws for what concerns the message alone. */
  async #attempt(job: AttemptJob): Promise<void> {
    if (this.#stopped) return
    if (job.transport === 'signal') {
      await this.#lookUpFirst(job)
      await this.#sending.attempt(job)
      return
    }
    if (!(await this.#pace.turn(job.lane))) return
    const parts = await this.#sending.attempt(job)
    const perMinute = this.context.lanes().find(({ id }) => id === job.lane)?.rules?.textsPerMinute
    if (parts > 0 && perMinute !== undefined) this.#pace.sent(job.lane, parts, perMinute)
    // It may just have used up its quota.
    this.#laneWatch.look()
  }

  /** One job of the deadline queue. */
  async #deadline(messageId: string): Promise<void> {
    if (this.#stopped) return
    await this.commit((tx) => meetDeadline(this.context, tx, messageId))
  }

  /** Before a message goes over Signal, the directory is asked where what is known has run out. */
  async #lookUpFirst(job: AttemptJob): Promise<void> {
    const { db, clock, log } = this.context
    const message = await getMessage(db, job.messageId)
    if (message?.state !== 'queued' || message.transport !== 'signal' || message.leg !== job.leg) return
    const { contact } = await partiesOf(db, message)
    if (!wantsLookUp(contact, clock())) return
    await this.lookUp(contact.id).catch((error: unknown) => {
      log.warn({ err: error, contactId: contact.id }, 'the directory look-up failed')
    })
  }

  async #cleanUp(): Promise<void> {
    try {
      await cleanUp(this.context)
    } catch (error) {
      this.context.log.warn({ err: error }, 'the clean-up failed; it comes again in an hour')
    }
  }
}
