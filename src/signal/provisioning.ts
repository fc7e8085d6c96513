/**
 * What a device and the phone that links it say to each other (reference/signal-service.md 3.2 and 3.4): the link in
 * the QR code, the envelope with the account's keys, and the encrypted name of the device. Pure but for chance.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { hkdf, IdentityKeyPair, PrivateKey, PublicKey } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { octets, readServiceId } from './ids.ts'
import { deviceNameCodec, provisionEnvelopeCodec, provisionMessageCodec } from './proto/provisioning.ts'

const versionSupported = 1
const ivOctets = 16
const macOctets = 32
const keyOctets = 32
const keyInfo = new Uint8Array(Buffer.from('TextSecure Provisioning Message'))

/** All that the phone gave: enough to ask the server for a place as one more device. */
export interface Provisioned {
  e164: string
  aci: string
  /** Without prefix. */
  pni: string
  code: string
  aciIdentity: IdentityKeyPair
  pniIdentity: IdentityKeyPair
  profileKey: Uint8Array
  /** Undefined from phones that do not tell it here; it is asked for later. */
  entropyPool: string | undefined
  readReceipts: boolean
}

/** The link that the phone scans. `address` is the server's name for this attempt. */
export function linkUri(address: string, publicKey: PublicKey): string {
  const key = Buffer.from(publicKey.serialize()).toString('base64')
  return `sgnl://linkdevice?uuid=${encodeURIComponent(address)}&pub_key=${encodeURIComponent(key)}&capabilities=`
}

/**
 * Opens the envelope that the phone sent to `ours`. Throws CausewayError `signal-link-envelope` when its authentication
 * fails, or when something is missing or does not fit together.
 */
export function openProvisioning(envelope: Uint8Array, ours: PrivateKey): Provisioned {
  try {
    return read(decrypt(envelope, ours))
  } catch (cause) {
    throw new CausewayError({
      code: 'signal-link-envelope',
      message: `What the phone sent cannot be used (${cause instanceof Error ? cause.message : String(cause)}). Link again.`,
      retry: 'after-human',
      cause,
    })
  }
}

function decrypt(envelope: Uint8Array, ours: PrivateKey): Uint8Array {
  const { publicKey, body } = provisionEnvelopeCodec.decode(envelope)
  if (publicKey === undefined || body === undefined) throw new Error('a part of the envelope is missing')
  if (body.length < 1 + ivOctets + macOctets || body[0] !== versionSupported) throw new Error('unknown version')
  const secret = ours.agree(PublicKey.deserialize(octets(publicKey)))
  const keys = hkdf(2 * keyOctets, secret, keyInfo, null)
  const signed = body.subarray(0, -macOctets)
  const mac = createHmac('sha256', keys.subarray(keyOctets)).update(signed).digest()
  if (!timingSafeEqual(mac, body.subarray(-macOctets))) throw new Error('its authentication is wrong')
  const cipher = createDecipheriv('aes-256-cbc', keys.subarray(0, keyOctets), signed.subarray(1, 1 + ivOctets))
  return Buffer.concat([cipher.update(signed.subarray(1 + ivOctets)), cipher.final()])
}

function read(plaintext: Uint8Array): Provisioned {
  const message = provisionMessageCodec.decode(plaintext)
  const { number, provisioningCode, profileKey } = message
  const aci = readServiceId(message.aciBinary, message.aci)
  const pniText = message.pni === undefined ? undefined : `PNI:${message.pni.replace(/^PNI:/i, '')}`
  // Sixteen octets without the mark of a phone-number identity read as the bare UUID that we want.
  const pni = readServiceId(message.pniBinary, pniText)?.replace(/^PNI:/, '')
  if (number === undefined || aci === undefined || pni === undefined) {
    throw new Error('it names no account with a phone number')
  }
  if (provisioningCode === undefined || profileKey?.length !== keyOctets)
    throw new Error('code or profile key is missing')
  return {
    e164: number,
    aci,
    pni,
    code: provisioningCode,
    aciIdentity: identity(message.aciIdentityKeyPublic, message.aciIdentityKeyPrivate),
    pniIdentity: identity(message.pniIdentityKeyPublic, message.pniIdentityKeyPrivate),
    profileKey,
    entropyPool: message.accountEntropyPool === '' ? undefined : message.accountEntropyPool,
    readReceipts: message.readReceipts ?? true,
  }
}

function identity(publicOctets: Uint8Array | undefined, privateOctets: Uint8Array | undefined): IdentityKeyPair {
  if (publicOctets === undefined || privateOctets === undefined) throw new Error('an identity key is missing')
  const privateKey = PrivateKey.deserialize(octets(privateOctets))
  const publicKey = privateKey.getPublicKey()
  if (Buffer.compare(publicKey.serialize(), publicOctets) !== 0)
    throw new Error('an identity key does not fit its pair')
  return new IdentityKeyPair(publicKey, privateKey)
}

/** The device's name as only the account's own devices can read it; base64, as the server takes it. */
export function encryptDeviceName(name: string, aciIdentity: PublicKey, ephemeral = PrivateKey.generate()): string {
  const plaintext = Buffer.from(name)
  const secret = ephemeral.agree(aciIdentity)
  const syntheticIv = hmac(hmac(secret, 'auth'), plaintext).subarray(0, ivOctets)
  const key = hmac(hmac(secret, 'cipher'), syntheticIv)
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(ivOctets))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const encoded = deviceNameCodec.encode({
    ephemeralPublic: ephemeral.getPublicKey().serialize(),
    syntheticIv,
    ciphertext,
  })
  return Buffer.from(encoded).toString('base64')
}

/** The name that another device of the account gave itself; undefined when it is not for us, or damaged. */
export function decryptDeviceName(encoded: string, aciIdentity: PrivateKey): string | undefined {
  try {
    const name = deviceNameCodec.decode(new Uint8Array(Buffer.from(encoded, 'base64')))
    const { ephemeralPublic, syntheticIv, ciphertext } = name
    if (ephemeralPublic === undefined || syntheticIv?.length !== ivOctets || ciphertext === undefined) return undefined
    const secret = aciIdentity.agree(PublicKey.deserialize(octets(ephemeralPublic)))
    const key = hmac(hmac(secret, 'cipher'), syntheticIv)
    const cipher = createDecipheriv('aes-256-ctr', key, Buffer.alloc(ivOctets))
    const plaintext = Buffer.concat([cipher.update(ciphertext), cipher.final()])
    const expected = hmac(hmac(secret, 'auth'), plaintext).subarray(0, ivOctets)
    return timingSafeEqual(expected, syntheticIv) ? plaintext.toString() : undefined
  } catch {
    return undefined
  }
}

function hmac(key: Uint8Array, data: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}
