/**
 * Delivers: turns new events into deliveries, posts those whose time has come, writes down what came of each. A delivery
 * stays due until its outcome is committed; after a crash it goes out again under the same id.
 *
 *   event log ──(cursor, one commit)──► deliveries ──due──► POST ──► outcome, next time (one commit)
 */
import type { IdSource } from '../../domain/ids.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { EventLog } from '../../store/events.ts'
import {
  type DueDelivery,
  dueDeliveries,
  feed,
  hasActive,
  hasUnfed,
  nextDueAtMs,
  pruneDeliveries,
  recordAttempt,
} from '../../store/webhook-deliveries.ts'
import { bodyOf } from './body.ts'
import { type Posted, post } from './post.ts'
import { signatureHeaders } from './signature.ts'
import type { Resolve } from './target.ts'

/** Requests under way at one time: to all, and to one webhook, so that a slow one holds up no other. */
const UNDER_WAY_MAX = 16
const UNDER_WAY_PER_WEBHOOK_MAX = 4
/** How often it looks without having been told of anything. */
const LOOK_EVERY_MS = 60_000
/** Events of this time are looked at together, and not while those who brought them wait. */
const GATHER_MS = 20
/** After the database refused something. */
const AFTER_FAULT_MS = 5_000
const PRUNE_EVERY_MS = 3_600_000

export interface WebhookWorkerOptions {
  db: Database
  events: Pick<EventLog, 'onAppended'>
  ids: IdSource
  clock: () => number
  resolve: Resolve
  log: Log
  version: string
}

export class WebhookWorker {
  readonly #options: WebhookWorkerOptions
  readonly #stopping = new AbortController()
  /** Delivery id → its webhook's id. */
  readonly #underWay = new Map<string, string>()
  readonly #posting = new Set<Promise<void>>()
  #looking: Promise<void> | undefined
  #again = false
  /** No webhook is in use: events are of no interest. Whoever adds or changes one calls `poke`. */
  #isIdle = false
  #timer: NodeJS.Timeout | undefined
  #gathering: NodeJS.Timeout | undefined
  #prunedAtMs = 0
  #unsubscribe = () => {}

  constructor(options: WebhookWorkerOptions) {
    this.#options = options
  }

  /** Begins with whatever was left over. */
  start(): void {
    this.#unsubscribe = this.#options.events.onAppended(() => this.#pokeSoon())
    this.poke()
  }

  /** Looks now: something may be due. */
  poke(): void {
    if (this.#stopping.signal.aborted) return
    this.#again = true
    this.#looking ??= this.#look()
  }

  #pokeSoon(): void {
    if (this.#isIdle) return
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      this.poke()
    }, GATHER_MS)
  }

  /** Breaks off what is under way; it goes out again after the next start. */
  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#stopping.abort()
    clearTimeout(this.#timer)
    clearTimeout(this.#gathering)
    await this.#looking
    await Promise.all(this.#posting)
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    const { log } = this.#options
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false
      try {
        await this.#round()
      } catch (error) {
        log.warn({ err: error }, 'webhooks could not be looked after; it comes again')
        this.#sleep(AFTER_FAULT_MS)
      }
    }
    this.#looking = undefined
  }

  async #round(): Promise<void> {
    const { db, ids, clock } = this.#options
    clearTimeout(this.#timer)
    const nowMs = clock()
    if (nowMs - this.#prunedAtMs >= PRUNE_EVERY_MS) {
      await pruneDeliveries(db, nowMs)
      this.#prunedAtMs = nowMs
    }
    this.#isIdle = !(await hasActive(db))
    if (this.#isIdle) {
      this.#sleep(LOOK_EVERY_MS)
      return
    }
    if (await hasUnfed(db)) {
      this.#again ||= await db.transaction().execute((tx) => feed(tx, ids, nowMs))
    }
    // As many more as are under way, which are still due in the table.
    for (const due of await dueDeliveries(db, nowMs, 2 * UNDER_WAY_PER_WEBHOOK_MAX)) {
      if (this.#underWay.size >= UNDER_WAY_MAX) break
      const { id, webhook_id: webhookId } = due.delivery
      const ofThis = [...this.#underWay.values()].filter((one) => one === webhookId).length
      if (this.#underWay.has(id) || ofThis >= UNDER_WAY_PER_WEBHOOK_MAX) continue
      this.#begin(due)
    }
    const nextMs = (await nextDueAtMs(db, nowMs)) ?? Number.POSITIVE_INFINITY
    this.#sleep(Math.min(LOOK_EVERY_MS, Math.max(0, nextMs - clock())))
  }

  #sleep(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#stopping.signal.aborted) this.#timer = setTimeout(() => this.poke(), ms)
  }

  #begin(due: DueDelivery): void {
    const { id, webhook_id: webhookId } = due.delivery
    this.#underWay.set(id, webhookId)
    const posting = this.#deliver(due).finally(() => {
      this.#underWay.delete(id)
      this.#posting.delete(posting)
      this.poke()
    })
    this.#posting.add(posting)
  }

  async #deliver(due: DueDelivery): Promise<void> {
    const { db, clock, log } = this.#options
    const { id, webhook_id: webhookId } = due.delivery
    try {
      const atMs = clock()
      const { status, failure, putOffMs } = await this.#post(due, atMs)
      if (failure?.code === 'interrupted') return
      const tookMs = Math.max(0, clock() - atMs)
      await recordAttempt(db, due, { atMs, tookMs, status, failure, putOffMs })
      if (failure !== undefined) log.info({ webhookId, id, code: failure.code }, 'a webhook was not taken')
    } catch (error) {
      log.warn({ err: error, webhookId, id }, 'the outcome of a webhook could not be noted; it is sent again')
      await new Promise((resolve) => setTimeout(resolve, AFTER_FAULT_MS).unref())
    }
  }

  async #post({ delivery, webhook }: DueDelivery, nowMs: number): Promise<Posted> {
    const { db, version, resolve } = this.#options
    const body = await bodyOf(db, delivery)
    if (body === undefined) {
      const failure = { code: 'event-pruned', reason: 'The event is not kept any more.' }
      return { status: undefined, failure, putOffMs: 0 }
    }
    const { secret, previous_secret: previous, previous_until_ms: untilMs } = webhook
    const secrets = previous !== null && (untilMs ?? 0) > nowMs ? [secret, previous] : [secret]
    const headers = {
      ...signatureHeaders(secrets, delivery.id, Math.floor(nowMs / 1_000), body),
      'user-agent': `causeway/${version}`,
    }
    return post(webhook.url, headers, body, resolve, this.#stopping.signal)
  }
}
