/** What could not be understood, with its octets, for a person to see. */
import { sql } from 'kysely'
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
  if ((numInsertedOrUpdatedRows ?? 0n) === 0n) return false
  // Rows are numbered as they come: what a flood pushes out goes at once, without counting.
  const newest = sql<number>`(select max(rowid) from quarantine)`
  await tx.deleteFrom('quarantine').where(sql<boolean>`rowid <= ${newest} - ${ITEMS_MAX}`).execute()
  return true
}

/** Newest first. Errors: CausewayError `invalid-cursor`. */
export async function listQuarantine(
  db: Database,
  request: { limit: number; cursor?: string | undefined },
): Promise<Page<QuarantineTable>> {
  const limit = Math.max(1, Math.min(PAGE_MAX, request.limit))
  const row = sql<number>`rowid`
  let query = db.selectFrom('quarantine').selectAll().select(row.as('row'))
  if (request.cursor !== undefined) {
    const { ms, id } = decodeCursor(request.cursor)
    query = query.where(({ or, and, eb }) =>
      or([eb('received_at_ms', '<', ms), and([eb('received_at_ms', '=', ms), eb(row, '<', Number(id))])]),
    )
  }
  const rows = await query
    .orderBy('received_at_ms', 'desc')
    .orderBy(row, 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, ({ received_at_ms, row: id }) => ({ ms: received_at_ms, id: String(id) }))
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
