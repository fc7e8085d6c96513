/** What tells the server which repeated-use keys of an identity we hold (reference/signal-service.md 4.2). */
import { createHash } from 'node:crypto'
import { KyberPreKeyRecord, SignedPreKeyRecord } from '@signalapp/libsignal-client'
import type { Database } from '../store/database.ts'
import { octets } from './ids.ts'
import type { LocalIdentity } from './stores.ts'

/**
 * SHA-256 over identity key, id and key of the newest signed pre-key, id and key of the newest last-resort key; base64.
 * Undefined when one of them is missing.
 */
export async function repeatedUseDigest(db: Database, { own, keyPair }: LocalIdentity): Promise<string | undefined> {
  const signed = await db
    .selectFrom('signal_signed_pre_keys')
    .select('record')
    .where('own', '=', own)
    .orderBy('created_at_ms', 'desc')
    .executeTakeFirst()
  const lastResort = await db
    .selectFrom('signal_kyber_pre_keys')
    .select('record')
    .where('own', '=', own)
    .where('last_resort', '=', 1)
    .orderBy('created_at_ms', 'desc')
    .executeTakeFirst()
  if (signed === undefined || lastResort === undefined) return undefined
  const hash = createHash('sha256').update(keyPair.publicKey.serialize())
  for (const key of [
    SignedPreKeyRecord.deserialize(octets(signed.record)),
    KyberPreKeyRecord.deserialize(octets(lastResort.record)),
  ]) {
    const id = Buffer.alloc(8)
    id.writeBigUInt64BE(BigInt(key.id()))
    hash.update(id).update(key.publicKey().serialize())
  }
  return hash.digest('base64')
}
