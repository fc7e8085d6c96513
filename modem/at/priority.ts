/**
 * The waiting line in front of the one command that may be in flight: by priority, ageing so that nothing starves, and
 * bounded.
 */

/** Smaller goes first. */
export const Priority = {
  /** +CNMA: the network waits for it. */
  acknowledge: 0,
  call: 1,
  /** Reading and deleting what has come in. */
  inbound: 2,
  send: 3,
  poll: 4,
} as const
export type Priority = (typeof Priority)[keyof typeof Priority]

interface Waiting<T> {
  item: T
  priority: Priority
  sinceMs: number
}

export class PriorityLine<T> {
  readonly #waiting: Waiting<T>[] = []
  readonly #lengthMax: number
  readonly #ageingMs: number

  /** One step of priority is gained for each `ageingMs` of waiting. */
  constructor(lengthMax: number, ageingMs: number) {
    this.#lengthMax = lengthMax
    this.#ageingMs = ageingMs
  }

  get length(): number {
    return this.#waiting.length
  }

  /** False when the line is full: the item was not taken. */
  add(item: T, priority: Priority, nowMs: number): boolean {
    if (this.#waiting.length >= this.#lengthMax) return false
    this.#waiting.push({ item, priority, sinceMs: nowMs })
    return true
  }

  /** Takes the item with the best rank; among equals the one that has waited longest. */
  take(nowMs: number): T | undefined {
    let best = -1
    let bestRank = Number.POSITIVE_INFINITY
    for (const [index, waiting] of this.#waiting.entries()) {
      const rank = waiting.priority - Math.floor((nowMs - waiting.sinceMs) / this.#ageingMs)
      if (rank < bestRank) {
        best = index
        bestRank = rank
      }
    }
    return best < 0 ? undefined : this.#waiting.splice(best, 1)[0]?.item
  }

  /** Takes all items, in the order of their arrival. */
  clear(): T[] {
    return this.#waiting.splice(0).map((waiting) => waiting.item)
  }
}
