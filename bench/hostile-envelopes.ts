/**
 * Envelopes from a hostile server or peer, into a real account over a real connection: noise, truncations, honest ones with
 * octets turned, replays, other people’s letters, forged and expired certificates, in between honest messages. Shared by the
 * benchmark and by the account’s test.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as signal from '@signalapp/libsignal-client'
import { createIds } from '../src/domain/ids.ts'
import { Inbound } from '../src/routing/inbound.ts'
import type { Device } from '../src/sandbox/mock.ts'
import { ServiceIdKind } from '../src/sandbox/mock.ts'
import { SignalPerson } from '../src/sandbox/people.ts'
import { SignalTestServer } from '../src/sandbox/signal-server.ts'
import { Account } from '../src/signal/account.ts'
import { systemClock, systemRandom } from '../src/signal/clock.ts'
import { type Envelope, envelopeCodec } from '../src/signal/proto/envelope.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { EventLog } from '../src/store/events.ts'
import { pruneQuarantine } from '../src/store/quarantine.ts'
import { signalSink } from '../src/transports/signal.ts'
import { noPortraits } from './no-portraits.ts'
import { MemoryIdentities } from './signal-memory.ts'

const gatewayNumber = '+15550000101'
const code = '482913'
/** Honest messages that are caught on their way, to be damaged. */
const caughtCount = 64
/** An honest message comes after so many hostile envelopes. */
const honestEvery = 250
/** As many un-acknowledged envelopes as the server has under way. */
const inFlightMax = 256
const prunedEvery = 20_000
const patienceMs = 60_000
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

export interface HostileTally {
  /** What the account counted, by kind. */
  counts: Readonly<Record<string, number>>
  hostile: number
  /** Of those, how many were acknowledged. */
  acknowledged: number
  honest: number
  /** Honest messages that are not kept exactly once. */
  lostOrDoubled: number
  seconds: number
}

type Random = (below: number) => number

/** xorshift32: the same seed gives the same run. */
function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Plays `count` hostile envelopes. Throws when the chain stalls. */
export async function playHostileEnvelopes(count: number, seed: number): Promise<HostileTally> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-hostile-'))
  const server = await SignalTestServer.start({ dataDir: directory, nextCode: () => code })
  const db = await openDatabase({ path: join(directory, 'db'), key: new Uint8Array(32).fill(7) })
  const account = new Account({
    db,
    server: server.customServer(),
    log: quiet,
    clock: systemClock,
    random: systemRandom,
    sink: signalSink(inboundOver(db), Date.now),
    codes: { next: async () => code },
    readReceipts: true,
    typing: true,
    profile: { name: 'Home', about: undefined },
    portraits: noPortraits,
  })
  try {
    await account.start()
    await account.register({ e164: gatewayNumber, captcha: 'signalcaptcha://bench', transport: 'sms' })
    await eventually('connected', () => account.status().state === 'connected')
    return await play({ server, db, account }, count, seed)
  } finally {
    await account.stop()
    await db.destroy()
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function play(
  { server, db, account }: { server: SignalTestServer; db: Database; account: Account },
  count: number,
  seed: number,
): Promise<HostileTally> {
  const { host } = server
  const ana = await SignalPerson.join(host, { name: 'Ana', e164: '+15550000201' })
  const target = await host.findByNumber(gatewayNumber)
  if (target === undefined) throw new Error('the gateway is not on Signal')
  const caught = await catchHonest(server, ana, target)
  const forged = await forgeSealed(target, ana.aci)
  const random = generator(seed)
  const startMs = performance.now()
  let acknowledged = 0
  let sent = 0
  const honest: string[] = []
  for (; sent < count; ) {
    const octets = hostileEnvelope(random, { caught, forged, target, peer: ana.aci })
    sent += 1
    void host.deliverRaw(target, octets).then(() => {
      acknowledged += 1
    })
    if (sent % honestEvery === 0) {
      honest.push(`honest ${sent}`)
      await ana.sendText(gatewayNumber, `honest ${sent}`)
    }
    if (sent % prunedEvery === 0) await pruneQuarantine(db)
    await eventually('the chain goes on', () => host.waiting(target) < inFlightMax)
  }
  await eventually('all are acknowledged', () => host.waiting(target) === 0)
  const seconds = (performance.now() - startMs) / 1_000
  const rows = await db.selectFrom('messages').select('text').where('text', 'like', 'honest %').execute()
  const kept = rows.map(({ text }) => text)
  const lostOrDoubled = honest.filter((text) => kept.filter((one) => one === text).length !== 1).length
  return { counts: account.envelopes(), hostile: count, acknowledged, honest: honest.length, lostOrDoubled, seconds }
}

function inboundOver(db: Database): Inbound {
  return new Inbound({
    db,
    events: new EventLog(db, Date.now),
    agenda: { touch() {}, free() {}, async flush() {} },
    ids: createIds(Date.now, systemRandom),
    clock: Date.now,
    region: 'US',
    transports: () => [],
    media: { dueAtMs: () => null, poke() {} },
  })
}

/** Honest letters, sealed and not, kept back from the gateway. */
async function catchHonest(server: SignalTestServer, ana: SignalPerson, target: Device): Promise<Envelope[]> {
  const caught: Envelope[] = []
  const { host } = server
  const deliver = host.deliverRaw.bind(host)
  host.deliverRaw = async (to, octets) => {
    if (to === target) caught.push(envelopeCodec.decode(octets))
    else await deliver(to, octets)
  }
  for (let i = 0; i < caughtCount; i += 1) {
    await ana.sendText(gatewayNumber, `caught ${i}`, { sealed: i % 2 === 0 })
  }
  host.deliverRaw = deliver
  return caught
}

/** Sealed to the gateway as it should be, but for who vouches for the sender. */
async function forgeSealed(target: Device, peer: string): Promise<Uint8Array[]> {
  const root = signal.PrivateKey.generate()
  const serverKey = signal.PrivateKey.generate()
  const sender = signal.PrivateKey.generate()
  const server = signal.ServerCertificate.new(1, serverKey.getPublicKey(), root)
  const identities = new MemoryIdentities(sender, 1)
  const to = signal.ProtocolAddress.new(target.aci, 1)
  const key = await target.getIdentityKey(ServiceIdKind.ACI)
  await identities.saveIdentity(to, signal.PublicKey.deserialize(new Uint8Array(key.serialize())))
  const message = signal.CiphertextMessage.from(signal.PlaintextContent.deserialize(Uint8Array.of(0xc0, 0x80)))
  const sealed: Uint8Array[] = []
  for (const expiresMs of [Date.now() + 86_400_000, 1]) {
    const certificate = signal.SenderCertificate.new(peer, null, 1, sender.getPublicKey(), expiresMs, server, serverKey)
    const usmc = signal.UnidentifiedSenderMessageContent.new(message, certificate, signal.ContentHint.Default, null)
    sealed.push(await signal.sealedSenderEncrypt(usmc, to, identities))
  }
  return sealed
}

const envelopeTypes = [1, 3, 6, 8, 5, 0, 2, 77]
const odd = [0, 1, 2, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 2 ** 63, 8.64e15 + 1, 1_700_000_000_000]

/** One envelope, of a kind that chance picks. */
function hostileEnvelope(
  random: Random,
  { caught, forged, target, peer }: { caught: Envelope[]; forged: Uint8Array[]; target: Device; peer: string },
): Buffer<ArrayBuffer> {
  const noise = (length: number) => Uint8Array.from({ length }, () => random(256))
  const turned = (octets: Uint8Array) => {
    const copy = octets.slice()
    for (let turns = random(4); turns >= 0 && copy.length > 0; turns -= 1) copy[random(copy.length)] = random(256)
    return copy
  }
  const honest = caught[random(caught.length)] ?? {}
  const content = honest.content ?? new Uint8Array()
  const of = (envelope: Envelope) => Buffer.from(envelopeCodec.encode(envelope))
  const made = () => ({
    type: envelopeTypes[random(envelopeTypes.length)] ?? 0,
    clientTimestamp: random(3) === 0 ? (odd[random(odd.length)] ?? 0) : 1_700_000_000_000 + random(1_000_000),
    sourceServiceId: [peer, target.aci, 'nobody', 'b0000000-0000-4000-8000-000000000001'][random(4)] ?? '',
    sourceDeviceId: [0, 1, 2, 127, 128, 2 ** 31][random(6)] ?? 0,
    destinationServiceId: [target.aci, target.aci, target.checkedPni, peer][random(4)] ?? '',
    content: noise(random(300)),
    serverTimestamp: Date.now(),
  })
  switch (random(10)) {
    case 0:
      return Buffer.from(noise(random(300)))
    case 1: {
      const whole = of(honest)
      return whole.subarray(0, random(whole.length))
    }
    case 2:
      return Buffer.from(turned(of(honest)))
    case 3:
      return of({ ...honest, content: turned(content) })
    case 4:
      return of({ ...honest, content: content.subarray(0, random(content.length)) })
    case 5:
      return of({ ...honest, type: envelopeTypes[random(envelopeTypes.length)] ?? 0 })
    case 6:
      return of({ ...honest, destinationServiceIdBinary: noise([0, 3, 16, 17][random(4)] ?? 0) })
    case 7:
      return of({ ...made(), type: 6, destinationServiceId: target.aci, content: forged[random(2)] ?? noise(9) })
    // The first time it is a message like any other, then a replay.
    case 8:
      return of(honest)
    default:
      return of(made())
  }
}

async function eventually(what: string, look: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  while (!look()) {
    if (performance.now() > deadlineMs) throw new Error(`never: ${what}`)
    await sleep(1)
  }
}
