/**
 * The captcha that Signal asks for when it suspects spam (HTTP 428): which token it goes by, whom it holds up, how long.
 * Recipients who were not refused are still tried: the service often challenges new conversations only.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Clock } from './clock.ts'
import { signalError } from './errors.ts'
import { type Fetcher, request } from './rest.ts'

const peersMax = 1_000

export interface Challenge {
  token: string
  retryAtMs: number | undefined
}

export class ChallengeDesk {
  readonly #clock: Clock
  readonly #log: Log
  readonly #heldUp = new Set<string>()
  #present: Challenge | undefined

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  get present(): Challenge | undefined {
    return this.#present
  }

  /** Throws CausewayError `signal-challenge` for a recipient who is held up, without asking the server again. */
  admit(serviceId: string): void {
    const challenge = this.#present
    if (challenge === undefined || !this.#heldUp.has(serviceId)) return
    const now = this.#clock.now()
    if (challenge.retryAtMs !== undefined && now >= challenge.retryAtMs) return
    throw signalError('signal-challenge', {
      retryAfterMs: challenge.retryAtMs === undefined ? undefined : challenge.retryAtMs - now,
    })
  }

  /** Takes note of a refusal. True when the challenge is a new one. */
  note(serviceId: string, error: CausewayError): boolean {
    if (this.#heldUp.size < peersMax) this.#heldUp.add(serviceId)
    const token = (error.cause as { token?: unknown } | undefined)?.token
    if (typeof token !== 'string') return false
    const { retryAfterMs } = error
    const retryAtMs = retryAfterMs === undefined ? undefined : this.#clock.now() + retryAfterMs
    this.#present = { token, retryAtMs }
    this.#log.warn({ retryAtMs }, 'Signal asks for a captcha before more may be sent')
    return true
  }

  /** A send to this recipient went through. True when that ended the challenge. */
  lifted(serviceId: string): boolean {
    if (!this.#heldUp.delete(serviceId) || this.#heldUp.size > 0) return false
    this.#present = undefined
    return true
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
    this.#present = undefined
    this.#heldUp.clear()
  }
}
