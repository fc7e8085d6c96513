/**
 * Kysely's driver for SQLite, with commits that share their syncs: a transaction lets go of the one connection as soon as
 * it has committed, and its promise resolves when that commit is on the disk (`wal-sync.ts`). Meanwhile others commit,
 * and wait for the same sync.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryExecutor,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely'
import type { WalSync } from './wal-sync.ts'

/** What is asked of the database's binding here beyond what Kysely asks. */
export interface Binding {
  /** Has anything been written since this was last asked? */
  takeWritten(): boolean
  /** Runs one statement, at once. The rows of a statement that returns some. */
  rows(sql: string, parameters: readonly unknown[]): unknown[]
  /** Counts what is written to a table; what was read of it before the number changed may be another thing now. */
  writesTo(table: string): number
}

/** Rows that a transaction has read, by statement and values, as long as nothing is written to their table. */
type Remembered = Map<string, { rows: unknown[]; writes: number }>

/** One connection, mutex included, that several `Kysely` may stand on. */
export class SharedDriver {
  readonly inner: SqliteDriver
  readonly binding: Binding
  readonly sync: WalSync
  /** Of the transaction that is open; undefined between two. */
  open: Remembered | undefined

  constructor(config: SqliteDialectConfig, binding: Binding, sync: WalSync) {
    this.inner = new SqliteDriver(config)
    this.binding = binding
    this.sync = sync
  }
}

/** By what the executors of a database and of its transactions have in common. */
const drivers = new WeakMap<DialectAdapter, SharedDriver>()
/** To which transaction an executor belongs. */
const belongs = new WeakMap<QueryExecutor, object>()

/**
 * Runs a statement of an open transaction: on its connection, without Kysely's way there, a dozen promises that cost several
 * times what SQLite takes. The first one of a transaction goes through Kysely, which by that vouches that it is still open.
 */
export async function runWithin<Row>(
  transaction: Pick<Kysely<unknown>, 'getExecutor' | 'executeQuery'>,
  query: CompiledQuery<Row>,
): Promise<Row[]> {
  const executor = transaction.getExecutor()
  const driver = drivers.get(executor.adapter)
  const open = driver?.open
  if (driver !== undefined && open !== undefined && belongs.get(executor) === open) {
    return driver.binding.rows(query.sql, query.parameters) as Row[]
  }
  const { rows } = await transaction.executeQuery<Row>(query)
  if (open !== undefined) belongs.set(executor, open)
  return rows
}

/** A transaction forgets beyond this many; a batch of messages asks for a few of each sender. */
const REMEMBERED_MAX = 1_000

/**
 * As `runWithin`, for a query of one table that is asked again and again in one transaction: not run again as long as
 * nothing has been written to that table. The rows are everybody's: nobody may change them.
 */
export async function runOnceWithin<Row>(
  transaction: Pick<Kysely<unknown>, 'getExecutor' | 'executeQuery'>,
  query: CompiledQuery<Row>,
  table: string,
): Promise<Row[]> {
  const executor = transaction.getExecutor()
  const driver = drivers.get(executor.adapter)
  const open = driver?.open
  if (driver === undefined || open === undefined || belongs.get(executor) !== open) {
    return await runWithin(transaction, query)
  }
  const key = `${query.sql}\n${JSON.stringify(query.parameters)}`
  const writes = driver.binding.writesTo(table)
  const known = open.get(key)
  if (known?.writes === writes) return known.rows as Row[]
  const rows = driver.binding.rows(query.sql, query.parameters)
  if (known !== undefined || open.size < REMEMBERED_MAX) open.set(key, { rows, writes })
  return rows as Row[]
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

  override createAdapter(): DialectAdapter {
    const adapter = new TransactionalAdapter()
    drivers.set(adapter, this.#shared)
    return adapter
  }

  override createDriver(): Driver {
    return new GroupCommitDriver(this.#shared, this.#role === 'owner', this.#waits)
  }
}

/** SQLite changes tables within transactions, which Kysely makes no use of: a migration that fails would leave its first half. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
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
    this.#shared.open = new Map()
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#shared.open = undefined
    await this.#shared.inner.commitTransaction(connection)
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    this.#shared.open = undefined
    await this.#shared.inner.rollbackTransaction(connection)
  }

  async releaseConnection(): Promise<void> {
    const { inner, binding, sync } = this.#shared
    const hasWritten = binding.takeWritten()
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
