/**
 * What is known of one modem, and who wants to hear when it changes.
 */
import type { ModemStatus } from './contract.ts'

export class StatusBoard {
  #status: ModemStatus
  readonly #listeners = new Set<(status: ModemStatus) => void>()
  readonly #nowMs: () => number

  constructor(status: ModemStatus, nowMs: () => number) {
    this.#status = status
    this.#nowMs = nowMs
  }

  get status(): ModemStatus {
    return this.#status
  }

  /** Writes facts down; tells the listeners if any of them is new. */
  update(facts: Partial<Omit<ModemStatus, 'sinceMs'>>): void {
    const before = this.#status
    const next = { ...before, ...facts }
    if (next.state !== before.state) next.sinceMs = this.#nowMs()
    const keys = Object.keys(next) as (keyof ModemStatus)[]
    if (keys.every((key) => alike(next[key], before[key]))) return
    this.#status = next
    for (const listener of this.#listeners) listener(next)
  }

  listen(listener: (status: ModemStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function alike(a: ModemStatus[keyof ModemStatus], b: ModemStatus[keyof ModemStatus]): boolean {
  return typeof a === 'object' ? JSON.stringify(a) === JSON.stringify(b) : a === b
}
