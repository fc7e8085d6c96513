/** Peers' identity keys as a person deals with them: approving a changed one, comparing safety numbers. */
import { Fingerprint, PublicKey, ScannableFingerprint } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { Database } from '../store/database.ts'
import type { Credentials } from './credentials.ts'
import type { PeerIds } from './facts.ts'
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
  return (await fingerprint(db, own, ids))?.displayableFingerprint().toString()
}

/** What the other side scans, as octets of a QR code; undefined while we have no key of theirs. */
export async function safetyCode(db: Database, own: Credentials, ids: PeerIds): Promise<Uint8Array | undefined> {
  return (await fingerprint(db, own, ids))?.scannableFingerprint().toBuffer()
}

/**
 * Whether the code that was scanned at the other side is the counterpart of ours. Throws CausewayError
 * `safety-code-unreadable` for what is no such code or one of another version, `safety-number-unknown` while we have no
 * key of theirs.
 */
export async function compareSafetyCode(
  db: Database,
  own: Credentials,
  ids: PeerIds,
  scanned: Uint8Array,
): Promise<boolean> {
  const ours = (await fingerprint(db, own, ids))?.scannableFingerprint()
  if (ours === undefined) {
    throw new CausewayError({
      code: 'safety-number-unknown',
      message: 'There is no safety number yet: no message has gone either way over Signal.',
      retry: 'never',
    })
  }
  try {
    return ours.compare(ScannableFingerprint._fromBuffer(octets(scanned)))
  } catch (cause) {
    throw new CausewayError({
      code: 'safety-code-unreadable',
      message: 'This is not the safety-number code that a Signal app shows, or one of another version.',
      retry: 'never',
      cause,
    })
  }
}

/** The newest identity key of this account; undefined while we have none. */
export async function identityOf(db: Database, aci: string): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('signal_identities')
    .select('identity_key')
    .where('address', '=', aci)
    .executeTakeFirst()
  return row?.identity_key
}

async function fingerprint(db: Database, own: Credentials, ids: PeerIds): Promise<Fingerprint | undefined> {
  const aci = ids.aci ?? (await findPeer(db, ids))?.aci
  const key = aci === undefined ? undefined : await identityOf(db, aci)
  if (aci === undefined || key === undefined) return undefined
  const ours = own.identities.aci.keyPair.publicKey
  const theirs = PublicKey.deserialize(octets(key))
  return Fingerprint.new(iterations, version, serviceIdOctets(own.aci), ours, serviceIdOctets(aci), theirs)
}
