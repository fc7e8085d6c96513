/** Peers' identity keys as a person deals with them: approving a changed one, comparing safety numbers. */
import { Fingerprint, PublicKey } from '@signalapp/libsignal-client'
import type { Database } from '../store/database.ts'
import type { PeerIds } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { octets, serviceIdOctets } from './ids.ts'
import { findPeer } from './peers.ts'

/** As the official clients compute safety numbers. */
const iterations = 5200
const version = 2

/**
 * From now on the newest key of this peer is trusted for sending. Sessions go: some may still be bound to the key of
 * before, and libsignal refuses those for ever. So does what is known of sender keys that they hold. Call under the
 * account lock.
 */
export async function approveIdentity(db: Database, ids: PeerIds): Promise<void> {
  const peer = (await findPeer(db, ids)) ?? ids
  const addresses = [peer.aci, peer.pni === undefined ? undefined : `PNI:${peer.pni}`].filter(
    (address) => address !== undefined,
  )
  if (addresses.length === 0) return
  await db.transaction().execute(async (transaction) => {
    const changed = await transaction
      .updateTable('signal_identities')
      .set({ approved: 1 })
      .where('address', 'in', addresses)
      .where('approved', '=', 0)
      .returning('address')
      .execute()
    for (const { address } of changed) {
      await transaction.deleteFrom('signal_sender_key_shares').where('address', '=', address).execute()
      await transaction.deleteFrom('signal_sessions').where('own', '=', 'aci').where('address', '=', address).execute()
    }
  })
}

/** 60 digits, the same on both sides; undefined while we have no key of theirs. */
export async function safetyNumber(db: Database, own: Credentials, ids: PeerIds): Promise<string | undefined> {
  const aci = ids.aci ?? (await findPeer(db, ids))?.aci
  if (aci === undefined) return undefined
  const row = await db
    .selectFrom('signal_identities')
    .select('identity_key')
    .where('address', '=', aci)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const ours = own.identities.aci.keyPair.publicKey
  const theirs = PublicKey.deserialize(octets(row.identity_key))
  return Fingerprint.new(iterations, version, serviceIdOctets(own.aci), ours, serviceIdOctets(aci), theirs)
    .displayableFingerprint()
    .toString()
}
