/** What the queue was told to leave where it is, over restarts. */
import type { Pause, PauseScope } from '../domain/pause.ts'
import type { Database, DatabaseTransaction } from './database.ts'

/** All pauses, the oldest first. */
export async function readPauses(db: Database): Promise<Pause[]> {
  const rows = await db.selectFrom('queue_pauses').selectAll().orderBy('since_ms').execute()
  return rows.map(({ transport, lane, since_ms: sinceMs }) => ({
    transport: transport === '' ? null : transport,
    lane: lane === '' ? null : lane,
    sinceMs,
  }))
}

/** True when it was not paused before; else its time stays what it was. */
export async function putPause(tx: DatabaseTransaction, { transport, lane, sinceMs }: Pause): Promise<boolean> {
  const { numInsertedOrUpdatedRows: put } = await tx
    .insertInto('queue_pauses')
    .values({ transport: transport ?? '', lane: lane ?? '', since_ms: sinceMs })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return put !== undefined && put > 0n
}

/** True when it was paused before. */
export async function dropPause(tx: DatabaseTransaction, { transport, lane }: PauseScope): Promise<boolean> {
  const { numDeletedRows: gone } = await tx
    .deleteFrom('queue_pauses')
    .where('transport', '=', transport ?? '')
    .where('lane', '=', lane ?? '')
    .executeTakeFirst()
  return gone > 0n
}
