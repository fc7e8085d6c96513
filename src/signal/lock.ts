/**
 * The one lock of an account. libsignal loads a session, turns the ratchet and saves it without any lock of its own:
 * two encrypts at once would use one message key twice. So every encrypt and decrypt runs inside `run`; network calls
 * must not, or a slow server would stop the receiving side.
 */
import { CausewayError } from '../domain/errors.ts'
import { signalError } from './errors.ts'

const waitersMax = 10_000

export class AccountLock {
  #tail: Promise<unknown> = Promise.resolve()
  #waiters = 0
  #ended = false

  /** Runs `work` when all earlier work has settled. Not re-entrant. Throws CausewayError `signal-busy` when too many wait, `signal-unreachable` after `end`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) throw signalError('signal-unreachable')
    if (this.#waiters >= waitersMax) throw busy(waitersMax)
    this.#waiters += 1
    const turn = this.#tail.then(work, work)
    this.#tail = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiters -= 1
    }
  }

  /** Nothing more runs under it; resolves when what was asked for before has settled. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#tail
  }
}

/** What is thrown where too many wait. */
export function busy(waitingMax: number): CausewayError {
  return new CausewayError({
    code: 'signal-busy',
    message: `More than ${waitingMax} Signal operations are waiting. Try again when some have finished.`,
    retry: 'same-transport',
  })
}
