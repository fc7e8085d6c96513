/**
 * Brings commits to the disk, many at once. SQLite's own `synchronous=FULL` syncs inside each commit, on the thread that
 * everything else waits for, and with `fsync`, which on ext4 writes the journal of the file system too (measured: 4 ms in
 * the mean, 18 ms at the 95th percentile, where `fdatasync` of the same write-ahead log takes 0.3 ms). So the database
 * runs with `synchronous=NORMAL`, whose commits only append to the log, and whoever commits waits here for a sync that
 * began after it. The log is read as far as its checksums go: what a later sync has not covered yet is as if it had never
 * been, and nothing behind it is kept either.
 */
import { CausewayError } from '../domain/errors.ts'

/** What nobody waits for is left to the syncs of those who do, for so long. */
const LAZY_MS = 25

export class WalSync {
  readonly #sync: () => Promise<void>
  readonly #broken: (error: CausewayError) => void
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #failure: CausewayError | undefined
  #lazy: NodeJS.Timeout | undefined

  /**
   * `sync` resolves when all that was written before it was called is on the disk. `broken` is told once when that failed:
   * the system may have dropped what it could not write, so that no later sync proves anything, and the process must end.
   */
  constructor(sync: () => Promise<void>, broken: (error: CausewayError) => void) {
    this.#sync = sync
    this.#broken = broken
  }

  /** Resolves when all that was committed before this call is on the disk. Throws CausewayError `db-sync`, for good. */
  synced(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#running === undefined) return this.#begin()
    // The one that runs may have begun before this commit: the next one is for all that come meanwhile.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  /** Sees to it that what was committed before this call comes to the disk soon, by whatever sync comes next. */
  soon(): void {
    this.#lazy ??= setTimeout(() => {
      this.#lazy = undefined
      // Its failure ends the process by another way, and meets the next one that waits.
      this.synced().catch(() => {})
    }, LAZY_MS)
  }

  /** Resolves when everything is on the disk, and no sync is under way. */
  async idle(): Promise<void> {
    if (this.#lazy !== undefined) await this.synced().catch(() => {})
    await Promise.allSettled([this.#running, this.#next])
  }

  #begin(): Promise<void> {
    clearTimeout(this.#lazy)
    this.#lazy = undefined
    const round = this.#sync()
      .catch((cause: unknown) => {
        this.#failure ??= new CausewayError({
          code: 'db-sync',
          message: 'The disk has not taken what was written to the database. See to the disk, then start again.',
          retry: 'after-human',
          cause,
        })
        this.#broken(this.#failure)
        throw this.#failure
      })
      .finally(() => {
        this.#running = undefined
      })
    this.#running = round
    return round
  }
}
