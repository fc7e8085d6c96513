/**
 * The one error type of the product, and the four things a caller can do about it.
 *
 * Drivers throw it where the fact is known; the router decides by `retry`; the HTTP edge translates `code`.
 */

import type { ToldValues } from './told.ts'

/** What the router may do next with the message that met this error. */
export type RetryClass = 'same-transport' | 'other-transport' | 'after-human' | 'never'

/** How often, when and where it makes sense to repeat what met an error. */
export interface Repetition {
  /** Before the first, second … repetition over the same lane; the last one holds for all others. */
  waitsMs: readonly number[]
  /** So many repetitions over this transport, then the error counts as `other-transport`; left out: any number. */
  timesMax?: number
  /** Another lane of the transport may take it at once. With `other-transport` nothing but that is a reason to repeat. */
  otherLane: boolean
}

export interface CausewayErrorOptions {
  /** Stable, kebab-case, documented: `not-on-signal`, `modem-unavailable`, `cms-38` … */
  code: string
  /** What was wrong and what to do, in words for the owner. Never contains message text or keys. */
  message: string
  /** What the other side said, as it said it: for the ledger of attempts, beside the sentence. */
  detail?: string
  /** What is in the message, by name (`told.ts`). */
  values?: ToldValues
  retry: RetryClass
  /** Wait at least this long before trying again (the service or modem said so). */
  retryAfterMs?: number
  repetition?: Repetition
  cause?: unknown
}

export class CausewayError extends Error {
  readonly code: string
  readonly detail: string | undefined
  readonly values: ToldValues | undefined
  readonly retry: RetryClass
  readonly retryAfterMs: number | undefined
  readonly repetition: Repetition | undefined

  constructor(options: CausewayErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CausewayError'
    this.code = options.code
    this.detail = options.detail
    this.values = options.values
    this.retry = options.retry
    this.retryAfterMs = options.retryAfterMs
    this.repetition = options.repetition
  }

  /** True when `error` is a CausewayError, and of that code where one is given. */
  static is(error: unknown, code?: string): error is CausewayError {
    return error instanceof CausewayError && (code === undefined || error.code === code)
  }
}
