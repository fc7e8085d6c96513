/** What could not be understood, with its octets, for a person to see. */
import { type Insertable, type Selectable, sql } from 'kysely'
import type { QuarantinedItem } from '../domain/sink.ts'
import { decodeCursor, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared, preparedByShape } from './prepared.ts'
import type { QuarantineTable } from './tables/mailbox.ts'

/** Oldest items beyond this number, or beyond so much in all, are dropped: a flood must not fill the disk. */
const ITEMS_MAX = 10_000
const OCTETS_MAX = 64 * 1024 * 1024

const row = sql<number>`rowid`

/** Keeps an item; false when it is there already. */
export async function addToQuarantine(tx: DatabaseTransaction, item: QuarantinedItem): Promise<boolean> {
  const [last] = await newestOf(tx, {})
  const octets_before = last?.octets ?? 0
  const [kept] = await insert(tx, {
    dedupe_key: item.dedupeKey,
    transport: item.transport,
    lane: item.lane,
    raw: item.raw,
    code: item.code,
    detail: item.detail,
    received_at_ms: item.receivedAtMs,
    octets_before,
  })
  if (kept === undefined) return false
  // Rows are numbered, and their octets added up, as they come: what a flood pushes out goes at once, without counting.
  const octets = octets_before + Buffer.byteLength(item.raw) + Buffer.byteLength(item.detail)
  await dropOldest(tx, { row: kept.row - ITEMS_MAX, octets: Math.min(octets_before, octets - OCTETS_MAX) })
  return true
}

/** The last that came: how many octets there were with it. */
const newestOf = prepared((db) =>
  db
    .selectFrom('quarantine')
    .select(sql<number>`octets_before + octet_length(raw) + octet_length(detail)`.as('octets'))
    .orderBy(row, 'desc')
    .limit(1),
)

const insert = preparedByShape((db, values: Insertable<QuarantineTable>) =>
  db
    .insertInto('quarantine')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .returning(row.as('row')),
)

const dropOldest = prepared((db, $: { row: number; octets: number }) =>
  db.deleteFrom('quarantine').where(({ or, eb }) => or([eb(row, '<=', $.row), eb('octets_before', '<', $.octets)])),
)

/** Newest first. Errors: CausewayError `invalid-cursor`. */
export async function listQuarantine(
  db: Database,
  request: { limit: number; cursor?: string | undefined },
): Promise<Page<Omit<Selectable<QuarantineTable>, 'octets_before'>>> {
  const limit = pageLimit(request.limit)
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
