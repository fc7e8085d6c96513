/**
 * How the storage service's manifest and items are encrypted (reference/signal-service.md section 12): a key of its own
 * for each, derived from the account's storage key. Pure but for the nonces that it is handed.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { hkdf } from '@signalapp/libsignal-client'
import { AccountEntropyPool, SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { octets } from './ids.ts'

const nonceOctets = 12
const tagOctets = 16
const itemInfo = Buffer.from('20240801_SIGNAL_STORAGE_SERVICE_ITEM_')

/** The account's storage key, from its entropy pool. */
export function storageKeyOf(entropyPool: string): Uint8Array {
  return new SvrKey(AccountEntropyPool.deriveSvrKey(entropyPool)).deriveStorageServiceKey()
}

export function manifestKey(storageKey: Uint8Array, version: number): Uint8Array {
  return createHmac('sha256', storageKey).update(`Manifest_${version}`).digest()
}

/** The key of one item, by its raw id; manifests of older clients bring no `recordIkm`. */
export function itemKey(storageKey: Uint8Array, recordIkm: Uint8Array | undefined, raw: Uint8Array): Uint8Array {
  if (recordIkm === undefined || recordIkm.length === 0) {
    return createHmac('sha256', storageKey)
      .update(`Item_${Buffer.from(raw).toString('base64')}`)
      .digest()
  }
  return hkdf(32, octets(recordIkm), new Uint8Array(Buffer.concat([itemInfo, raw])), null)
}

/** `nonce` has 12 octets and was never used before. */
export function sealStored(key: Uint8Array, plaintext: Uint8Array, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Throws Error when the octets are not what this key sealed. */
export function openStored(key: Uint8Array, sealed: Uint8Array): Buffer {
  if (sealed.length < nonceOctets + tagOctets) throw new RangeError('too short to be sealed')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceOctets))
  decipher.setAuthTag(sealed.subarray(-tagOctets))
  return Buffer.concat([decipher.update(sealed.subarray(nonceOctets, -tagOctets)), decipher.final()])
}
