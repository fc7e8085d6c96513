/**
 * Receipts that came before the message they speak of: our other device's message and its recipient's receipt take
 * different ways to us, and either may be first. Kept for a while, in a bounded number.
 */
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared } from './prepared.ts'

type EarlyKind = 'delivered' | 'read' | 'read-here'

/** A message that is that much later than its receipt does not come any more. */
const KEPT_MS = 24 * 3_600_000
/** Receipts speak of messages that were never here as well (reactions, another client's): there is an end to it. */
const ROWS_MAX = 5_000
/** Of one receipt. */
const TIMES_MAX = 100

/** Keeps what a receipt says of messages that are not here. */
export async function keepEarlyReceipt(
  tx: DatabaseTransaction,
  receipt: { kind: EarlyKind; aci: string; timestampsMs: readonly number[]; atMs: number },
  nowMs: number,
): Promise<void> {
  const { kind, aci, timestampsMs, atMs } = receipt
  if (timestampsMs.length === 0) return
  const { count } = await tx
    .selectFrom('early_receipts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const values = timestampsMs
    .slice(0, Math.max(0, Math.min(TIMES_MAX, ROWS_MAX - count)))
    .map((timestamp_ms) => ({ kind, aci, timestamp_ms, at_ms: atMs, kept_since_ms: nowMs }))
  if (values.length === 0) return
  await tx
    .insertInto('early_receipts')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Takes what is kept for the message of that time, `delivered` before `read`. */
export async function takeEarlyReceipts(
  tx: DatabaseTransaction,
  aci: string,
  timestampMs: number,
): Promise<{ kind: EarlyKind; at_ms: number }[]> {
  const rows = await takeOf(tx, { aci, timestampMs })
  return rows.sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

const takeOf = prepared((db, $: { aci: string; timestampMs: number }) =>
  db
    .deleteFrom('early_receipts')
    .where('aci', '=', $.aci)
    .where('timestamp_ms', '=', $.timestampMs)
    .returning(['kind', 'at_ms']),
)

export async function pruneEarlyReceipts(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('early_receipts')
    .where('kept_since_ms', '<', nowMs - KEPT_MS)
    .execute()
}
