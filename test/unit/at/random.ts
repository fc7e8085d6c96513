/** A small seeded generator (mulberry32), so that a failing property names the seed that shows it. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below) | 0
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** Cuts octets into chunks of 1 to `longest` octets. */
  cut(octets: Uint8Array, longest: number): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < octets.length; ) {
      const length = 1 + this.below(longest)
      chunks.push(octets.subarray(at, at + length))
      at += length
    }
    return chunks
  }
}
