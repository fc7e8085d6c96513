/**
 * The captcha that Signal asks for when it suspects spam (HTTP 428): which token it goes by, whom it holds up, how long.
 * Recipients (and groups) that were not refused are still tried: the service often challenges new conversations only. It
 * ends with a solution, with a message that goes through all the same, or when the time is over that the service named.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Clock } from './clock.ts'
import { asCauseway, signalError } from './errors.ts'
import { type Fetcher, request } from './rest.ts'

/** Recipients that are remembered; whoever comes beyond is refused by the server itself. */
const heldUpMax = 1_000

export interface Challenge {
  token: string
  retryAtMs: number | undefined
}

export class ChallengeDesk {
  readonly #clock: Clock
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #changed: () => void
  readonly #heldUp = new Set<string>()
  #present: Challenge | undefined

  constructor(parts: {
    clock: Clock
    log: Log
    /** Aborts when the account stops. */
    signal: AbortSignal
    /** There is a challenge, or there is none any more. */
    changed: () => void
  }) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#signal = parts.signal
    this.#changed = parts.changed
  }

  get present(): Challenge | undefined {
    return this.#present
  }

  /**
   * Sends to this recipient (a service id, or a group’s id) unless they are held up, and takes note of a challenge that
   * comes of it. Errors: those of `send`; CausewayError `signal-challenge`, without asking the server again.
   */
  async through<T>(recipient: string, send: () => Promise<T>): Promise<T> {
    this.#admit(recipient)
    try {
      const result = await send()
      this.#lift(recipient)
      return result
    } catch (error) {
      const cause = asCauseway(error)
      if (cause.code === 'signal-challenge') this.#note(recipient, cause)
      throw cause
    }
  }

  #admit(recipient: string): void {
    const challenge = this.#present
    if (challenge === undefined || !this.#heldUp.has(recipient)) return
    const now = this.#clock.now()
    if (challenge.retryAtMs !== undefined && now >= challenge.retryAtMs) return
    throw signalError('signal-challenge', {
      retryAfterMs: challenge.retryAtMs === undefined ? undefined : challenge.retryAtMs - now,
    })
  }

  #note(recipient: string, error: CausewayError): void {
    if (this.#heldUp.size < heldUpMax) this.#heldUp.add(recipient)
    const token = (error.cause as { token?: unknown } | undefined)?.token
    if (typeof token !== 'string') return
    const { retryAfterMs } = error
    const retryAtMs = retryAfterMs === undefined ? undefined : this.#clock.now() + retryAfterMs
    const challenge = { token, retryAtMs }
    this.#present = challenge
    this.#log.warn({ retryAtMs }, 'Signal asks for a captcha before more may be sent')
    this.#changed()
    if (retryAfterMs !== undefined) void this.#endAfter(retryAfterMs, challenge)
  }

  /** Nobody solved it: from then on the service may be tried again. */
  async #endAfter(waitMs: number, challenge: Challenge): Promise<void> {
    try {
      await this.#clock.wait(waitMs, this.#signal)
    } catch {
      return
    }
    if (this.#present === challenge) this.#end()
  }

  /** A message to this recipient went through. */
  #lift(recipient: string): void {
    if (this.#heldUp.delete(recipient) && this.#heldUp.size === 0) this.#end()
  }

  #end(): void {
    this.#present = undefined
    this.#heldUp.clear()
    this.#changed()
  }

  /** Hands over a captcha token. Throws CausewayError `signal-captcha-refused`, `signal-rate-limited`, `signal-unreachable`. */
  async solve(connection: Fetcher, captcha: string): Promise<void> {
    const challenge = this.#present
    if (challenge === undefined) return
    const body = { type: 'captcha', token: challenge.token, captcha }
    const answer = await request(connection, 'PUT', '/v1/challenge', body)
    if (answer.status === 429) throw signalError('signal-rate-limited', { retryAfterMs: answer.retryAfterMs })
    if (answer.status < 200 || answer.status > 299) {
      throw new CausewayError({
        code: 'signal-captcha-refused',
        message: 'Signal did not take the captcha. Solve a fresh one on the challenge page and hand it over at once.',
        retry: 'after-human',
      })
    }
    this.#end()
  }
}
