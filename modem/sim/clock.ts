/**
 * Time for the simulator: what it is and how to wait for it. Handed in, so that tests can turn the hands themselves.
 */

export interface SimClock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Runs `run` after `delayMs` (0: as soon as the current work is done). Returns the function that calls it off. */
  after(delayMs: number, run: () => void): () => void
}

/** The machine's own clock. Its timers keep no process alive. */
export const systemClock: SimClock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    if (delayMs <= 0) {
      const immediate = setImmediate(run)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A promise for `clock.after`. */
export function pause(clock: SimClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve))
}
