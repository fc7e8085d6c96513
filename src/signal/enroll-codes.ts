/**
 * Verification codes that arrive by themselves, at a modem of ours: tried one after the other, patiently while the network
 * is away, until one is right or nobody waits any more.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Clock } from './clock.ts'
import type { EnrollmentCodes } from './contract.ts'
import { shortly } from './errors.ts'

const triesMax = 10
const retryWaitMs = 3_000

export class CodeWatch {
  readonly #codes: EnrollmentCodes
  readonly #clock: Clock
  readonly #log: Log
  /** True when the service took the code. Throws CausewayError `signal-unreachable` when that is not known. */
  readonly #try: (code: string) => Promise<boolean>
  #waiting: AbortController | undefined

  constructor(parts: { codes: EnrollmentCodes; clock: Clock; log: Log; try: (code: string) => Promise<boolean> }) {
    this.#codes = parts.codes
    this.#clock = parts.clock
    this.#log = parts.log
    this.#try = parts.try
  }

  /** Waits for codes that arrive after `sinceMs`. Resolves when one was right, or with `end`. Throws what trying threw. */
  async begin(sinceMs: number): Promise<void> {
    this.end()
    const waiting = new AbortController()
    this.#waiting = waiting
    let after = sinceMs
    while (!waiting.signal.aborted) {
      const code = await this.#codes.next(after, waiting.signal).catch((error) => {
        if (!waiting.signal.aborted) this.#log.warn({ cause: shortly(error) }, 'no code will come from the modem')
        return undefined
      })
      if (code === undefined || waiting.signal.aborted) return
      after = this.#clock.now()
      if (await this.#patiently(code, waiting.signal)) return
      this.#log.warn({}, 'Signal did not take the code that arrived; waiting for another one')
    }
  }

  /** Waits no more. */
  end(): void {
    this.#waiting?.abort()
  }

  async #patiently(code: string, signal: AbortSignal): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#try(code)
      } catch (error) {
        if (tries >= triesMax || !CausewayError.is(error, 'signal-unreachable')) throw error
        await this.#clock.wait(retryWaitMs * tries, signal)
      }
    }
  }
}
