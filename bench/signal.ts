/**
 * Signal beside raw libsignal, in the same run on the same machine: what our own bookkeeping costs. The mock server and the
 * people on it live in this process; the gateway and the sending clients are processes of their own, and what of the
 * processor those take is told beside the time on the wall, which a busy machine spoils. `cpuPercentOfBare` is the bare
 * work as a share of all that the whole process took for a message, its other threads and what it still had to start included.
 */
import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as signal from '@signalapp/libsignal-client'
import { House } from '../src/sandbox/house.ts'
import { SignalPerson } from '../src/sandbox/people.ts'
import { SignalTestServer } from '../src/sandbox/signal-server.ts'
import type { Benchmark, Measured } from './benchmark.ts'
import type { ClientReport, ClientTask } from './signal-client.ts'
import { MemoryIdentities, MemorySessions, NoPreKeys, OneKyberPreKey, OneSignedPreKey } from './signal-memory.ts'

const QUEUED = 1_000
/** Odd, for the median. */
const ROUNDS = 7
/** For the rate: the first of them warm the process up, as the bare loop's one is warm from sealing what it opens. */
const STREAM = 4_000
const WARMING = 1_000
/** Odd, too. */
const STREAMS = 3
const SENT = 2_000
/** Odd as well. */
const SENDERS = 5
const LANES = 32
const WAIT_MS = 180_000
/** As Signal's server pushes at a device. */
const UNDER_WAY = 256
/** `/proc/PID/stat` counts in these on Linux. */
const TICKS_PER_SECOND = 100

interface Rate {
  perSecond: number
  cpuMs: number
}

const round = (value: number) => Math.round(value * 100) / 100

/** Sealed messages of one session, opened with stores in memory. */
async function bareDecrypts(count: number): Promise<Rate> {
  const [alice, bob] = [signal.PrivateKey.generate(), signal.PrivateKey.generate()]
  const [ours, theirs] = [new MemoryIdentities(bob, 2), new MemoryIdentities(alice, 1)]
  const [ourSessions, theirSessions] = [new MemorySessions(), new MemorySessions()]
  const to = signal.ProtocolAddress.new('11111111-1111-4111-8111-111111111111', 1)
  const from = signal.ProtocolAddress.new('22222222-2222-4222-8222-222222222222', 1)
  const signed = signal.PrivateKey.generate()
  const kyber = signal.KEMKeyPair.generate()
  const signature = bob.sign(signed.getPublicKey().serialize())
  const kyberSignature = bob.sign(kyber.getPublicKey().serialize())
  const keys = [bob.getPublicKey(), 1, kyber.getPublicKey(), kyberSignature] as const
  const bundle = signal.PreKeyBundle.new(2, 1, null, null, 1, signed.getPublicKey(), signature, ...keys)
  await signal.processPreKeyBundle(bundle, to, from, theirSessions, theirs)
  const root = signal.PrivateKey.generate()
  const serverKey = signal.PrivateKey.generate()
  const server = signal.ServerCertificate.new(1, serverKey.getPublicKey(), root)
  const expiresMs = Date.now() + 86_400_000
  const certificate = signal.SenderCertificate.new(
    from.name(),
    null,
    1,
    alice.getPublicKey(),
    expiresMs,
    server,
    serverKey,
  )
  const preKeys = [
    new NoPreKeys(),
    new OneSignedPreKey(signal.SignedPreKeyRecord.new(1, 1, signed.getPublicKey(), signed, signature)),
    new OneKyberPreKey(signal.KyberPreKeyRecord.new(1, 1, kyber, kyberSignature)),
  ] as const
  const seal = async () => {
    const text = new Uint8Array(240).fill(7)
    const ciphertext = await signal.signalEncrypt(text, to, from, theirSessions, theirs)
    const hint = signal.ContentHint.Resendable
    const usmc = signal.UnidentifiedSenderMessageContent.new(ciphertext, certificate, hint, null)
    return await signal.sealedSenderEncrypt(usmc, to, theirs)
  }
  await theirs.saveIdentity(to, bob.getPublicKey())
  const open = async (envelope: Uint8Array<ArrayBuffer>) => {
    const usmc = await signal.sealedSenderDecryptToUsmc(envelope, ours)
    if (!usmc.senderCertificate().validateWithTrustRoots([root.getPublicKey()], Date.now())) throw new Error('forged')
    if (usmc.msgType() === signal.CiphertextMessageType.PreKey) {
      const message = signal.PreKeySignalMessage.deserialize(usmc.contents())
      await signal.signalDecryptPreKey(message, from, to, ourSessions, ours, ...preKeys)
    } else {
      const message = signal.SignalMessage.deserialize(usmc.contents())
      await signal.signalDecrypt(message, from, to, ourSessions, ours)
    }
  }
  await open(await seal())
  // An answer ends the series of pre-key messages.
  const answer = await signal.signalEncrypt(new Uint8Array(1), from, to, ourSessions, ours)
  await signal.signalDecrypt(signal.SignalMessage.deserialize(answer.serialize()), to, from, theirSessions, theirs)
  const envelopes: Uint8Array<ArrayBuffer>[] = []
  for (let i = 0; i < count; i++) envelopes.push(await seal())
  const before = process.cpuUsage()
  const startMs = performance.now()
  for (const envelope of envelopes) await open(envelope)
  const { user, system } = process.cpuUsage(before)
  return { perSecond: count / ((performance.now() - startMs) / 1_000), cpuMs: (user + system) / 1_000 / count }
}

function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND
}

type ReceivingDevice = Parameters<House['world']['server']['host']['waiting']>[0]

interface Drained {
  /** From the start of the process until the last letter was acknowledged. */
  drainedMs: number
  perSecond: number
  cpuMs: number
  bare: Rate
}

/**
 * Starts a gateway that is stopped, with so many letters at the server, until the last is acknowledged, so is on the disk.
 * The rate is that of all but the first `warming`.
 */
async function drain(house: House, device: ReceivingDevice, letters: number, warming = 0): Promise<Drained> {
  const { host } = house.world.server
  const ana = house.world.signalPerson('ana')
  for (let i = 0; i < letters; i++) await ana.sendText(house.world.gatewayNumber, `queued ${i}`)
  // Before and after: the machine may be a busier one by then.
  const before = await bareDecrypts(QUEUED)
  const startMs = performance.now()
  let beganMs = 0
  let cpuMs = 0
  // The first letters are acknowledged together: what they took is not in the time from there on, so neither are they.
  let counted = 0
  const started = house.start()
  for (;;) {
    const waiting = host.waiting(device)
    if (beganMs === 0 && waiting < letters - warming) {
      beganMs = performance.now()
      counted = waiting
      cpuMs = cpuMsOf(house.gatewayPid ?? 0)
    }
    if (waiting === 0) break
    if (performance.now() - startMs > WAIT_MS) throw new Error(`${waiting} are still waiting`)
    await sleep(5)
  }
  const endMs = performance.now()
  cpuMs = cpuMsOf(house.gatewayPid ?? 0) - cpuMs
  await started
  const after = await bareDecrypts(QUEUED)
  await house.stop()
  return {
    drainedMs: endMs - startMs,
    perSecond: counted / ((endMs - beganMs) / 1_000),
    cpuMs: cpuMs / counted,
    bare: {
      perSecond: 2 / (1 / before.perSecond + 1 / after.perSecond),
      cpuMs: (before.cpuMs + after.cpuMs) / 2,
    },
  }
}

/**
 * The median over several starts, and the worst: a single second of a shared machine says little. What a start costs is in
 * the time until 1,000 letters are drained, and in `percentOfBareFromStart`; `percentOfBare` is between two warm processes.
 */
async function receive(): Promise<Measured> {
  const house = await House.open({ config: { log: { level: 'warn', format: 'json' } } })
  try {
    const { host } = house.world.server
    await house.reaches(await house.send(house.world.signalPerson('ana').e164, 'first'), 'delivered')
    const device = await host.findByNumber(house.world.gatewayNumber)
    if (device === undefined) throw new Error('the gateway is not on Signal')
    await house.stop()
    host.pushAtOnce(device, UNDER_WAY)
    const starts: Drained[] = []
    for (let i = 0; i < ROUNDS; i++) starts.push(await drain(house, device, QUEUED))
    const streams: Drained[] = []
    for (let i = 0; i < STREAMS; i++) streams.push(await drain(house, device, STREAM, WARMING))
    const percentOf = ({ perSecond, bare }: Drained) => (perSecond / bare.perSecond) * 100
    const median = (of: (round: Drained) => number) => middle(streams.map(of))
    return {
      starts: ROUNDS,
      drainedMs: Math.round(middle(starts.map(({ drainedMs }) => drainedMs))),
      drainedWorstMs: Math.round(Math.max(...starts.map(({ drainedMs }) => drainedMs))),
      percentOfBareFromStart: Math.round(middle(starts.map(percentOf))),
      streams: STREAMS,
      messagesPerSecond: Math.round(median(({ perSecond }) => perSecond)),
      cpuMsPerMessage: round(median(({ cpuMs }) => cpuMs)),
      bareMessagesPerSecond: Math.round(median(({ bare }) => bare.perSecond)),
      bareCpuMsPerMessage: round(median(({ bare }) => bare.cpuMs)),
      percentOfBare: Math.round(median(percentOf)),
      percentOfBareWorst: Math.round(Math.min(...streams.map(percentOf))),
      cpuPercentOfBare: Math.round(median(({ cpuMs, bare }) => (bare.cpuMs / cpuMs) * 100)),
    }
  } finally {
    await house.close()
  }
}

/** Of an odd number of values. */
function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The median over several accounts in processes of their own, one after the other, and the worst share. */
async function send(): Promise<Measured> {
  const rounds: Awaited<ReturnType<typeof sendsOfOne>>[] = []
  for (let i = 0; i < SENDERS; i++) rounds.push(await sendsOfOne())
  const median = (of: (round: (typeof rounds)[number]) => number) => middle(rounds.map(of))
  const percentOf = ({ ours, bare }: (typeof rounds)[number]) => (ours.perSecond / bare.perSecond) * 100
  return {
    rounds: SENDERS,
    messagesPerSecond: median(({ ours }) => ours.perSecond),
    cpuMsPerMessage: median(({ ours }) => ours.cpuMs),
    bareMessagesPerSecond: median(({ bare }) => bare.perSecond),
    bareCpuMsPerMessage: median(({ bare }) => bare.cpuMs),
    percentOfBare: Math.round(median(percentOf)),
    percentOfBareWorst: Math.round(Math.min(...rounds.map(percentOf))),
    cpuPercentOfBare: Math.round(median(({ ours, bare }) => (bare.cpuMs / ours.cpuMs) * 100)),
    singleP95Ms: median(({ single }) => single.p95Ms),
    singleMessagesPerSecond: median(({ single }) => single.perSecond),
  }
}

async function sendsOfOne() {
  const dataDir = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
  const code = String(randomInt(100_000, 1_000_000))
  const server = await SignalTestServer.start({ dataDir, nextCode: () => code })
  const self = fileURLToPath(import.meta.url)
  const client = fork(join(self, '..', `signal-client${extname(self)}`), { serialization: 'advanced' })
  try {
    const habits = { deliveryReceipts: false }
    const ana = await SignalPerson.join(server.host, { name: 'Ana', e164: '+15550000201', habits })
    const e164 = '+15550000101'
    const task: ClientTask = {
      server: server.customServer(),
      e164,
      to: ana.aci,
      code,
      messages: SENT,
      lanes: LANES,
    }
    const reports: ClientReport[] = []
    client.on('message', (what) => reports.push(what as ClientReport))
    const next = async (): Promise<ClientReport> => {
      for (;;) {
        const report = reports.shift()
        if (report !== undefined && 'failure' in report) throw new Error(report.failure)
        if (report !== undefined) return report
        if (client.exitCode !== null) throw new Error('the client has ended')
        await sleep(20)
      }
    }
    client.send(task)
    await next()
    // She is known, with her profile key, and the session has been answered.
    await (await ana.sendText(e164, 'hello')).acknowledged
    client.send('go')
    const figures = await next()
    if (!('ours' in figures)) throw new Error('no figures')
    return figures
  } finally {
    if (client.connected) client.disconnect()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'signal-beside-bare-receive', ideal: { drainedMs: 3_000, percentOfBare: 50 }, run: receive },
  { name: 'signal-beside-bare-send', ideal: { percentOfBare: 60, singleP95Ms: 50 }, run: send },
]
