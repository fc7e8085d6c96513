/** Tables of backups, as types; migrations/0032_backups.ts has them as SQL. All times are ms since the epoch. */
import type { Generated, Selectable } from 'kysely'

/** What is kept of the recovery key: enough to make backups, not to open one. One row at most (`id` is 1). */
interface BackupLockTable {
  id: number
  /** X25519. */
  public_key: Uint8Array
  salt: Uint8Array
  made_at_ms: number
}

interface BackupRunsTable {
  id: string
  cause: 'person' | 'schedule'
  began_at_ms: number
  ended_at_ms: number | null
  /** Its name in the folder, once it is there. */
  file: string | null
  bytes: number | null
  /** Why there is none. */
  code: string | null
  reason: string | null
}

/** This database came out of a backup. */
interface RestorationsTable {
  id: Generated<number>
  at_ms: number
  taken_at_ms: number
  /** Messages that wait for a person because of it. */
  held: number
  /** Somebody has read the warning. */
  acknowledged_at_ms: number | null
}

export interface BackupTables {
  backup_lock: BackupLockTable
  backup_runs: BackupRunsTable
  restorations: RestorationsTable
}

export type BackupRunRow = Selectable<BackupRunsTable>
export type RestorationRow = Selectable<RestorationsTable>
