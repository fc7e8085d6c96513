/**
 * Segments of concatenated texts until they are whole. A set is the segments of one text: same sender, reference, width
 * and total on the same modem within a window. References wrap, so a whole set is closed: what comes later with the same
 * key begins a new one. A set may be shown before it is whole (`OverdueParts`) and still takes its missing segments; what
 * never becomes whole and cannot be shown ends in the quarantine, where a person sees it.
 */
import type { IdSource } from '../domain/ids.ts'
import type { InboundSegment, KeptSegment } from '../domain/sink.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { addToQuarantine } from './quarantine.ts'

/** Segments of one text arrive within this time of each other. */
const SET_WINDOW_MS = 24 * 3_600_000
/** A set that is not whole after this never will be. */
const INCOMPLETE_KEPT_MS = 72 * 3_600_000
/** Whole and shown sets are kept this long, so that a segment read twice is recognised. */
const WHOLE_KEPT_MS = 7 * 24 * 3_600_000
/** Sets that one clean-up moves. */
const EXPIRED_SEGMENTS_MAX = 500

/** Stores a segment unless it is known; returns the segments of its text in order when that is whole, or shown already. */
export async function addSegment(
  tx: DatabaseTransaction,
  ids: IdSource,
  segment: InboundSegment,
): Promise<readonly KeptSegment[] | undefined> {
  const known = await tx
    .selectFrom('segments')
    .select('set_id')
    .where('dedupe_key', '=', segment.dedupeKey)
    .executeTakeFirst()
  const setId = known?.set_id ?? (await placeSegment(tx, ids, segment))
  const set = await segmentsOf(tx, setId)
  if (set.length < segment.total) return set.some(({ isShown }) => isShown) ? set : undefined
  await tx
    .updateTable('segments')
    .set({ whole_at_ms: segment.receivedAtMs })
    .where('set_id', '=', setId)
    .where('whole_at_ms', 'is', null)
    .execute()
  return set
}

/** All segments of a set, in order. */
export async function segmentsOf(tx: DatabaseTransaction, setId: string): Promise<readonly KeptSegment[]> {
  const rows = await tx.selectFrom('segments').selectAll().where('set_id', '=', setId).orderBy('sequence').execute()
  return rows.map((row) => ({
    lane: row.lane,
    fromAddress: row.from_address,
    reference: row.reference,
    referenceBits: row.reference_bits,
    total: row.total,
    sequence: row.sequence,
    payloadJson: row.payload_json,
    factsJson: row.facts_json ?? undefined,
    receivedAtMs: row.received_at_ms,
    dedupeKey: row.dedupe_key,
    setId: row.set_id,
    isShown: row.shown === 1,
  }))
}

/** Writes the segment into the set that lacks it, or into a new one; the id of the set. */
async function placeSegment(tx: DatabaseTransaction, ids: IdSource, segment: InboundSegment): Promise<string> {
  const relatives = await tx
    .selectFrom('segments')
    .selectAll()
    .where('lane', '=', segment.lane)
    .where('from_address', '=', segment.fromAddress)
    .where('reference', '=', segment.reference)
    .where('reference_bits', '=', segment.referenceBits)
    .where('total', '=', segment.total)
    .where('received_at_ms', '>', segment.receivedAtMs - SET_WINDOW_MS)
    .orderBy('received_at_ms', 'desc')
    .execute()
  const open = relatives.filter(({ whole_at_ms }) => whole_at_ms === null)
  // The network repeats a segment whose acknowledgement it missed: same place, same content, another slot. Once the set
  // is whole the same content is an honest second text (many senders never change the reference).
  const repeated = open.find((row) => row.sequence === segment.sequence && row.payload_json === segment.payloadJson)
  if (repeated !== undefined) return repeated.set_id
  const lacking = open.find(
    ({ set_id }) => !open.some((row) => row.set_id === set_id && row.sequence === segment.sequence),
  )
  const setId = lacking?.set_id ?? ids('set')
  await tx
    .insertInto('segments')
    .values({
      dedupe_key: segment.dedupeKey,
      set_id: setId,
      lane: segment.lane,
      from_address: segment.fromAddress,
      reference: segment.reference,
      reference_bits: segment.referenceBits,
      total: segment.total,
      sequence: segment.sequence,
      payload_json: segment.payloadJson,
      facts_json: segment.factsJson ?? null,
      received_at_ms: segment.receivedAtMs,
      // It follows its set, which has been looked at.
      shown: lacking?.shown ?? null,
    })
    .execute()
  return setId
}

/** Forgets whole and shown sets, and puts segments whose text will never be seen into the quarantine. */
export async function expireSegments(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('segments')
    .where('whole_at_ms', '<', nowMs - WHOLE_KEPT_MS)
    .execute()
  await db
    .deleteFrom('segments')
    .where('shown', '=', 1)
    .where('set_id', 'not in', (query) =>
      query
        .selectFrom('segments')
        .select('set_id')
        .where('received_at_ms', '>=', nowMs - WHOLE_KEPT_MS),
    )
    .execute()
  await db.transaction().execute(async (tx) => {
    const lost = await tx
      .selectFrom('segments')
      .selectAll()
      .where('whole_at_ms', 'is', null)
      .where(({ or, eb }) => or([eb('shown', 'is', null), eb('shown', '=', 0)]))
      .where('received_at_ms', '<', nowMs - INCOMPLETE_KEPT_MS)
      .limit(EXPIRED_SEGMENTS_MAX)
      .execute()
    for (const row of lost) {
      await addToQuarantine(tx, {
        dedupeKey: row.dedupe_key,
        transport: 'sms',
        lane: row.lane,
        raw: Buffer.from(row.payload_json).toString('hex'),
        code: 'segments-missing',
        detail: `part ${row.sequence} of ${row.total}; the others never came`,
        receivedAtMs: row.received_at_ms,
      })
      await tx.deleteFrom('segments').where('dedupe_key', '=', row.dedupe_key).execute()
    }
  })
}
