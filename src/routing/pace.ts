/**
 * `texts_per_minute` of a modem: after each text the lane rests for as long as its parts are worth, so that they leave
 * evenly. Used inside the job, of which a lane runs one at a time: whoever waits here holds up nobody but this lane.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const MINUTE_MS = 60_000

export class Pace {
  readonly #clock: () => number
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<unknown>
  readonly #stop = new AbortController()
  readonly #restsUntilMs = new Map<string, number>()

  /** `wait` resolves after that time, or rejects when the signal says stop. */
  constructor(
    clock: () => number,
    wait = (ms: number, signal: AbortSignal): Promise<unknown> => sleep(ms, undefined, { signal }),
  ) {
    this.#clock = clock
    this.#wait = wait
  }

  /** Resolves true when this lane may send again, false when the gateway stops before that. */
  async turn(lane: string): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      const restMs = (this.#restsUntilMs.get(lane) ?? 0) - this.#clock()
      if (restMs <= 0) return true
      await this.#wait(Math.min(MINUTE_MS, restMs), this.#stop.signal).catch(() => undefined)
    }
    return false
  }

  /** So many parts have just left. */
  sent(lane: string, parts: number, perMinute: number): void {
    this.#restsUntilMs.set(lane, this.#clock() + (parts * MINUTE_MS) / perMinute)
  }

  stop(): void {
    this.#stop.abort()
  }
}
