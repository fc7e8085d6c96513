/**
 * What the modem side needs from the process around it: a clock and a log, as the smallest interfaces that serve.
 *
 * Everything under `modem/` takes these as constructor arguments, so that tests can turn time by hand and the product
 * can hand in its own logger.
 */

/** Time in ms since the epoch, and one-shot timers. */
export interface Clock {
  nowMs(): number
  /** Calls `action` once after `delayMs`; the returned function cancels it and may be called at any time. */
  after(delayMs: number, action: () => void): () => void
}

/** Numbers and texts appear at debug level only. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve()
      return
    }
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(delayMs, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** What a bounded wait ended with. */
export type Bounded<T> = { late: false; value: T } | { late: true }

/** Waits for `promise` at most `limitMs`. A late rejection is swallowed; an early one is passed on. */
export function within<T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<Bounded<T>> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => resolve({ late: true }))
    promise.then(
      (value) => {
        cancel()
        resolve({ late: false, value })
      },
      (error) => {
        cancel()
        reject(error)
      },
    )
  })
}
