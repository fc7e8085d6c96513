/**
 * How many requests a token may make: a quota for each minute, told with every answer in the `RateLimit` fields
 * (draft-ietf-httpapi-ratelimit-headers), so that a program that has run wild does not stop all others. The owner at the
 * Unix socket has none.
 */
import { told } from '../domain/told.ts'
import { LOCAL, type Principal } from './auth.ts'
import { Problem } from './problem.ts'

const WINDOW_MS = 60_000
/** Tokens that are counted at one time; more than any gateway has. */
const COUNTED_MAX = 10_000

export class Rates {
  readonly #quota: number
  readonly #clock: () => number
  readonly #counted = new Map<string, { sinceMs: number; count: number }>()

  constructor(quota: number, clock: () => number) {
    this.#quota = quota
    this.#clock = clock
  }

  /** Counts one request; the fields for its answer. Throws Problem 429 with them and `Retry-After`. */
  take(principal: Principal): Readonly<Record<string, string>> {
    if (principal.id === LOCAL.id) return {}
    const nowMs = this.#clock()
    const counted = this.#of(principal.id, nowMs)
    counted.count += 1
    const left = Math.max(0, this.#quota - counted.count)
    const resetS = Math.max(1, Math.ceil((counted.sinceMs + WINDOW_MS - nowMs) / 1_000))
    const fields = {
      'RateLimit-Policy': `"token";q=${this.#quota};w=${WINDOW_MS / 1_000}`,
      RateLimit: `"token";r=${left};t=${resetS}`,
    }
    if (counted.count <= this.#quota) return fields
    throw new Problem({
      status: 429,
      ...told('too-many-requests', { max: this.#quota }),
      title: 'Too many requests',
      detail: `This token may make ${this.#quota} requests a minute (http.requests_per_minute).`,
      headers: { ...fields, 'Retry-After': String(resetS) },
    })
  }

  #of(id: string, nowMs: number): { sinceMs: number; count: number } {
    const known = this.#counted.get(id)
    // A clock that was set back must not shut anybody out.
    if (known !== undefined && Math.abs(nowMs - known.sinceMs) < WINDOW_MS) return known
    if (this.#counted.size >= COUNTED_MAX) this.#counted.clear()
    const fresh = { sinceMs: nowMs, count: 0 }
    this.#counted.set(id, fresh)
    return fresh
  }
}
