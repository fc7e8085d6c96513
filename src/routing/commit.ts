/**
 * How anything in routing is decided: one transaction of its own; once it is committed, the agenda makes jobs and listeners
 * hear. A rejection has changed nothing. Fulfilled by engine.ts.
 */
import type { DatabaseTransaction } from '../store/database.ts'

export type Commit = <T>(work: (tx: DatabaseTransaction) => Promise<T>) => Promise<T>
