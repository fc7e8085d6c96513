/**
 * What was said of a message before it came: our other device's message and its recipient's receipt take different ways to
 * us, as do somebody's message (which a lost session may hold up) and the word of our phone that it was read. Kept for a
 * while, in a bounded number.
 */
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared, remembered } from './prepared.ts'

/** By the recipient of a message of ours. */
type EarlyReceipt = 'delivered' | 'read'
/** By our other devices, or (`deleted`) by the message's author: of a message of theirs, or of ours. */
export type EarlyWord = 'read-here' | 'opened-here' | 'deleted' | 'removed'

/** Stands for the author of messages of ours. */
export const OURS = 'ours'

/** A message that is that much later than its receipt does not come any more. */
const KEPT_MS = 24 * 3_600_000
/** Receipts speak of messages that were never here as well (reactions, another client's): there is an end to it. */
const ROWS_MAX = 5_000
/** Of one person, so that nobody takes the room of all others. */
const ROWS_OF_ONE_MAX = 1_000
/** Of one receipt. */
const TIMES_MAX = 100

/** Keeps what is said of messages that are not here. `aci`: whose receipt it is; for a word, the message's author. */
export async function keepEarly(
  tx: DatabaseTransaction,
  said: { kind: EarlyReceipt | EarlyWord; aci: string; timestampsMs: readonly number[]; atMs: number },
  nowMs: number,
): Promise<void> {
  const { kind, aci, timestampsMs, atMs } = said
  if (timestampsMs.length === 0) return
  const [kept] = await countsFor(tx, { aci })
  const room = Math.min(ROWS_MAX - (kept?.all_rows ?? 0), ROWS_OF_ONE_MAX - (kept?.of_one ?? 0), TIMES_MAX)
  const values = timestampsMs
    .slice(0, Math.max(0, room))
    .map((timestamp_ms) => ({ kind, aci, timestamp_ms, at_ms: atMs, kept_since_ms: nowMs }))
  if (values.length === 0) return
  await tx
    .insertInto('early_receipts')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

const countsFor = prepared((db, $: { aci: string }) =>
  db.selectNoFrom(({ selectFrom, fn }) => [
    selectFrom('early_receipts').select(fn.countAll<number>().as('count')).as('all_rows'),
    selectFrom('early_receipts').select(fn.countAll<number>().as('count')).where('aci', '=', $.aci).as('of_one'),
  ]),
)

/** Takes the receipts that are kept for the message of ours of that time, `delivered` before `read`. */
export async function takeEarlyReceipts(
  tx: DatabaseTransaction,
  aci: string,
  timestampMs: number,
): Promise<{ kind: EarlyReceipt; at_ms: number }[]> {
  const rows = await takeAny(tx, { aci, timestampMs })
  const receipts = rows.flatMap(({ kind, at_ms }) => (isReceipt(kind) ? [{ kind, at_ms }] : []))
  return receipts.sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

/** Takes the words that are kept for the message of that author and time; what takes most away comes last. */
export async function takeEarlyWords(
  tx: DatabaseTransaction,
  author: string,
  timestampMs: number,
): Promise<{ kind: EarlyWord; at_ms: number }[]> {
  const rows = await takeAny(tx, { aci: author, timestampMs })
  const words = rows.flatMap(({ kind, at_ms }) => (isReceipt(kind) ? [] : [{ kind, at_ms }]))
  const order: readonly EarlyWord[] = ['read-here', 'opened-here', 'deleted', 'removed']
  return words.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

function isReceipt(kind: EarlyReceipt | EarlyWord): kind is EarlyReceipt {
  return kind === 'delivered' || kind === 'read'
}

/** Most of the time there is nothing of anybody, and a batch of messages need not look for each of them. */
async function takeAny(tx: DatabaseTransaction, of: { aci: string; timestampMs: number }) {
  return (await anyKept(tx, {})).length === 0 ? [] : await takeOf(tx, of)
}

const anyKept = remembered('early_receipts', (db) => db.selectFrom('early_receipts').select('kind').limit(sql.lit(1)))

const takeOf = prepared((db, $: { aci: string; timestampMs: number }) =>
  db
    .deleteFrom('early_receipts')
    .where('aci', '=', $.aci)
    .where('timestamp_ms', '=', $.timestampMs)
    .returning(['kind', 'at_ms']),
)

/** Forgets receipts whose message has not come for too long. */
export async function pruneEarlyReceipts(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('early_receipts')
    .where('kept_since_ms', '<', nowMs - KEPT_MS)
    .execute()
}
