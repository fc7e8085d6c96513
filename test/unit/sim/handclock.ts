/** A clock that stands still until it is told. */
import type { SimClock } from '../../../modem/sim/clock.ts'

export class HandClock implements SimClock {
  private ms = Date.parse('2026-03-01T12:00:00Z')
  private timers: { atMs: number; run: () => void }[] = []

  nowMs(): number {
    return this.ms
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.ms + delayMs, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  /** Turns the hands, timer by timer, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.ms + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.ms = Math.max(this.ms, next.atMs)
      next.run()
    }
    this.ms = endMs
  }
}
