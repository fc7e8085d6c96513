/**
 * What was done to a message before it came: a group's messages come from many people, and a lost session holds up those of
 * one while others react to them already. A reaction waits here; of an edit, which is shown as a message of its own, it is
 * kept whose earlier version it is the newer of; and that an administrator of the group took it back. Kept for a while, in a
 * bounded number.
 */
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared } from './prepared.ts'
import type { EarlyChangeRow } from './tables/mailbox.ts'

/** A message that is that much later than what was done to it does not come any more. */
const KEPT_MS = 24 * 3_600_000
const ROWS_MAX = 5_000
/** Of one person, so that nobody takes the room of all others. */
const ROWS_OF_ONE_MAX = 500

/** Keeps it; of one person's reactions to a message, and of their edits of it, only the newest. */
export async function keepEarlyChange(tx: DatabaseTransaction, change: EarlyChangeRow): Promise<void> {
  const [kept] = await countsFor(tx, change)
  if ((kept?.all_rows ?? 0) >= ROWS_MAX || (kept?.of_one ?? 0) >= ROWS_OF_ONE_MAX) return
  const { emoji, change_ms, ours, place, kept_since_ms } = change
  await tx
    .insertInto('early_changes')
    .values(change)
    .onConflict((conflict) =>
      conflict
        .columns(['author', 'timestamp_ms', 'kind', 'by_aci'])
        .doUpdateSet({ emoji, change_ms, ours, place, kept_since_ms })
        .where('early_changes.change_ms', '<', change_ms),
    )
    .execute()
}

const countsFor = prepared((db, $: Pick<EarlyChangeRow, 'by_aci'>) =>
  db.selectNoFrom(({ selectFrom, fn }) => [
    selectFrom('early_changes').select(fn.countAll<number>().as('count')).as('all_rows'),
    selectFrom('early_changes').select(fn.countAll<number>().as('count')).where('by_aci', '=', $.by_aci).as('of_one'),
  ]),
)

/** What is kept for the message of that author (`ours`) and time: reactions by their time, then edits, a deletion last. */
export async function earlyChanges(
  tx: DatabaseTransaction,
  author: string,
  timestampMs: number,
): Promise<EarlyChangeRow[]> {
  return await changesOf(tx, { author, timestampMs })
}

const changesOf = prepared((db, $: { author: string; timestampMs: number }) =>
  db
    .selectFrom('early_changes')
    .selectAll()
    .where('author', '=', $.author)
    .where('timestamp_ms', '=', $.timestampMs)
    .orderBy('kind', 'desc')
    .orderBy('change_ms'),
)

/** The message is here: nothing is to be kept for it any more. */
export async function forgetEarlyChanges(tx: DatabaseTransaction, author: string, timestampMs: number): Promise<void> {
  await tx.deleteFrom('early_changes').where('author', '=', author).where('timestamp_ms', '=', timestampMs).execute()
}

/** Forgets changes whose message has not come for too long. */
export async function pruneEarlyChanges(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('early_changes')
    .where('kept_since_ms', '<', nowMs - KEPT_MS)
    .execute()
}
