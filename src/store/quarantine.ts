/** What could not be understood, with its octets, for a person to see. */
import type { QuarantinedItem } from '../domain/transport.ts'
import { decodeCursor, PAGE_MAX, type Page, pageOf } from './cursor.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { QuarantineTable } from './tables/mailbox.ts'

/** Oldest items beyond this number are dropped: a flood must not fill the disk. */
const ITEMS_MAX = 10_000

/** Keeps an item; false when it is there already. */
export async function addToQuarantine(tx: DatabaseTransaction, item: QuarantinedItem): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('quarantine')
    .values({
      dedupe_key: item.dedupeKey,
      transport: item.transport,
      lane: item.lane,
      raw: item.raw,
      code: item.code,
      detail: item.detail,
      received_at_ms: item.receivedAtMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Newest first. Errors: CausewayError `invalid-cursor`. */
export async function listQuarantine(
  db: Database,
  request: { limit: number; cursor?: string | undefined },
): Promise<Page<QuarantineTable>> {
  const limit = Math.max(1, Math.min(PAGE_MAX, request.limit))
  let query = db.selectFrom('quarantine').selectAll()
  if (request.cursor !== undefined) query = query.where('received_at_ms', '<', decodeCursor(request.cursor).ms)
  const rows = await query
    .orderBy('received_at_ms', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.received_at_ms, id: 'q' }))
}

/** Drops the oldest items beyond the bound. */
export async function pruneQuarantine(db: Database): Promise<void> {
  await db
    .deleteFrom('quarantine')
    .where('dedupe_key', 'not in', (keep) =>
      keep.selectFrom('quarantine').select('dedupe_key').orderBy('received_at_ms', 'desc').limit(ITEMS_MAX),
    )
    .execute()
}
