/** Takes away what the account keeps of messages for its own purposes: to send them again, or to complete them. */
import type { DatabaseTransaction } from '../store/database.ts'
import type { PeerIds } from './contract.ts'

/** `timestampsMs`: of all versions of the messages; ours, or those of `with`. */
export async function forgetMessages(
  transaction: DatabaseTransaction,
  { with: peer, ours, timestampsMs }: { with: PeerIds; ours: boolean; timestampsMs: readonly number[] },
): Promise<void> {
  if (timestampsMs.length === 0) return
  if (ours) {
    // The transcript to our own devices has the same time.
    await transaction.deleteFrom('signal_send_log').where('timestamp_ms', 'in', timestampsMs).execute()
    await transaction.deleteFrom('signal_contents_due').where('timestamp_ms', 'in', timestampsMs).execute()
    return
  }
  if (peer.aci === undefined) return
  await transaction
    .deleteFrom('signal_texts_due')
    .where('aci', '=', peer.aci)
    .where('timestamp_ms', 'in', timestampsMs)
    .execute()
}
