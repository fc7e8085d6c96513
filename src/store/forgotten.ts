/**
 * What is left of a person when the owner deletes them: nothing, or, of somebody who is kept out, the entry that keeps them
 * out. Groups keep what they wrote there, under their number or account.
 */

import { keepCounts } from './attempts.ts'
import { doomBlobs } from './blob-rows.ts'
import type { DatabaseTransaction } from './database.ts'
import { deleteIdentityHistory } from './identity-history.ts'
import type { ContactRow } from './tables/mailbox.ts'

/** Removes the conversation with every row of its messages. Their files are to have been given up before. */
export async function deleteConversation(tx: DatabaseTransaction, id: string, nowMs: number): Promise<void> {
  await keepCounts(tx, id, nowMs)
  await tx.deleteFrom('messages').where('conversation_id', '=', id).execute()
  await tx.deleteFrom('merged_ids').where('into_id', '=', id).execute()
  await tx.deleteFrom('conversations').where('id', '=', id).execute()
}

/** Removes what was noted of the person beside their messages: parts that wait for others, picture messages, who is who. */
export async function deleteTraces(
  tx: DatabaseTransaction,
  { id, aci, e164, sender, avatar_id: picture }: ContactRow,
): Promise<void> {
  await doomBlobs(tx, [picture])
  await deleteIdentityHistory(tx, { id, aci })
  await tx.deleteFrom('merged_ids').where('into_id', '=', id).execute()
  if (aci !== null) {
    await tx.deleteFrom('kept_apart').where('aci', '=', aci).execute()
    await tx.deleteFrom('early_changes').where('by_aci', '=', aci).execute()
    await tx.deleteFrom('early_receipts').where('aci', '=', aci).execute()
  }
  if (e164 !== null) await tx.deleteFrom('kept_apart').where('e164', '=', e164).execute()
  const address = e164 ?? sender
  if (address === null) return
  await tx.deleteFrom('segments').where('from_address', '=', address).execute()
  const theirs = tx.selectFrom('mms_notifications').select('id').where('from_address', '=', address)
  await tx.deleteFrom('mms_pdus').where('notification_id', 'in', theirs).execute()
  // The rest of it tells an announcement that the carrier repeats from a new one.
  await tx
    .updateTable('mms_notifications')
    .set({ from_address: null, subject: null, due_at_ms: null })
    .where('from_address', '=', address)
    .execute()
}

/** What a blocked person keeps: number, account, and that they are blocked. */
export const NOTHING_BUT_BLOCKED = {
  name: null,
  profile_name: null,
  avatar_id: null,
  policy: null,
  fallback_after_ms: null,
  preferred_lane: null,
  verified: 0,
  identity_changed_at_ms: null,
  signal_standing: 'unknown',
  signal_checked_at_ms: null,
  signal_next_check_at_ms: 0,
  signal_misses: 0,
} as const
