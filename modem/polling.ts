/**
 * Looks at a running modem at intervals: whether its settings still hold, its networks, how well it hears, and what lies
 * in its memories. Works on one link at a time, and only on a set-up that has not been called off.
 */
import type { ModemStatus, Registration } from './contract.ts'
import type { LifeEvent } from './lifecycle.ts'
import type { Link } from './link.ts'
import { inWords } from './refusal.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import type { ModemTimings } from './timings.ts'

export interface PollingHost {
  modemId(): string
  readonly clock: Clock
  readonly log: Log
  readonly timings: ModemTimings
  dispatch(event: LifeEvent): void
  registration(registration: Registration): void
  learn(facts: Partial<ModemStatus>): void
  /** Must have ended before the modem has stopped. */
  track(work: Promise<void>): void
}

export class Polling {
  readonly #host: PollingHost
  #cancel: () => void = () => {}

  constructor(host: PollingHost) {
    this.#host = host
  }

  /** The next look, in place of the one that was planned. */
  after(link: Link, delayMs: number): void {
    this.cancel()
    this.#cancel = this.#host.clock.after(delayMs, () => this.#host.track(this.#poll(link)))
  }

  cancel(): void {
    this.#cancel()
  }

  async #poll(link: Link): Promise<void> {
    const { health, reception, setUp } = link
    const { dispatch, registration, learn, log, timings } = this.#host
    if (health === undefined || reception === undefined || setUp.signal.aborted) return
    try {
      const lost = await health.lostSettings()
      if (setUp.signal.aborted) return
      if (lost !== undefined) {
        dispatch({ kind: 'unsettled', reason: lost })
        return
      }
      registration(await health.registration())
      const facts = await health.facts()
      learn(facts)
      await reception.sweep()
      if (!setUp.signal.aborted) dispatch({ kind: 'polled', signal: facts.signalDbm !== undefined })
    } catch (error) {
      log.debug({ modemId: this.#host.modemId(), reason: inWords(error) }, 'polling stopped half-way')
      if (!setUp.signal.aborted) dispatch({ kind: 'poll-failed', reason: inWords(error) })
    }
    if (!setUp.signal.aborted) this.after(link, timings.pollEveryMs)
  }
}
