/**
 * The account's number changed on the phone: this linked device is handed a new phone-number identity with its keys. All of
 * it takes the place of the old one in the receiver's transaction, or nothing does; a half of it would leave an identity
 * that can read nothing.
 */
import { IdentityKeyPair, KyberPreKeyRecord, SignedPreKeyRecord } from '@signalapp/libsignal-client'
import type { DatabaseTransaction } from '../store/database.ts'
import type { Credentials } from './credentials.ts'
import { shortly } from './errors.ts'
import { isPni, octets } from './ids.ts'
import { type EnvelopeSender, Unreadable } from './opening.ts'
import { keepRepeatedUseKeys } from './prekeys.ts'
import type { PniChangeNumber } from './proto/messages.ts'

const registrationIdMax = 0x3fff
const primaryDevice = 1

const keysOfIdentity = [
  'signal_sessions',
  'signal_pre_keys',
  'signal_signed_pre_keys',
  'signal_kyber_pre_keys',
  'signal_kyber_uses',
  'signal_sender_keys',
  'signal_key_counters',
] as const

/**
 * Installs the new identity. `updatedPni` is what the envelope says (the server's word), as a service id. Throws
 * `Unreadable` when the change is not the phone's to make, or is not whole.
 */
export async function applyNumberChange(
  change: PniChangeNumber,
  given: { sender: EnvelopeSender; updatedPni: string | undefined; credentials: Credentials; nowMs: number },
  transaction: DatabaseTransaction,
): Promise<void> {
  const { sender, updatedPni, credentials, nowMs } = given
  if (credentials.deviceId === primaryDevice || sender.deviceId !== primaryDevice) {
    throw unusable('a changed number that is not told by the phone of the account')
  }
  if (updatedPni === undefined || !isPni(updatedPni)) throw unusable('a changed number without its identity')
  const { identity, signed, lastResort, registrationId, e164 } = read(change)
  await transaction
    .updateTable('signal_account')
    .set({
      pni: updatedPni.slice(4),
      e164: e164 ?? credentials.e164,
      pni_identity: identity.serialize(),
      pni_registration_id: registrationId,
    })
    .execute()
  for (const table of keysOfIdentity) await transaction.deleteFrom(table).where('own', '=', 'pni').execute()
  await keepRepeatedUseKeys(transaction, 'pni', { signed, lastResort }, nowMs)
}

function read(change: PniChangeNumber) {
  const { identityKeyPair, signedPreKey, lastResortKyberPreKey, registrationId = 0, newE164 } = change
  try {
    const identity = IdentityKeyPair.deserialize(octets(identityKeyPair ?? new Uint8Array()))
    const signed = SignedPreKeyRecord.deserialize(octets(signedPreKey ?? new Uint8Array()))
    const lastResort = KyberPreKeyRecord.deserialize(octets(lastResortKyberPreKey ?? new Uint8Array()))
    for (const key of [signed, lastResort]) {
      if (!identity.publicKey.verify(key.publicKey().serialize(), key.signature())) {
        throw new Error('a key that the new identity has not signed')
      }
    }
    if (registrationId < 1 || registrationId > registrationIdMax) throw new Error('no registration id')
    const e164 = newE164 !== undefined && /^\+[1-9]\d{5,14}$/.test(newE164) ? newE164 : undefined
    return { identity, signed, lastResort, registrationId, e164 }
  } catch (error) {
    throw unusable(`a changed number that cannot be used: ${shortly(error)}`)
  }
}

function unusable(detail: string): Unreadable {
  return new Unreadable('number-change', detail, { keepRatchet: true })
}
