/** Time and chance as the account takes them from outside, and the real ones. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Clock {
  /** ms since epoch. */
  now(): number
  /** Resolves after `ms`, or rejects with an AbortError as soon as `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** That many octets which nobody can guess. */
export type Random = (octets: number) => Uint8Array

export const systemClock: Clock = {
  now: () => Date.now(),
  wait: async (ms, signal) => {
    await sleep(ms, undefined, { signal, ref: false })
  },
}

export const systemRandom: Random = (octets) => new Uint8Array(randomBytes(octets))

/** A fraction in [0, 1). */
export function fraction(random: Random): number {
  return Buffer.from(random(4)).readUInt32BE() / 2 ** 32
}

/** Sent timestamps of this account's own making: the present time, but never the same twice. */
export class OwnTimestamps {
  readonly #clock: Clock
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): number {
    this.#last = Math.max(this.#clock.now(), this.#last + 1)
    return this.#last
  }
}

/** Allows so many events of one key in a window; remembers a bounded number of keys, the newest. */
export class Throttle {
  readonly #clock: Clock
  readonly #perWindow: number
  readonly #windowMs: number
  readonly #keysMax: number
  readonly #seen = new Map<string, { sinceMs: number; count: number }>()

  constructor(clock: Clock, options: { perWindow: number; windowMs: number; keysMax: number }) {
    this.#clock = clock
    this.#perWindow = options.perWindow
    this.#windowMs = options.windowMs
    this.#keysMax = options.keysMax
  }

  allows(key: string): boolean {
    const now = this.#clock.now()
    const known = this.#seen.get(key)
    const entry = known !== undefined && now - known.sinceMs < this.#windowMs ? known : { sinceMs: now, count: 0 }
    this.#seen.delete(key)
    this.#seen.set(key, entry)
    const oldest = this.#seen.keys().next().value
    if (this.#seen.size > this.#keysMax && oldest !== undefined) this.#seen.delete(oldest)
    entry.count += 1
    return entry.count <= this.#perWindow
  }
}
