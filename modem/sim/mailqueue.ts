/**
 * What the service centre holds for one recipient: offered in order, one at a time, kept while the recipient is off or
 * full, given up when its validity ends. It settles nothing itself, but calls `settle` once for every item.
 */
import type { SimClock } from './clock.ts'
import type { MobileStation, OfferOutcome, StationNews } from './station.ts'

/** A service centre refuses more for one recipient than this. */
export const WAITING_MAX = 50_000

export interface QueuedTpdu {
  readonly tpdu: Uint8Array
  /** Reports need no memory, so they pass messages that wait for room. */
  readonly isReport: boolean
  readonly validUntilMs: number
  offered(): void
  settle(outcome: 'taken' | 'expired'): void
}

interface Waiting extends QueuedTpdu {
  notBeforeMs: number
}

export class MailQueue {
  private readonly clock: SimClock
  private readonly station: MobileStation
  private readonly retryAfterMs: number
  private readonly waiting: Waiting[] = []
  private isOffering = false
  private isStopped = false
  /** No item ends before this. */
  private firstEndMs = Number.POSITIVE_INFINITY
  private isFull = false
  private isAway = false
  private cancelTimer: (() => void) | undefined

  constructor(clock: SimClock, station: MobileStation, retryAfterMs: number) {
    this.clock = clock
    this.station = station
    this.retryAfterMs = retryAfterMs
  }

  get length(): number {
    return this.waiting.length
  }

  push(item: QueuedTpdu): void {
    this.waiting.push({ ...item, notBeforeMs: 0 })
    this.firstEndMs = Math.min(this.firstEndMs, item.validUntilMs)
    void this.run()
  }

  /** Tries again what waited for this. */
  news(news: StationNews): void {
    if (news === 'memory-available') this.isFull = false
    else this.isAway = false
    if (news === 'listening') for (const item of this.waiting) item.notBeforeMs = 0
    void this.run()
  }

  stop(): void {
    this.isStopped = true
    this.cancelTimer?.()
    this.waiting.length = 0
  }

  private async run(): Promise<void> {
    if (this.isOffering) return
    this.isOffering = true
    try {
      for (;;) {
        this.dropExpired()
        const item = this.next()
        if (item === undefined || this.isStopped) break
        item.offered()
        const outcome = await this.station.offer(item.tpdu)
        this.conclude(item, outcome)
      }
    } finally {
      this.isOffering = false
    }
    if (!this.isStopped) this.sleep()
  }

  private next(): Waiting | undefined {
    if (this.isAway) return undefined
    const nowMs = this.clock.nowMs()
    return this.waiting.find((item) => item.notBeforeMs <= nowMs && !(this.isFull && !item.isReport))
  }

  private conclude(item: Waiting, outcome: OfferOutcome): void {
    switch (outcome) {
      case 'taken': {
        const at = this.waiting.indexOf(item)
        if (at >= 0) this.waiting.splice(at, 1)
        item.settle('taken')
        break
      }
      case 'memory-full':
        if (item.isReport) item.notBeforeMs = this.clock.nowMs() + this.retryAfterMs
        else this.isFull = true
        break
      case 'unreachable':
        this.isAway = true
        break
      case 'not-acknowledged':
        item.notBeforeMs = this.clock.nowMs() + this.retryAfterMs
        break
    }
  }

  private dropExpired(): void {
    const nowMs = this.clock.nowMs()
    if (nowMs < this.firstEndMs) return
    const expired = this.waiting.filter((item) => item.validUntilMs <= nowMs)
    const left = this.waiting.filter((item) => item.validUntilMs > nowMs)
    this.waiting.length = 0
    this.firstEndMs = Number.POSITIVE_INFINITY
    for (const item of left) {
      this.waiting.push(item)
      this.firstEndMs = Math.min(this.firstEndMs, item.validUntilMs)
    }
    for (const item of expired) item.settle('expired')
  }

  /** Wakes up for the next retry or the next end of validity, whichever comes first. */
  private sleep(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
    if (this.waiting.length === 0) return
    const nowMs = this.clock.nowMs()
    let wakeAtMs = Math.min(nowMs + this.retryAfterMs, this.firstEndMs)
    for (const item of this.waiting) {
      if (item.notBeforeMs > nowMs) wakeAtMs = Math.min(wakeAtMs, item.notBeforeMs)
    }
    this.cancelTimer = this.clock.after(Math.max(1, wakeAtMs - nowMs), () => {
      this.isAway = false
      this.isFull = false
      void this.run()
    })
  }
}
