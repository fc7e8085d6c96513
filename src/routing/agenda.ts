/**
 * From the database to jobs: which messages want an attempt or have a deadline. Facts `touch` messages while their
 * transaction is open; after the commit `flush` makes jobs of what the database then says. Jobs are hints: losing or
 * doubling one is harmless, since `reconcile` makes them all again and an attempt is claimed in a transaction.
 */
import { chooseLane } from '../domain/lane-choice.ts'
import type { Priority } from '../domain/priority.ts'
import type { Lane, TransportName } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import {
  agendaOf,
  type DueMessage,
  dueMessages,
  nextWaiting,
  type WaitingMessage,
  waitingMessages,
} from '../store/agenda.ts'
import type { Database } from '../store/database.ts'

export interface AttemptJob {
  messageId: string
  leg: number
  /** Attempts of this leg so far: a repetition is another job. */
  tries: number
  transport: TransportName
  lane: string
}

export interface TimedAttempt {
  job: AttemptJob
  delayMs: number
  /** Of what is due on its lane the most urgent goes first, then the oldest. */
  priority: Priority
}

/**
 * The clock of the outbox. Never waits for a queue that is away. `mode` says what to do where the very same job exists:
 * `again` makes another one (the existing one may be running and about to end without effect), `once` leaves it at that.
 */
export interface JobQueue {
  attempt(jobs: readonly TimedAttempt[], mode: 'again' | 'once'): Promise<void>
  deadline(jobs: readonly { messageId: string; atMs: number; delayMs: number }[], mode: 'again' | 'once'): Promise<void>
}

/** Rows that one query of a reconciliation reads. */
const PAGE = 500
/** A longer delay is cut: the reconciler comes by anyway. */
const DELAY_MAX_MS = 3_600_000

export class Agenda {
  readonly #db: Database
  readonly #queue: JobQueue
  readonly #lanes: () => readonly Lane[]
  readonly #clock: () => number
  readonly #log: Log
  readonly #touched = new Map<string, string | undefined>()
  readonly #freed = new Map<string, { conversationId: string; transport: TransportName }>()
  #flushing: Promise<void> = Promise.resolve()

  constructor(options: { db: Database; queue: JobQueue; lanes: () => readonly Lane[]; clock: () => number; log: Log }) {
    this.#db = options.db
    this.#queue = options.queue
    this.#lanes = options.lanes
    this.#clock = options.clock
    this.#log = options.log
  }

  /**
   * This message may want a job once the open transaction has been committed. `lane`: it has been found out that it goes
   * there, by what only the attempt looks at (how long it is, who has refused it).
   */
  touch(messageId: string, lane?: string): void {
    this.#touched.set(messageId, lane ?? this.#touched.get(messageId))
  }

  /** A message of this conversation has left this transport: the next one may go. */
  free(conversationId: string, transport: TransportName): void {
    this.#freed.set(`${conversationId} ${transport}`, { conversationId, transport })
  }

  /** Makes jobs of everything touched. Never throws: what fails here, the reconciler does. */
  flush(): Promise<void> {
    if (this.#touched.size === 0 && this.#freed.size === 0) return this.#flushing
    this.#flushing = this.#flushing
      .then(() => this.#flushOnce())
      .catch((error: unknown) => this.#log.warn({ err: error }, 'jobs were not made; the reconciler will'))
    return this.#flushing
  }

  /** Makes the jobs of all messages that want one, in pages. */
  async reconcile(): Promise<void> {
    const now = this.#clock()
    for (let after = ''; ; ) {
      const page = await waitingMessages(this.#db, now, { after, limit: PAGE })
      await this.#addAttempts(page, 'once')
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) break
      after = last.id
    }
    for (let after: DueMessage | undefined; ; ) {
      const page = await dueMessages(this.#db, { ...(after === undefined ? {} : { after }), limit: PAGE })
      await this.#addDeadlines(page, 'once')
      after = page.at(-1)
      if (after === undefined || page.length < PAGE) break
    }
  }

  async #flushOnce(): Promise<void> {
    const hints = new Map(this.#touched)
    const ids = [...hints.keys()]
    const freed = [...this.#freed.values()]
    this.#touched.clear()
    this.#freed.clear()
    for (const { conversationId, transport } of freed) {
      const next = await nextWaiting(this.#db, conversationId, transport)
      if (next !== undefined && !ids.includes(next)) ids.push(next)
    }
    for (let start = 0; start < ids.length; start += PAGE) {
      const chunk = ids.slice(start, start + PAGE)
      const { waiting, due } = await agendaOf(this.#db, this.#clock(), chunk)
      await this.#addAttempts(waiting, 'again', hints)
      await this.#addDeadlines(due, 'again')
    }
  }

  async #addAttempts(
    messages: readonly WaitingMessage[],
    mode: 'again' | 'once',
    hints?: ReadonlyMap<string, string | undefined>,
  ): Promise<void> {
    const all = this.#lanes()
    const of = (name: TransportName) => all.filter(({ transport }) => transport === name)
    const lanes = { sms: of('sms'), mms: of('mms'), signal: of('signal') }
    const now = this.#clock()
    const jobs = messages.flatMap(({ id, leg, tries, transport, not_before_ms, priority, ...to }) => {
      const choice = chooseLane(lanes[transport], {
        number: to.number ?? undefined,
        parts: 1,
        begun: to.begun_lane ?? undefined,
        preferred: to.preferred_lane ?? undefined,
        replyTo: to.reply_lane ?? undefined,
        last: to.sms_lane ?? undefined,
        pinned: transport === 'signal' ? undefined : (to.pinned_lane ?? undefined),
      })
      // Where quotas are in the way the attempt finds that out again and says so.
      const lane = hints?.get(id) ?? (choice.kind === 'away' ? undefined : choice.lane)
      if (lane === undefined) return []
      return [{ job: { messageId: id, leg, tries, transport, lane }, delayMs: delay(not_before_ms, now), priority }]
    })
    if (jobs.length > 0) await this.#queue.attempt(jobs, mode)
  }

  async #addDeadlines(messages: readonly DueMessage[], mode: 'again' | 'once'): Promise<void> {
    const now = this.#clock()
    const jobs = messages.map(({ id, due_at_ms }) => ({
      messageId: id,
      atMs: due_at_ms,
      delayMs: delay(due_at_ms, now),
    }))
    if (jobs.length > 0) await this.#queue.deadline(jobs, mode)
  }
}

function delay(atMs: number, nowMs: number): number {
  return Math.min(DELAY_MAX_MS, Math.max(0, atMs - nowMs))
}
