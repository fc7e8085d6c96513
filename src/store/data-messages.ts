/** Messages for programs: data addressed to ports, and binary messages. Kept whole, never shown as texts. */
import type { IdSource } from '../domain/ids.ts'
import type { InboundData } from '../domain/inbound-notices.ts'
import { before, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { DataMessageRow } from './tables/mailbox.ts'

/** Oldest items beyond this number are dropped: a flood must not fill the disk. */
const ITEMS_MAX = 10_000

/** Keeps an item; its id, or undefined when it is there already. */
export async function addDataMessage(
  tx: DatabaseTransaction,
  ids: IdSource,
  item: InboundData,
): Promise<string | undefined> {
  const row = await tx
    .insertInto('data_messages')
    .values({
      id: ids('dat'),
      dedupe_key: item.dedupeKey,
      lane: item.lane,
      from_address: item.fromAddress,
      destination_port: item.ports?.destination ?? null,
      source_port: item.ports?.source ?? null,
      pid: item.pid,
      dcs: item.dcs,
      data_hex: item.content.kind === 'octets' ? item.content.hex : null,
      text: item.content.kind === 'text' ? item.content.text : null,
      sent_at_ms: item.sentAtMs,
      received_at_ms: item.receivedAtMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** Newest first, perhaps only those for one port. Errors: CausewayError `invalid-cursor`. */
export async function listDataMessages(
  db: Database,
  request: { limit: number; cursor?: string | undefined; port?: number | undefined },
): Promise<Page<DataMessageRow>> {
  const limit = pageLimit(request.limit)
  let query = db.selectFrom('data_messages').selectAll()
  if (request.port !== undefined) query = query.where('destination_port', '=', request.port)
  if (request.cursor !== undefined) query = query.where(before('received_at_ms', request.cursor))
  const rows = await query
    .orderBy('received_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.received_at_ms, id: row.id }))
}

/** Drops the oldest items beyond the bound. */
export async function pruneDataMessages(db: Database): Promise<void> {
  await db
    .deleteFrom('data_messages')
    .where('id', 'not in', (keep) =>
      keep.selectFrom('data_messages').select('id').orderBy('received_at_ms', 'desc').limit(ITEMS_MAX),
    )
    .execute()
}
