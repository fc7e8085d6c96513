/**
 * Makes the copy of an earlier day safe to go on with. What was on its way then may have arrived since: nothing of it may
 * leave again by itself, so it is held until a person has said what is to become of it, and no fallback follows what was
 * sent. Nobody stays signed in. Numbers of events go on far above any that somebody has seen since.
 */
import { sql } from 'kysely'
import type { DatabaseTransaction } from './database.ts'

const RESTORED = 'restored-from-backup'
const REASON =
  'it had not left when the backup was made that this gateway was restored from; whether it has been sent since then is not known here'
/** How long what is held may be decided about. */
const DECIDE_MS = 30 * 24 * 3_600_000
/** More than any gateway has written between a backup and its end. */
const EVENTS_SKIPPED = 1_000_000_000

/** Resolves with how many messages are held. `takenAtMs`: when the backup was made. */
export async function settleRestored(tx: DatabaseTransaction, takenAtMs: number, nowMs: number): Promise<number> {
  await tx
    .updateTable('attempts')
    .set({ ended_at_ms: nowMs, result: 'interrupted', code: RESTORED, detail: REASON })
    .where('ended_at_ms', 'is', null)
    .execute()
  const decideBy = nowMs + DECIDE_MS
  const held = await tx
    .updateTable('messages')
    .set({
      state: 'held',
      code: RESTORED,
      reason: REASON,
      due_at_ms: decideBy,
      valid_until_ms: sql<number>`max(valid_until_ms, ${decideBy})`,
      updated_at_ms: nowMs,
    })
    .where('direction', '=', 'out')
    .where('state', 'in', ['scheduled', 'queued', 'sending'])
    .executeTakeFirst()
  // What waits for consent could not leave without it; what is uncertain or sent is left to reports and receipts.
  await tx
    .updateTable('messages')
    .set({ due_at_ms: null })
    .where('state', 'in', ['uncertain', 'sent'])
    .where('due_at_ms', 'is not', null)
    .execute()
  await tx.deleteFrom('sessions').execute()
  await sql`update sqlite_sequence set seq = seq + ${EVENTS_SKIPPED} where name = 'events'`.execute(tx)
  await tx.deleteFrom('backup_runs').where('ended_at_ms', 'is', null).execute()
  const count = Number(held.numUpdatedRows)
  await tx.insertInto('restorations').values({ at_ms: nowMs, taken_at_ms: takenAtMs, held: count }).execute()
  return count
}
