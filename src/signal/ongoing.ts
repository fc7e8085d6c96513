/**
 * Work that is under way, of something that will end: nothing is begun after the end, and the end waits for what was begun. Knows
 * neither time nor what the work is; ending it quickly is for whoever has the connection or the signal that it waits for.
 */
import { signalError } from './errors.ts'

export class Ongoing {
  readonly #running = new Set<Promise<unknown>>()
  #ended = false

  /** Does it, unless the end has come: then undefined. Rejects as `work` does. */
  async unlessEnded<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#ended ? undefined : await this.#track(work)
  }

  /** Does it. Rejects as `work` does, and after the end with CausewayError `signal-unreachable`. */
  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) throw signalError('signal-unreachable')
    return await this.#track(work)
  }

  /** Nothing more is begun; resolves when nothing is under way any more. */
  async end(): Promise<void> {
    this.#ended = true
    while (this.#running.size > 0) await Promise.allSettled([...this.#running])
  }

  async #track<T>(work: () => Promise<T>): Promise<T> {
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }
}

/** What `promise` comes to, or undefined after so many ms. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
