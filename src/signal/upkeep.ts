/**
 * What an account sees to beside its messages: its chores, after each connection and every six hours, and what it forgets.
 * Little of it begins while letters that had waited at the server are still coming: people wait for those.
 */
import type { Log } from '../log.ts'
import type { Clock } from './clock.ts'
import { shortly } from './errors.ts'
import { Ongoing } from './ongoing.ts'

const everyMs = 6 * 3600_000
/** Letters that take longer than this are waited for no more. */
const lettersTimeoutMs = 10_000

/** Something that fails without harm: it is done again the next time. */
type Chore = readonly [what: string, work: () => Promise<unknown>]

export class Upkeep {
  readonly #clock: Clock
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #isConnected: () => boolean
  readonly #atOnce: readonly Chore[]
  readonly #chores: readonly Chore[]
  readonly #prune: () => Promise<void>
  readonly #ongoing = new Ongoing()
  #letters = new AbortController()

  constructor(parts: {
    clock: Clock
    log: Log
    /** Ends it. */
    signal: AbortSignal
    isConnected: () => boolean
    /** What cannot wait for the letters. */
    atOnce: readonly Chore[]
    /** In their order, each after the one before. */
    chores: readonly Chore[]
    prune: () => Promise<void>
  }) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#signal = parts.signal
    this.#isConnected = parts.isConnected
    this.#atOnce = parts.atOnce
    this.#chores = parts.chores
    this.#prune = parts.prune
  }

  /** A connection is being made, over which the server will send what has waited. */
  connecting(): void {
    this.#letters = new AbortController()
  }

  /** What had waited at the server is acknowledged. */
  drained(): void {
    this.#letters.abort()
  }

  /** Begins no chore more; resolves when the present one has ended. */
  async stop(): Promise<void> {
    await this.#ongoing.end()
  }

  async connected(): Promise<void> {
    await this.#all(this.#atOnce)
    await this.#lettersFirst()
    await this.#all(this.#chores)
  }

  async forEver(): Promise<void> {
    await this.#lettersFirst()
    while (!this.#signal.aborted) {
      await this.quietly('pruning', this.#prune)
      await this.#clock.wait(everyMs, this.#signal).catch(() => undefined)
      if (!this.#signal.aborted && this.#isConnected()) await this.connected()
    }
  }

  /** Never rejects, and does nothing after the end. */
  async quietly(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await this.#ongoing.unlessEnded(work)
    } catch (error) {
      if (!this.#signal.aborted) this.#log.warn({ cause: shortly(error) }, `${what} failed`)
    }
  }

  async #all(chores: readonly Chore[]): Promise<void> {
    for (const [what, work] of chores) if (!this.#signal.aborted) await this.quietly(what, work)
  }

  async #lettersFirst(): Promise<void> {
    const either = AbortSignal.any([this.#letters.signal, this.#signal])
    await this.#clock.wait(lettersTimeoutMs, either).catch(() => undefined)
  }
}
