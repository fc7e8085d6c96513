/** The envelope of a phone that links a device, and the device's name, against values computed beforehand. */
import { createCipheriv, createHmac } from 'node:crypto'
import { hkdf, IdentityKeyPair, PrivateKey } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import {
  deviceNameCodec,
  provisionEnvelopeCodec,
  provisionMessageCodec,
} from '../../../src/signal/proto/provisioning.ts'
import { encryptDeviceName, linkUri, openProvisioning } from '../../../src/signal/provisioning.ts'

const filled = (octet: number) => PrivateKey.deserialize(new Uint8Array(32).fill(octet))
const ours = filled(5)
const theirs = filled(6)
const aciIdentity = IdentityKeyPair.generate()
const pniIdentity = IdentityKeyPair.generate()
const aci = '9d0652a3-dcc3-4d11-975f-74d61598733f'

const message = {
  aciIdentityKeyPublic: aciIdentity.publicKey.serialize(),
  aciIdentityKeyPrivate: aciIdentity.privateKey.serialize(),
  pniIdentityKeyPublic: pniIdentity.publicKey.serialize(),
  pniIdentityKeyPrivate: pniIdentity.privateKey.serialize(),
  number: '+15550000301',
  provisioningCode: 'code',
  profileKey: new Uint8Array(32).fill(1),
  aciBinary: Buffer.from(aci.replaceAll('-', ''), 'hex'),
  pniBinary: Buffer.alloc(16, 7),
}

function envelope(plaintext: Uint8Array): { publicKey: Uint8Array; body: Uint8Array } {
  const info = new Uint8Array(Buffer.from('TextSecure Provisioning Message'))
  const keys = hkdf(64, theirs.agree(ours.getPublicKey()), info, null)
  const iv = Buffer.alloc(16, 9)
  const cipher = createCipheriv('aes-256-cbc', keys.subarray(0, 32), iv)
  const signed = Buffer.concat([Buffer.from([1]), iv, cipher.update(plaintext), cipher.final()])
  const mac = createHmac('sha256', keys.subarray(32)).update(signed).digest()
  return { publicKey: theirs.getPublicKey().serialize(), body: Buffer.concat([signed, mac]) }
}

const sealed = (change: object = {}) =>
  provisionEnvelopeCodec.encode(envelope(provisionMessageCodec.encode({ ...message, ...change })))

test('the keys come from the agreement as the service’s other clients derive them', () => {
  const info = new Uint8Array(Buffer.from('TextSecure Provisioning Message'))
  const keys = Buffer.from(hkdf(64, ours.agree(theirs.getPublicKey()), info, null)).toString('hex')
  expect(keys).toBe(
    'ce2f6d8b461c8f5248bd840eb3320faf2dfd2b8f6d7a571f48c052585b8afcd9e1ead3d77064d2541a0a8c9e0a369ece779da15db3b4f3404ea71ea3930678c6',
  )
})

test('an envelope gives the account, by binary ids or by text', () => {
  const expected = { e164: '+15550000301', aci, pni: '07070707-0707-0707-0707-070707070707', code: 'code' }
  expect(openProvisioning(sealed(), ours)).toMatchObject(expected)
  const asText = { aciBinary: undefined, pniBinary: undefined, aci: aci.toUpperCase(), pni: expected.pni }
  expect(openProvisioning(sealed(asText), ours)).toMatchObject(expected)
})

test.each([
  ['no number', { number: undefined }],
  ['no account', { aciBinary: undefined }],
  ['no phone-number identity', { pniBinary: undefined }],
  ['a public key of another pair', { aciIdentityKeyPublic: pniIdentity.publicKey.serialize() }],
  ['a short profile key', { profileKey: new Uint8Array(31) }],
  ['no code', { provisioningCode: undefined }],
])('an envelope with %s is refused', (_what, change) => {
  expect(() => openProvisioning(sealed(change), ours)).toThrow(
    expect.objectContaining({ code: 'signal-link-envelope' }),
  )
})

test('no octet of the body can be changed unnoticed, and no truncation is taken', () => {
  const { publicKey, body } = envelope(provisionMessageCodec.encode(message))
  for (let index = 0; index < body.length; index += 1) {
    const changed = Buffer.from(body)
    changed[index] = (changed[index] ?? 0) ^ 1
    for (const bad of [changed, body.subarray(0, index)]) {
      const octets = provisionEnvelopeCodec.encode({ publicKey, body: bad })
      expect(() => openProvisioning(octets, ours)).toThrow(expect.objectContaining({ code: 'signal-link-envelope' }))
    }
  }
})

test('the name of the device is encrypted as other clients read it', () => {
  const octets = Buffer.from(encryptDeviceName('Causeway', filled(5).getPublicKey(), filled(6)), 'base64')
  const { syntheticIv, ciphertext } = deviceNameCodec.decode(octets)
  expect(Buffer.from(syntheticIv ?? []).toString('hex')).toBe('53a87bc07f2486548d432ef2ad490fda')
  expect(Buffer.from(ciphertext ?? []).toString('hex')).toBe('83bcdf535af02960')
})

test('the link holds address and key in a form that any parser of addresses reads', () => {
  const uri = new URL(linkUri('a+b/c=', ours.getPublicKey()))
  expect(uri.searchParams.get('uuid')).toBe('a+b/c=')
  const key = Buffer.from(uri.searchParams.get('pub_key') ?? '', 'base64')
  expect(key).toEqual(Buffer.from(ours.getPublicKey().serialize()))
})
