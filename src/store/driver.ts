/**
 * Kysely's driver for SQLite, with commits that share their syncs: a transaction lets go of the one connection as soon as
 * it has committed, and its promise resolves when that commit is on the disk (`wal-sync.ts`). Meanwhile others commit,
 * and wait for the same sync.
 */
import { type DatabaseConnection, type Driver, SqliteDialect, type SqliteDialectConfig, SqliteDriver } from 'kysely'
import type { WalSync } from './wal-sync.ts'

/** What is asked of the database's binding here: has anything been written since it was last asked? */
export interface Written {
  takeWritten(): boolean
}

/** One connection, mutex included, that several `Kysely` may stand on. */
export class SharedDriver {
  readonly inner: SqliteDriver
  readonly written: Written
  readonly sync: WalSync

  constructor(config: SqliteDialectConfig, written: Written, sync: WalSync) {
    this.inner = new SqliteDriver(config)
    this.written = written
    this.sync = sync
  }
}

export class GroupCommitDialect extends SqliteDialect {
  readonly #shared: SharedDriver
  readonly #role: 'owner' | 'guest'
  readonly #waits: boolean

  /**
   * `owner` opens and closes the connection; a `guest` works on that of an owner which has been used already. One that
   * does not wait leaves it to the next sync.
   */
  constructor(config: SqliteDialectConfig, shared: SharedDriver, role: 'owner' | 'guest', waits: boolean) {
    super(config)
    this.#shared = shared
    this.#role = role
    this.#waits = waits
  }

  override createDriver(): Driver {
    return new GroupCommitDriver(this.#shared, this.#role === 'owner', this.#waits)
  }
}

class GroupCommitDriver implements Driver {
  readonly #shared: SharedDriver
  readonly #isOwner: boolean
  readonly #waits: boolean

  constructor(shared: SharedDriver, isOwner: boolean, waits: boolean) {
    this.#shared = shared
    this.#isOwner = isOwner
    this.#waits = waits
  }

  async init(): Promise<void> {
    if (this.#isOwner) await this.#shared.inner.init()
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return await this.#shared.inner.acquireConnection()
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#shared.inner.beginTransaction(connection)
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#shared.inner.commitTransaction(connection)
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#shared.inner.rollbackTransaction(connection)
  }

  async releaseConnection(): Promise<void> {
    const { inner, written, sync } = this.#shared
    const hasWritten = written.takeWritten()
    await inner.releaseConnection()
    if (!hasWritten) return
    if (this.#waits) await sync.synced()
    else sync.soon()
  }

  async destroy(): Promise<void> {
    if (!this.#isOwner) return
    await this.#shared.sync.idle()
    await this.#shared.inner.destroy()
  }
}
