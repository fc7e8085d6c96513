/**
 * The backups of a running gateway: makes one at a time, when somebody asks and by the schedule, keeps the newest so many,
 * and writes down how each went. Without a recovery key there is none: nobody could open it.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import type { Log } from '../log.ts'
import {
  acknowledgeRestoration,
  closeInterrupted,
  closeRun,
  lastGoodRun,
  lastRuns,
  openRestoration,
  openRun,
  readLock,
  writeLock,
} from '../store/backups.ts'
import type { Database } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import type { BackupRunRow } from '../store/tables/backup.ts'
import { createBackup, type Progress } from './create.ts'
import { lockOf } from './envelope.ts'
import { isBackupName, listBackups, pruneBackups, sweepPartials } from './folder.ts'
import { grouped, newRecoveryKey } from './recovery-key.ts'

/** Of the last runs, to those who ask. */
const RUNS_SHOWN = 20
/** How often the schedule is looked at. */
const LOOK_EVERY_MS = 60_000
/** After a failed one the schedule tries again so much later. */
const AGAIN_AFTER_MS = 3_600_000

export interface BackupDeskOptions {
  db: Database
  events: EventLog
  databaseKey: Uint8Array
  dataDir: string
  configFile: string | undefined
  settings: BackupSettings
  /** Of the Signal account, where there is one. */
  account: () => string | undefined
  version: string
  ids: IdSource
  clock: () => number
  randomOctets: (count: number) => Uint8Array
  log: Log
}

export interface BackupSettings {
  directory: string
  /** Between two by the schedule; 0: only when somebody asks. */
  everyMs: number
  /** The newest so many stay. */
  keep: number
}

export class BackupDesk {
  readonly #options: BackupDeskOptions
  readonly #stopping = new AbortController()
  /** Claimed before anything is awaited: of two who ask at once one is told that it runs. */
  #isBusy = false
  #running: { id: string; progress: Progress } | undefined
  #done: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(options: BackupDeskOptions) {
    this.#options = options
  }

  get settings(): BackupSettings {
    return this.#options.settings
  }

  /** Clears up after a crash, and follows the schedule from now on. */
  async start(): Promise<void> {
    const { db, clock, settings } = this.#options
    await closeInterrupted(db, clock())
    await rm(this.#workDirectory, { recursive: true, force: true }).catch((error: unknown) => this.#warn(error))
    await sweepPartials(settings.directory).catch((error: unknown) => this.#warn(error))
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /** Gives up the one that is being made. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    await this.#done
  }

  get #workDirectory(): string {
    return join(this.#options.dataDir, 'backup-work')
  }

  /** Where things stand. `runs`: the last ones, the newest first. */
  async status() {
    const { db } = this.#options
    const [lock, runs, good, restored] = [
      await readLock(db),
      await lastRuns(db, RUNS_SHOWN),
      await lastGoodRun(db),
      await openRestoration(db),
    ]
    const nextAtMs = lock === undefined ? undefined : this.#dueAtMs(lock.madeAtMs, runs[0], good)
    return {
      keyMadeAtMs: lock?.madeAtMs,
      running: this.#running && { id: this.#running.id, ...this.#running.progress },
      runs,
      good,
      nextAtMs,
      restored,
    }
  }

  /** Those in the folder, the newest first. */
  list() {
    return listBackups(this.#options.settings.directory)
  }

  /** The path of one of them. Throws CausewayError `unknown-backup`. */
  async demand(name: string): Promise<{ path: string; bytes: number }> {
    const found = isBackupName(name) ? (await this.list()).find((backup) => backup.name === name) : undefined
    if (found === undefined) {
      throw new CausewayError({ code: 'unknown-backup', message: 'There is no such backup.', retry: 'never' })
    }
    return { path: join(this.#options.settings.directory, found.name), bytes: found.bytes }
  }

  /** A new recovery key, in groups of digits, which is kept nowhere. Later backups open with this one only. Throws `backup-key-exists`. */
  async makeKey({ replace }: { replace: boolean }): Promise<string> {
    const { db, randomOctets, clock } = this.#options
    if (!replace && (await readLock(db)) !== undefined) {
      throw new CausewayError({
        code: 'backup-key-exists',
        message:
          'There is a recovery key already. Another one opens later backups only, and the one before is still needed for those that are there; say that it is to be replaced.',
        retry: 'after-human',
      })
    }
    const key = newRecoveryKey(randomOctets)
    await writeLock(db, { ...(await lockOf(key, randomOctets)), madeAtMs: clock() })
    return grouped(key)
  }

  /** Begins one; it goes on by itself. Throws CausewayError `backup-no-key`, `backup-running`. */
  async begin(cause: BackupRunRow['cause']): Promise<BackupRunRow> {
    const { db, ids, clock } = this.#options
    const lock = await readLock(db)
    if (lock === undefined) {
      throw new CausewayError({
        code: 'backup-no-key',
        message:
          'There is no recovery key yet, without which nobody could open a backup. Make one: causeway backup key, or in the inbox under Settings, Backup.',
        retry: 'after-human',
      })
    }
    if (this.#isBusy || this.#stopping.signal.aborted) {
      throw new CausewayError({
        code: 'backup-running',
        message: 'A backup is being made already. Wait until it is there.',
        retry: 'after-human',
      })
    }
    this.#isBusy = true
    const run = await openRun(db, ids, cause, clock()).catch((error: unknown) => {
      this.#isBusy = false
      throw error
    })
    this.#running = { id: run.id, progress: { doneBytes: 0, totalBytes: undefined } }
    this.#done = this.#make(run, lock)
      .catch((error: unknown) => this.#warn(error))
      .finally(() => {
        this.#isBusy = false
        this.#running = undefined
      })
    return run
  }

  /** The warning that this gateway came out of a backup has been read. */
  async acknowledge(): Promise<void> {
    const { db, clock } = this.#options
    await db.transaction().execute((tx) => acknowledgeRestoration(tx, clock()))
  }

  async #make(run: BackupRunRow, lock: { publicKey: Uint8Array; salt: Uint8Array }): Promise<void> {
    const { clock, dataDir, databaseKey, configFile, settings, version, account, log } = this.#options
    const source = {
      databasePath: join(dataDir, 'causeway.db'),
      databaseKey,
      filesDirectory: join(dataDir, 'files'),
      workDirectory: this.#workDirectory,
      configFile,
      manifest: { takenAtMs: clock(), version, account: account() ?? null },
    }
    try {
      const made = await createBackup(source, lock, settings.directory, this.#stopping.signal, (progress) => {
        if (this.#running !== undefined) this.#running.progress = progress
      })
      await this.#close(run, { file: made.name, bytes: made.bytes })
      log.info({ file: made.name, bytes: made.bytes }, 'a backup was made')
      const removed = await pruneBackups(settings.directory, settings.keep)
      if (removed.length > 0) log.info({ count: removed.length }, 'old backups were removed')
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      log.warn({ err: error, id: run.id }, 'no backup was made')
      const code = CausewayError.is(error) ? error.code : 'backup-failed'
      const reason = error instanceof Error ? error.message : String(error)
      await this.#close(run, { code, reason })
    }
  }

  async #close(run: BackupRunRow, end: Parameters<typeof closeRun>[2]): Promise<void> {
    const { db, events, clock } = this.#options
    await db.transaction().execute(async (tx) => {
      const closed = await closeRun(tx, run.id, end, clock())
      const { id, cause, bytes, code } = closed
      const data = { id, cause, result: code === null ? 'made' : 'failed', bytes, code }
      await events.append(tx, { type: 'system.backup', data })
    })
    events.poke()
  }

  async #look(): Promise<void> {
    try {
      if (this.#isBusy) return
      const { nextAtMs } = await this.status()
      if (nextAtMs !== undefined && nextAtMs <= this.#options.clock()) await this.begin('schedule')
    } catch (error) {
      this.#warn(error)
    }
  }

  /** The first one is due as soon as there is a key. */
  #dueAtMs(keyMadeAtMs: number, last: BackupRunRow | undefined, good: BackupRunRow | undefined): number | undefined {
    const { everyMs } = this.#options.settings
    if (everyMs === 0) return undefined
    const regularMs = good === undefined ? keyMadeAtMs : good.began_at_ms + everyMs
    const hasFailed = last !== undefined && last.code !== null
    return hasFailed ? Math.max(regularMs, last.began_at_ms + AGAIN_AFTER_MS) : regularMs
  }

  #warn(error: unknown): void {
    this.#options.log.warn({ err: error }, 'the backups could not be looked after')
  }
}
