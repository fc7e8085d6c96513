/**
 * Takes away what the account keeps of messages for its own purposes (to send them again, or to complete them), and of people
 * whom the owner deletes.
 */
import type { DatabaseTransaction } from '../store/database.ts'
import type { PeerIds } from './facts.ts'
import { findPeer } from './peers.ts'

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

/**
 * Takes away what is known of a person: names, profile key, sessions, keys. `needed`: they are blocked, or in a group with
 * us; then what both need stays. `recordSinceMs`: their record at the storage service is ours to remove (undefined: it is
 * not). A message of theirs that comes later finds no session and is asked for again.
 */
export async function forgetPeer(
  transaction: DatabaseTransaction,
  peer: PeerIds,
  { needed, recordSinceMs }: { needed: boolean; recordSinceMs: number | undefined },
): Promise<void> {
  const known = (await findPeer(transaction, peer)) ?? peer
  const { aci, pni, e164 } = known
  if (aci !== undefined) {
    await transaction.deleteFrom('signal_avatars').where('aci', '=', aci).execute()
    await transaction.deleteFrom('signal_texts_due').where('aci', '=', aci).execute()
    if (recordSinceMs !== undefined) {
      await transaction.insertInto('signal_forgotten').orReplace().values({ aci, at_ms: recordSinceMs }).execute()
    }
  }
  if (needed) {
    if (aci !== undefined) {
      await transaction
        .updateTable('signal_peers')
        .set({ profile_name: null, accepted: 0 })
        .where('aci', '=', aci)
        .execute()
    }
    return
  }
  const addresses = [...(aci === undefined ? [] : [aci]), ...(pni === undefined ? [] : [`PNI:${pni}`])]
  if (addresses.length > 0) {
    await transaction.deleteFrom('signal_sessions').where('address', 'in', addresses).execute()
    await transaction.deleteFrom('signal_sender_keys').where('address', 'in', addresses).execute()
    await transaction.deleteFrom('signal_sender_key_shares').where('address', 'in', addresses).execute()
    await transaction.deleteFrom('signal_identities').where('address', 'in', addresses).execute()
  }
  if (aci !== undefined) {
    await transaction.deleteFrom('signal_profile_credentials').where('aci', '=', aci).execute()
    await transaction.deleteFrom('signal_peers').where('aci', '=', aci).execute()
  }
  if (pni !== undefined) await transaction.deleteFrom('signal_peers').where('pni', '=', pni).execute()
  if (e164 === undefined) return
  await transaction.deleteFrom('signal_peers').where('e164', '=', e164).where('aci', 'is', null).execute()
  await transaction.deleteFrom('signal_directory').where('e164', '=', e164).execute()
}
