/**
 * What Signal rations beside messages: once it has said to wait, nothing of the kind is asked before that time, also after
 * a restart.
 */
import type { Database } from '../store/database.ts'
import type { SignalTables } from '../store/tables/signal.ts'
import type { Clock } from './clock.ts'
import { asCauseway, signalError } from './errors.ts'

/** When the service does not say how long. */
const waitDefaultMs = 10 * 60_000

export class Ration {
  readonly #db: Database
  readonly #clock: Pick<Clock, 'now'>
  readonly #kind: SignalTables['signal_rations']['kind']

  constructor(parts: { db: Database; clock: Pick<Clock, 'now'>; kind: SignalTables['signal_rations']['kind'] }) {
    this.#db = parts.db
    this.#clock = parts.clock
    this.#kind = parts.kind
  }

  /** Until when is to be waited (ms since epoch); undefined when it may be asked now. */
  async notBeforeMs(): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('signal_rations')
      .select('not_before_ms')
      .where('kind', '=', this.#kind)
      .executeTakeFirst()
    return row === undefined || row.not_before_ms <= this.#clock.now() ? undefined : row.not_before_ms
  }

  /** Asks, unless it is to be waited. Errors: CausewayError `signal-rate-limited`, and as `ask` in the words of the house. */
  async through<T>(ask: () => Promise<T>): Promise<T> {
    const notBeforeMs = await this.notBeforeMs()
    if (notBeforeMs !== undefined) {
      throw signalError('signal-rate-limited', { retryAfterMs: notBeforeMs - this.#clock.now() })
    }
    try {
      return await ask()
    } catch (error) {
      const mapped = asCauseway(error)
      if (mapped.code === 'signal-rate-limited') await this.#wait(mapped.retryAfterMs ?? waitDefaultMs)
      throw mapped
    }
  }

  async #wait(waitMs: number): Promise<void> {
    await this.#db
      .insertInto('signal_rations')
      .orReplace()
      .values({ kind: this.#kind, not_before_ms: this.#clock.now() + waitMs })
      .execute()
  }
}
