/**
 * Wakes browsers when something came that a person should see: an empty POST to each push service, which learns when, and
 * nothing else. The browser then asks us, over its session. Many events within a few seconds are one wake. A wake that is
 * lost with the process is made up for by the next, or when the inbox is opened.
 */
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { EventLog } from '../../store/events.ts'
import {
  hasSubscriptions,
  listSubscriptions,
  newsSince,
  noteWake,
  type PushSubscriptionRow,
  pushKey,
  removeSubscriptions,
} from '../../store/push.ts'
import { post } from '../webhooks/post.ts'
import type { Resolve } from '../webhooks/target.ts'
import { guarded, parseEndpoint } from './endpoint.ts'
import { newVapidJwk, type VapidKey, vapidAuthorization, vapidKey } from './vapid.ts'

/** Events of this time are one wake. */
const GATHER_MS = 300
/** No browser is woken more often. */
const WAKE_EVERY_MS = 4_000
/** Waits after an attempt that the service did not take; then the wake is given up. */
const RETRY_WAITS_MS: readonly number[] = [5_000, 30_000, 120_000]
const PUT_OFF_MS_MAX = 600_000
/** Requests at one time. */
const UNDER_WAY_MAX = 8
/** Seconds that a service keeps it for a browser that is not there; later ones take its place (`Topic`). */
const TTL_S = 86_400

export interface PushWorkerOptions {
  db: Database
  events: Pick<EventLog, 'onAppended' | 'latest'>
  clock: () => number
  resolve: Resolve
  log: Log
  /** `mailto:` or `https:`: how a push service reaches whoever runs this gateway. */
  subject: string
  /** Services on this machine and its network may be named, over http: for tests. */
  mayBeLocal: boolean
}

export class PushWorker {
  readonly #options: PushWorkerOptions
  readonly #key: VapidKey
  readonly #resolve: Resolve
  readonly #stopping = new AbortController()
  /** Subscriptions whose wake is under way, or waits to be tried again. */
  readonly #waking = new Map<string, Promise<void>>()
  #queue: PushSubscriptionRow[] = []
  #after = 0
  #lastWakeMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #unsubscribe = () => {}

  private constructor(options: PushWorkerOptions, key: VapidKey) {
    this.#options = options
    this.#key = key
    this.#resolve = guarded(options.resolve, options.mayBeLocal)
  }

  /** With the key that was made the first time. */
  static async open(options: PushWorkerOptions): Promise<PushWorker> {
    return new PushWorker(options, vapidKey(await pushKey(options.db, newVapidJwk)))
  }

  get publicKey(): string {
    return this.#key.publicKey
  }

  /** Throws CausewayError `push-endpoint`. */
  parseEndpoint(text: string): string {
    return parseEndpoint(text, this.#options.mayBeLocal)
  }

  /** Wakes the browser of one session now, as a message would. Gives how many subscriptions it has. */
  async wakeSession(sessionId: string): Promise<number> {
    const { db, clock } = this.#options
    const found = await listSubscriptions(db, clock(), sessionId)
    this.#queue.push(...found)
    this.#fill()
    return found.length
  }

  /** What happens from now on wakes. */
  async start(): Promise<void> {
    const { events } = this.#options
    this.#after = await events.latest()
    this.#unsubscribe = events.onAppended(() => this.#lookSoon())
  }

  /** Gives up what is under way. */
  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#looking
    await Promise.all(this.#waking.values())
  }

  #lookSoon(): void {
    if (this.#timer !== undefined || this.#stopping.signal.aborted) return
    const restMs = this.#lastWakeMs + WAKE_EVERY_MS - performance.now()
    this.#timer = setTimeout(
      () => {
        this.#looking = this.#look()
      },
      Math.max(GATHER_MS, restMs),
    )
  }

  async #look(): Promise<void> {
    const { db, clock, log } = this.#options
    this.#timer = undefined
    try {
      const { wakes, last } = await newsSince(db, this.#after)
      this.#after = last
      if (!wakes || !(await hasSubscriptions(db))) return
      this.#lastWakeMs = performance.now()
      this.#queue = await listSubscriptions(db, clock())
      this.#fill()
    } catch (error) {
      log.warn({ err: error }, 'nobody could be woken')
    }
  }

  #fill(): void {
    while (this.#waking.size < UNDER_WAY_MAX && !this.#stopping.signal.aborted) {
      const next = this.#queue.shift()
      if (next === undefined) return
      if (this.#waking.has(next.id)) continue
      const done = this.#wake(next)
        .catch((error: unknown) => this.#options.log.warn({ err: error, id: next.id }, 'a wake came to nothing'))
        .finally(() => {
          this.#waking.delete(next.id)
          this.#fill()
        })
      this.#waking.set(next.id, done)
    }
  }

  async #wake(subscription: PushSubscriptionRow): Promise<void> {
    const { db, clock, log } = this.#options
    const { id, endpoint } = subscription
    for (let attempt = 0; ; attempt++) {
      const { status, failure, putOffMs } = await this.#post(endpoint)
      if (this.#stopping.signal.aborted) return
      if (status === 404 || status === 410) {
        await removeSubscriptions(db, { id })
        log.info({ id }, 'a browser does not want to be woken any more')
        return
      }
      const mayPass = status === undefined || status === 429 || status >= 500
      const waitMs = RETRY_WAITS_MS[attempt]
      if (failure === undefined || !mayPass || waitMs === undefined) {
        await noteWake(db, subscription, failure === undefined, clock())
        if (failure !== undefined) log.info({ id, code: failure.code }, 'a browser could not be woken')
        return
      }
      await sleep(Math.max(waitMs, Math.min(putOffMs, PUT_OFF_MS_MAX)), this.#stopping.signal)
    }
  }

  #post(endpoint: string) {
    const { clock, subject } = this.#options
    const headers = {
      authorization: vapidAuthorization(this.#key, new URL(endpoint).origin, subject, clock()),
      ttl: String(TTL_S),
      urgency: 'high',
      topic: 'wake',
    }
    return post(endpoint, headers, '', this.#resolve, this.#stopping.signal)
  }
}

/** Ends early, without an error, when it is aborted. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
