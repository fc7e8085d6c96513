/** What is known of backups: the lock of the recovery key, the last runs, and the warning of a restored database. */
import type { IdSource } from '../domain/ids.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { BackupRunRow, RestorationRow } from './tables/backup.ts'

/** Older ones are forgotten. */
const RUNS_KEPT = 200

export interface KeptLock {
  publicKey: Uint8Array
  salt: Uint8Array
  madeAtMs: number
}

/** What backups are locked with; undefined: there is no recovery key yet. */
export async function readLock(db: Database): Promise<KeptLock | undefined> {
  const row = await db.selectFrom('backup_lock').selectAll().executeTakeFirst()
  return row && { publicKey: row.public_key, salt: row.salt, madeAtMs: row.made_at_ms }
}

/** In the place of the one before, whose backups go on opening with its own recovery key. */
export async function writeLock(db: Database, { publicKey, salt, madeAtMs }: KeptLock): Promise<void> {
  await db.replaceInto('backup_lock').values({ id: 1, public_key: publicKey, salt, made_at_ms: madeAtMs }).execute()
}

/** One begins. */
export async function openRun(
  db: Database,
  ids: IdSource,
  cause: BackupRunRow['cause'],
  nowMs: number,
): Promise<BackupRunRow> {
  return await db.transaction().execute(async (tx) => {
    const row = await tx
      .insertInto('backup_runs')
      .values({ id: ids('bkp'), cause, began_at_ms: nowMs })
      .returningAll()
      .executeTakeFirstOrThrow()
    const kept = tx.selectFrom('backup_runs').select('id').orderBy('id', 'desc').limit(RUNS_KEPT)
    await tx.deleteFrom('backup_runs').where('id', 'not in', kept).execute()
    return row
  })
}

/** How it ended: with a file, or with a reason. */
export async function closeRun(
  tx: DatabaseTransaction,
  id: string,
  end: { file: string; bytes: number } | { code: string; reason: string },
  nowMs: number,
): Promise<BackupRunRow> {
  return await tx
    .updateTable('backup_runs')
    .set({ ...end, ended_at_ms: nowMs })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Those that a stop or a crash has ended. */
export async function closeInterrupted(db: Database, nowMs: number): Promise<void> {
  const reason = 'the gateway was stopped while it was made'
  await db
    .updateTable('backup_runs')
    .set({ ended_at_ms: nowMs, code: 'backup-interrupted', reason })
    .where('ended_at_ms', 'is', null)
    .execute()
}

/** The last ones, the newest first. */
export async function lastRuns(db: Database, limit: number): Promise<BackupRunRow[]> {
  return await db.selectFrom('backup_runs').selectAll().orderBy('id', 'desc').limit(limit).execute()
}

/** The last one that there is a file of. */
export async function lastGoodRun(db: Database): Promise<BackupRunRow | undefined> {
  const good = db.selectFrom('backup_runs').selectAll().where('file', 'is not', null)
  return await good.orderBy('id', 'desc').limit(1).executeTakeFirst()
}

/** The restoration that nobody has acknowledged yet. */
export async function openRestoration(db: Database): Promise<RestorationRow | undefined> {
  const open = db.selectFrom('restorations').selectAll().where('acknowledged_at_ms', 'is', null)
  return await open.orderBy('id', 'desc').limit(1).executeTakeFirst()
}

/** Somebody has seen that this gateway came out of a backup. */
export async function acknowledgeRestoration(tx: DatabaseTransaction, nowMs: number): Promise<void> {
  await tx
    .updateTable('restorations')
    .set({ acknowledged_at_ms: nowMs })
    .where('acknowledged_at_ms', 'is', null)
    .execute()
}
