/**
 * Transactions of ours, and those that a driver opened and passed through the domain as a `UnitOfWork`. Inside either,
 * every query goes through the transaction that is handed to `work`: there is one connection, so asking the database
 * instead would wait for itself.
 */
import type { UnitOfWork } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'

/** Our own transaction, for a driver that is to write into it. */
export function asUnit(tx: DatabaseTransaction): UnitOfWork {
  return tx as unknown as UnitOfWork
}

/** Runs `work` in the given unit, or in a transaction of its own that is committed when this resolves. */
export function inUnit<T>(
  db: Database,
  unit: UnitOfWork | undefined,
  work: (tx: DatabaseTransaction) => Promise<T>,
): Promise<T> {
  // A UnitOfWork is a DatabaseTransaction under a name that the domain may know.
  if (unit !== undefined) return work(unit as unknown as DatabaseTransaction)
  return db.transaction().execute(work)
}
