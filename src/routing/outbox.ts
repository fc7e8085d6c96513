/**
 * The clock of the outbox: BullMQ queues in Redis, one for each lane (a stuck modem holds up nobody else) and one for
 * deadlines. The only file that imports bullmq and ioredis.
 *
 * Jobs carry ids and nothing else, and are hints: the attempt they ask for is claimed in the database. So everything here
 * may be lost, doubled or late. Jobs of an earlier life are dropped at the start, since the database makes them anew; while
 * Redis is away adding does nothing, and `onReady` asks for all jobs when it is back.
 *
 * BullMQ 6: a job id holds no ':' and not only digits; ids of removed jobs are free again, so finished jobs are removed at
 * once; `maxStalledCount: 0`, else a job whose worker died would be run again behind our back.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Log } from '../log.ts'
import type { AttemptJob, TimedAttempt } from './agenda.ts'
import type { Outbox } from './engine.ts'
import { type RedisSetUp, readRedisInfo } from './redis-info.ts'

export interface RedisOutboxOptions {
  /** A Unix socket's path, or a `redis://` or `rediss://` URL. */
  redis: { path: string } | { url: string }
  /** Names our keys where the Redis is shared with others. */
  prefix: string
  log: Log
}

interface Handlers {
  attempt: (job: AttemptJob) => Promise<void>
  deadline: (messageId: string) => Promise<void>
  onReady: () => void
}

interface Line {
  queue: Queue
  worker: Worker
}

/** Lanes that may exist in the life of one process. */
const LANES_MAX = 64
/** Attempts at a time: a modem takes one text after the other, and one picture; Signal takes several people at once. */
const CONCURRENCY = { sms: 1, mms: 1, signal: 8 } as const
const DEADLINES_CONCURRENCY = 4
/**
 * What is due later than this gets no job: the reconciler comes every minute and brings it again. So messages that wait
 * for hours do not lie in Redis, too.
 */
const FAR_OFF_MS = 120_000
/** So many queued attempts are remembered; beyond that some jobs are made twice, which is harmless. */
const QUEUED_MAX = 100_000
/** At stop, running attempts get this long; what is cut off is settled at the next start. */
const STOP_TIMEOUT_MS = 10_000
/** …and BullMQ this long to close its connections. */
const CLOSE_TIMEOUT_MS = 1_000
const INFO_TIMEOUT_MS = 2_000
const RECONNECT_MAX_MS = 1_000
/** After a lost connection a worker comes back this soon (BullMQ's own 15 s would be added to every outage). */
const WORKER_RETRY_MS = 250
/** How long the start waits for Redis. */
const FIRST_CONNECTION_TIMEOUT_MS = 10_000
/** BullMQ takes the smallest first, and of equal ones the one that came first. */
const RANKS = { urgent: 1, normal: 2, bulk: 3 } as const
/** Finished or failed, a job leaves no trace: its id must be free. */
const JOB = { removeOnComplete: true, removeOnFail: true, attempts: 1 }

export class RedisOutbox implements Outbox {
  readonly #options: RedisOutboxOptions
  readonly #lines = new Map<string, Promise<Line>>()
  /** Adds jobs; fails at once while Redis is away. */
  #producer: Redis | undefined
  /** Workers wait on it for as long as it takes. */
  #consumer: Redis | undefined
  #handlers: Handlers | undefined
  readonly #running = new Set<Promise<void>>()
  /** Attempts that are queued for now and have not begun: there is no need of a second job for them. */
  readonly #queued = new Set<string>()
  #counter = 0
  #stopped = false

  constructor(options: RedisOutboxOptions) {
    this.#options = options
  }

  async start(handlers: Handlers): Promise<void> {
    this.#handlers = handlers
    this.#consumer = this.#connect({ maxRetriesPerRequest: null })
    const producer = this.#connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false })
    this.#producer = producer
    await ready(producer, FIRST_CONNECTION_TIMEOUT_MS)
    await this.#line('deadlines', DEADLINES_CONCURRENCY, ({ messageId }: { messageId: string }) =>
      handlers.deadline(messageId),
    )
    producer.on('ready', () => {
      // It may have forgotten them.
      this.#queued.clear()
      handlers.onReady()
    })
  }

  async attempt(jobs: readonly TimedAttempt[], mode: 'again' | 'once'): Promise<void> {
    if (!this.#open()) return
    const fresh = mode === 'once' ? jobs : jobs.filter(({ job }) => !this.#queued.has(rootOf(job)))
    for (const name of new Set(fresh.map(({ job }) => queueOf(job)))) {
      const group = fresh.filter(({ job }) => queueOf(job) === name)
      const concurrency = CONCURRENCY[group[0]?.job.transport ?? 'sms']
      const { queue } = await this.#line(name, concurrency, (job: AttemptJob) => this.#attempt(job))
      // Before they are there: one may begin before this is told that it has been added.
      for (const { job, delayMs } of group) {
        if (delayMs === 0 && this.#queued.size < QUEUED_MAX) this.#queued.add(rootOf(job))
      }
      const added = queue.addBulk(
        group.map(({ job, delayMs, priority }) => ({
          name: 'attempt',
          data: job,
          opts: { ...JOB, delay: delayMs, jobId: this.#id(rootOf(job), mode), priority: RANKS[priority] },
        })),
      )
      await added.catch((error: unknown) => {
        for (const { job } of group) this.#queued.delete(rootOf(job))
        throw error
      })
    }
  }

  async deadline(
    jobs: readonly { messageId: string; atMs: number; delayMs: number }[],
    mode: 'again' | 'once',
  ): Promise<void> {
    const line = this.#lines.get('deadlines')
    const near = jobs.filter(({ delayMs }) => delayMs <= FAR_OFF_MS)
    if (!this.#open() || line === undefined || near.length === 0) return
    const { queue } = await line
    await queue.addBulk(
      near.map(({ messageId, atMs, delayMs }) => ({
        name: 'deadline',
        data: { messageId },
        opts: { ...JOB, delay: delayMs, jobId: this.#id(`${messageId}-at-${atMs}`, mode) },
      })),
    )
  }

  /** Why jobs cannot be made now, in words; undefined while Redis answers. */
  problem(): string | undefined {
    return this.#producer?.status === 'ready' ? undefined : 'Redis does not answer; messages wait in the database'
  }

  /** How the Redis is set up, as it says itself; undefined while it does not answer, or will not say. */
  async setUp(): Promise<RedisSetUp | undefined> {
    const producer = this.#producer
    if (producer === undefined || !this.#open()) return undefined
    let info: readonly string[] | undefined
    const asking = Promise.all([producer.info('persistence'), producer.info('memory')]).then(
      (texts) => {
        info = texts
      },
      (error: unknown) => this.#options.log.debug({ err: error }, 'redis does not say how it is set up'),
    )
    await within(INFO_TIMEOUT_MS, asking)
    return info === undefined ? undefined : readRedisInfo(info.join('\n'))
  }

  /** Waits for running jobs, at most STOP_TIMEOUT_MS, then lets go of Redis, whatever state that is in. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (!(await within(STOP_TIMEOUT_MS, Promise.allSettled(this.#running)))) {
      this.#options.log.warn({}, 'attempts were still running at the stop; they are settled at the next start')
    }
    const lines = await Promise.allSettled(this.#lines.values())
    const open = lines.flatMap((line) => (line.status === 'fulfilled' ? [line.value] : []))
    // BullMQ's own orderly close waits for commands that a lost Redis may never answer.
    const closed = open.flatMap(({ worker, queue }) => [worker.close(true), queue.close()])
    await within(CLOSE_TIMEOUT_MS, Promise.allSettled(closed))
    this.#producer?.disconnect()
    this.#consumer?.disconnect()
  }

  /** Keeps count of what runs; takes nothing new once stopped (the next start makes the job anew). */
  async #track(work: () => Promise<void>): Promise<void> {
    if (this.#stopped) return
    const running = work()
    this.#running.add(running)
    try {
      await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #attempt(job: AttemptJob): Promise<void> {
    this.#queued.delete(rootOf(job))
    await this.#handlers?.attempt(job)
  }

  /** The queue and worker of a name, made on first use with whatever an earlier life left in it dropped. */
  #line<T>(name: string, concurrency: number, run: (data: T) => Promise<void>): Promise<Line> {
    const known = this.#lines.get(name)
    if (known !== undefined) return known
    if (this.#lines.size > LANES_MAX) throw new RangeError(`more than ${LANES_MAX} lanes`)
    const made = this.#makeLine(name, concurrency, run)
    this.#lines.set(name, made)
    made.catch(() => this.#lines.delete(name))
    return made
  }

  async #makeLine<T>(name: string, concurrency: number, run: (data: T) => Promise<void>): Promise<Line> {
    const { prefix, log } = this.#options
    const [producer, consumer] = [this.#producer, this.#consumer]
    if (producer === undefined || consumer === undefined) throw new Error('the outbox has not been started')
    const queue = new Queue(name, { connection: producer, prefix })
    queue.on('error', (error) => log.debug({ err: error, queue: name }, 'queue connection'))
    await queue.obliterate({ force: true })
    const worker = new Worker<T>(name, (job) => this.#track(() => run(job.data)), {
      connection: consumer,
      prefix,
      concurrency,
      maxStalledCount: 0,
      runRetryDelay: WORKER_RETRY_MS,
    })
    worker.on('error', (error) => log.debug({ err: error, queue: name }, 'worker connection'))
    worker.on('failed', (job, error) => {
      log.warn({ err: error, queue: name, job: job?.id }, 'a job broke; the reconciler makes it anew')
    })
    return { queue, worker }
  }

  #connect(options: { maxRetriesPerRequest: number | null; enableOfflineQueue?: boolean }): Redis {
    const { redis, log } = this.#options
    const all = { ...options, retryStrategy: (times: number) => Math.min(RECONNECT_MAX_MS, 50 * times) }
    const client = 'path' in redis ? new Redis({ ...all, path: redis.path }) : new Redis(redis.url, all)
    client.on('error', (error) => log.debug({ err: error }, 'redis connection'))
    return client
  }

  #open(): boolean {
    return !this.#stopped && this.#producer?.status === 'ready'
  }

  #id(root: string, mode: 'again' | 'once'): string {
    return mode === 'once' ? root : `${root}-${++this.#counter}`
  }
}

/** A picture takes as long as the carrier does; texts through the same modem go past it in a queue of their own. */
function queueOf({ transport, lane }: AttemptJob): string {
  return `lane-${transport === 'mms' ? 'mms-' : ''}${safeName(lane)}`
}

/** Names an attempt: on another lane it is another one. */
function rootOf({ messageId, leg, tries, lane }: AttemptJob): string {
  return `${messageId}-${leg}-${tries}-${safeName(lane)}`
}

/** True when `what` ended in time. */
async function within(timeoutMs: number, what: Promise<unknown>): Promise<boolean> {
  const giveUp = new AbortController()
  const late = sleep(timeoutMs, false, { signal: giveUp.signal }).catch(() => false)
  const inTime = await Promise.race([what.then(() => true), late])
  giveUp.abort()
  return inTime
}

/** Resolves when the client is ready; throws when that takes too long. */
async function ready(client: Redis, timeoutMs: number): Promise<void> {
  if (client.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Redis does not answer')), timeoutMs)
    client.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** A lane's id as a queue's name: modems that are not known yet are called by their port, colons and all. */
function safeName(lane: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(lane)) return lane
  return `${lane.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 40)}-${createHash('sha256').update(lane).digest('hex').slice(0, 12)}`
}
