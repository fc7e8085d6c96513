/**
 * Which safety numbers the owner holds for compared, as our own devices agree on it over the storage service. What was said
 * here, or told by another device by itself, stands against the records until they say the same; what they say of another key
 * than ours is not about the one that we write to.
 */
import { PublicKey } from '@signalapp/libsignal-client'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { PeerIds } from './facts.ts'
import { storeIdentity } from './identity-writes.ts'
import { octets } from './ids.ts'
import { findPeer } from './peers.ts'
import type { ContactRecord } from './proto/storage.ts'

/** ContactRecord.IdentityState. */
const states = { default: 0, verified: 1 } as const

/** Notes what the owner, or another device of theirs, says of the present key of this person. */
export async function noteVerdict(transaction: DatabaseTransaction, ids: PeerIds, verified: boolean): Promise<void> {
  const aci = ids.aci ?? (await findPeer(transaction, ids))?.aci
  if (aci === undefined) return
  const change = { verified: verified ? 1 : 0, verified_decided: 1 } as const
  await transaction.updateTable('signal_identities').set(change).where('address', '=', aci).execute()
}

/**
 * What the house is to hold of this person's safety number now that the record was read; undefined: as before. The key of
 * somebody whom we never met, and whom the owner has verified elsewhere, is the one that we expect from then on.
 */
export async function verdictOf(
  transaction: DatabaseTransaction,
  aci: string,
  { identityKey, identityState = states.default }: ContactRecord,
  atMs: number,
): Promise<boolean | undefined> {
  if (identityKey === undefined || !isKey(identityKey)) return undefined
  const said = identityState === states.verified
  const row = await transaction
    .selectFrom('signal_identities')
    .select(['identity_key', 'verified', 'verified_decided'])
    .where('address', '=', aci)
    .executeTakeFirst()
  const take = async (verified: boolean) => {
    const change = { verified: verified ? 1 : 0, verified_decided: 0 } as const
    await transaction.updateTable('signal_identities').set(change).where('address', '=', aci).execute()
  }
  if (row === undefined) {
    if (!said) return undefined
    await storeIdentity(transaction, { address: aci, key: identityKey, approved: true, atMs })
    await take(true)
    return true
  }
  if (Buffer.compare(row.identity_key, identityKey) !== 0) return undefined
  const isSame = (row.verified === 1) === said
  if (isSame ? row.verified_decided === 0 : row.verified_decided === 1) return undefined
  await take(said)
  return isSame ? undefined : said
}

/** What a primary has to say of keys, by account: what a record is to be changed by. */
export async function verdictNews(
  db: Database,
): Promise<(aci: string, said: ContactRecord | undefined) => ContactRecord> {
  const rows = await db
    .selectFrom('signal_identities')
    .select(['address', 'identity_key', 'verified', 'verified_decided'])
    .execute()
  const known = new Map(rows.map((row) => [row.address, row]))
  return (aci, said) => {
    const ours = known.get(aci)
    if (ours === undefined) return {}
    const { identity_key: identityKey, verified } = ours
    const hasKey = (said?.identityKey?.length ?? 0) > 0
    // Another device may have met a newer key than we have: only our own word goes before it.
    if (hasKey && ours.verified_decided === 0) return {}
    const isSame = hasKey && Buffer.compare(said?.identityKey ?? new Uint8Array(), identityKey) === 0
    const isSaid = (said?.identityState === states.verified) === (verified === 1)
    return isSame && isSaid ? {} : { identityKey, identityState: verified === 1 ? states.verified : states.default }
  }
}

/** A type, and the octets of the curve. */
const keyOctets = 33

function isKey(octetsOfIt: Uint8Array): boolean {
  if (octetsOfIt.length !== keyOctets) return false
  try {
    PublicKey.deserialize(octets(octetsOfIt))
    return true
  } catch {
    return false
  }
}
