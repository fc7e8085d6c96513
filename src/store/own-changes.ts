/** What we did to messages afterwards, for the other side to know as well: noted under its own time, and how it ended. */
import type { Database, DatabaseTransaction } from './database.ts'
import { nextTimestamp } from './messages.ts'
import type { OwnChangeRow } from './tables/mailbox.ts'

/** Notes a change under a time of its own, which is returned. */
export async function noteOwnChange(
  tx: DatabaseTransaction,
  change: { messageId: string | null; kind: OwnChangeRow['kind'] },
  nowMs: number,
): Promise<number> {
  const timestamp_ms = await nextTimestamp(tx, nowMs)
  await tx
    .insertInto('own_changes')
    .values({
      timestamp_ms,
      message_id: change.messageId,
      kind: change.kind,
      state: 'due',
      code: null,
      reason: null,
      created_at_ms: nowMs,
      settled_at_ms: null,
    })
    .execute()
  return timestamp_ms
}

/** The change as it is afterwards; undefined where there is none of that time, or it had ended before. */
export function settleOwnChange(
  tx: DatabaseTransaction,
  timestampMs: number,
  end: { state: 'sent' | 'failed'; code: string | null; reason: string | null; atMs: number },
): Promise<OwnChangeRow | undefined> {
  const { state, code, reason, atMs } = end
  return tx
    .updateTable('own_changes')
    .set({ state, code, reason, settled_at_ms: atMs })
    .where('timestamp_ms', '=', timestampMs)
    .where('state', '=', 'due')
    .returningAll()
    .executeTakeFirst()
}

/** Of one message, the first one first. */
export function listOwnChanges(db: Database, messageId: string): Promise<OwnChangeRow[]> {
  return db.selectFrom('own_changes').selectAll().where('message_id', '=', messageId).orderBy('timestamp_ms').execute()
}
