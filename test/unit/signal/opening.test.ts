/** Sealed envelopes whose certificates are not what they should be, made with keys of our own. */
import {
  ContentHint,
  IdentityKeyPair,
  PreKeyBundle,
  PrivateKey,
  ProtocolAddress,
  processPreKeyBundle,
  SenderCertificate,
  SenderKeyDistributionMessage,
  ServerCertificate,
  sealedSenderEncrypt,
  signalEncrypt,
  UnidentifiedSenderMessageContent,
} from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pad } from '../../../src/signal/content.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import { openEnvelope, Unreadable } from '../../../src/signal/opening.ts'
import { keepRepeatedUseKeys, makeRepeatedUseKeys } from '../../../src/signal/prekeys.ts'
import { envelopeCodec } from '../../../src/signal/proto/envelope.ts'
import { contentCodec } from '../../../src/signal/proto/messages.ts'
import { keysPerDeviceMax } from '../../../src/signal/sender-keys-kept.ts'
import { type LocalIdentity, RatchetUnit } from '../../../src/signal/stores.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const own = { aci: '9d0652a3-dcc3-4d11-975f-74d61598733f', pni: '11111111-dcc3-4d11-975f-74d61598733f' }
const senderAci = '00000000-0000-4000-8000-000000000001'
const nowMs = 1_700_000_000_000
const trustRoot = PrivateKey.generate()

let ours: Database
let theirs: Database
let credentials: Credentials
let sender: LocalIdentity

beforeEach(async () => {
  ours = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  theirs = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  const identity = (kind: 'aci' | 'pni', name: string): LocalIdentity => ({
    own: kind,
    address: ProtocolAddress.new(name, 1),
    keyPair: IdentityKeyPair.generate(),
    registrationId: 7,
  })
  sender = identity('aci', senderAci)
  credentials = {
    e164: '+15550000101',
    ...own,
    deviceId: 1,
    password: '',
    identities: { aci: identity('aci', own.aci), pni: identity('pni', `PNI:${own.pni}`) },
    profileKey: new ProfileKey(new Uint8Array(32)),
    entropyPool: '',
    signedOutAtMs: undefined,
    keysRotatedAtMs: 0,
  }
})

afterEach(async () => {
  await ours.destroy()
  await theirs.destroy()
})

interface Forgery {
  signedBy?: PrivateKey
  expiresAtMs?: number
  destination?: string
  content?: Uint8Array
}

/** A sealed envelope from `senderAci`, right in everything but what the forgery says. */
async function sealedEnvelope({ signedBy = trustRoot, expiresAtMs = nowMs + 1, ...forgery }: Forgery = {}) {
  const target = credentials.identities.aci
  const keys = makeRepeatedUseKeys(target.keyPair, { signed: 1, kyber: 2 }, nowMs)
  await ours.transaction().execute((transaction) => keepRepeatedUseKeys(transaction, 'aci', keys, nowMs))
  const bundle = PreKeyBundle.new(
    target.registrationId,
    1,
    null,
    null,
    1,
    keys.signed.publicKey(),
    keys.signed.signature(),
    target.keyPair.publicKey,
    2,
    keys.lastResort.publicKey(),
    keys.lastResort.signature(),
  )
  const { sessions, identities } = new RatchetUnit(theirs, nowMs).stores(sender)
  const now = new Date(nowMs)
  await processPreKeyBundle(bundle, target.address, sender.address, sessions, identities, now)
  const content = forgery.content ?? pad(contentCodec.encode({ dataMessage: { body: 'hi', timestamp: nowMs } }))
  const padded = new Uint8Array(content)
  const ciphertext = await signalEncrypt(padded, target.address, sender.address, sessions, identities, now)
  const serverKey = PrivateKey.generate()
  const server = ServerCertificate.new(9, serverKey.getPublicKey(), signedBy)
  const certificate = SenderCertificate.new(
    senderAci,
    null,
    1,
    sender.keyPair.publicKey,
    expiresAtMs,
    server,
    serverKey,
  )
  const usmc = UnidentifiedSenderMessageContent.new(ciphertext, certificate, ContentHint.Resendable, null)
  return envelopeCodec.encode({
    type: 6,
    clientTimestamp: nowMs,
    serverTimestamp: nowMs,
    destinationServiceId: forgery.destination ?? own.aci,
    content: await sealedSenderEncrypt(usmc, target.address, identities),
  })
}

async function open(envelope: Uint8Array) {
  const unit = new RatchetUnit(ours, nowMs)
  return await openEnvelope(envelope, nowMs, { unit, credentials, trustRoots: [trustRoot.getPublicKey()] })
}

async function whyNot(envelope: Uint8Array): Promise<string> {
  try {
    await open(envelope)
    return 'opened'
  } catch (error) {
    if (error instanceof Unreadable) return error.code
    throw error
  }
}

test('a sealed envelope with a good certificate opens', async () => {
  expect(await open(await sealedEnvelope())).toMatchObject({
    kind: 'content',
    sender: { aci: senderAci, sealed: true },
    content: { dataMessage: { body: 'hi' } },
  })
})

test('a certificate that another root signed is refused', async () => {
  expect(await whyNot(await sealedEnvelope({ signedBy: PrivateKey.generate() }))).toBe('sealed-certificate')
})

test('an expired certificate is refused', async () => {
  expect(await whyNot(await sealedEnvelope({ expiresAtMs: nowMs - 1 }))).toBe('sealed-certificate')
})

test('a sealed message to a phone-number identity is refused', async () => {
  expect(await whyNot(await sealedEnvelope({ destination: `PNI:${own.pni}` }))).toBe('sealed-to-pni')
})

test('what is addressed to somebody else is left alone', async () => {
  const elsewhere = await sealedEnvelope({ destination: '22222222-dcc3-4d11-975f-74d61598733f' })
  expect(await open(elsewhere)).toMatchObject({ kind: 'nothing' })
})

test('decrypted content without padding is not taken for text, and the message key counts as used', async () => {
  const envelope = await sealedEnvelope({ content: Uint8Array.of(1, 2, 3) })
  await expect(open(envelope)).rejects.toMatchObject({ code: 'padding', keepRatchet: true })
})

test('an envelope whose keys we do not have asks for a retry', async () => {
  const envelope = await sealedEnvelope()
  await ours.deleteFrom('signal_signed_pre_keys').execute()
  await expect(open(envelope)).rejects.toMatchObject({
    code: 'undecryptable',
    from: { aci: senderAci },
    retry: { aci: senderAci, deviceId: 1, timestampMs: nowMs },
  })
})

test('nothing that is not an envelope opens', async () => {
  for (const bytes of [[], [0xff], [8, 6], [8, 1, 0x42, 1, 0], [8, 99, 0x42, 1, 0]]) {
    expect(await whyNot(Uint8Array.from(bytes))).not.toBe('opened')
  }
})

test('a time that no calendar has is refused in every kind of envelope, and the server’s own falls back on the push', async () => {
  for (const clientTimestamp of [0, 8.64e15 + 1, 2 ** 63]) {
    for (const type of [1, 5, 6]) {
      const octets = envelopeCodec.encode({ type, clientTimestamp, sourceServiceId: senderAci })
      expect(await whyNot(octets), `${type} ${clientTimestamp}`).toBe('timestamp-range')
    }
  }
  const receipt = { type: 5, clientTimestamp: nowMs - 5, serverTimestamp: 2 ** 63, sourceServiceId: senderAci }
  expect(await open(envelopeCodec.encode(receipt))).toMatchObject({ serverTimestampMs: nowMs })
})

test('of the keys that one device hands us for groups the newest are kept, and those of others stay', async () => {
  const row = (index: number, address = senderAci) => {
    const distribution_id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    return { own: 'aci' as const, address, device_id: 1, distribution_id, record: new Uint8Array(1) }
  }
  const many = Array.from({ length: keysPerDeviceMax + 20 }, (_, index) => row(index))
  await ours
    .insertInto('signal_sender_keys')
    .values([row(0, own.aci), ...many])
    .execute()
  const { senderKeys } = new RatchetUnit(theirs, nowMs).stores(sender)
  const fresh = '00000000-0000-4000-8000-00000000ffff'
  const key = await SenderKeyDistributionMessage.create(sender.address, fresh, senderKeys)
  const content = pad(contentCodec.encode({ senderKeyDistributionMessage: key.serialize() }))
  const unit = new RatchetUnit(ours, nowMs)
  const context = { unit, credentials, trustRoots: [trustRoot.getPublicKey()] }
  await openEnvelope(await sealedEnvelope({ content }), nowMs, context)
  await ours.transaction().execute((transaction) => unit.commit(transaction))
  const kept = await ours.selectFrom('signal_sender_keys').select(['address', 'distribution_id']).execute()
  const theirKeys = kept.filter(({ address }) => address === senderAci).map(({ distribution_id: id }) => id)
  expect(theirKeys).toHaveLength(keysPerDeviceMax)
  expect(theirKeys).toContain(fresh)
  expect(theirKeys).not.toContain(row(20).distribution_id)
  expect(kept).toHaveLength(keysPerDeviceMax + 1)
})

test('2,000 envelopes with octets changed, cut off or added either open as before or are refused with a code', async () => {
  const envelope = await sealedEnvelope()
  let state = 20_261_122
  const random = (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return Math.floor((state / 2 ** 32) * below)
  }
  const outcomes = new Set<string>()
  for (let round = 0; round < 2_000; round += 1) {
    const bytes = [...envelope]
    for (let change = random(3); change >= 0; change -= 1) bytes[random(bytes.length)] = random(256)
    if (random(4) === 0) bytes.length = random(bytes.length)
    if (random(4) === 0) bytes.splice(random(bytes.length), 0, ...Array.from({ length: random(50) }, () => random(256)))
    outcomes.add(await whyNot(Uint8Array.from(bytes)))
  }
  expect([...outcomes]).toEqual(expect.arrayContaining(['envelope-malformed', 'sealed-undecryptable']))
})
