/**
 * A Signal account as a process of its own, beside libsignal without anything of ours around it on the same machine in the
 * same minute: what `signal.ts` starts and asks. Does nothing when it is merely imported.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as signal from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { Account } from '../src/signal/account.ts'
import { SenderCertificates } from '../src/signal/certificates.ts'
import { Chat, openNet } from '../src/signal/chat.ts'
import { systemClock, systemRandom } from '../src/signal/clock.ts'
import { pad } from '../src/signal/content.ts'
import { type Credentials, loadCredentials } from '../src/signal/credentials.ts'
import type { SignalSink } from '../src/signal/facts.ts'
import { contentCodec } from '../src/signal/proto/messages.ts'
import type { CustomSignalServer } from '../src/signal/server.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { noPortraits } from './no-portraits.ts'
import { MemoryIdentities, MemorySessions } from './signal-memory.ts'

export interface ClientTask {
  server: CustomSignalServer
  /** Our number, and whom to write to (who has written to us by the time that `go` comes). */
  e164: string
  to: string
  code: string
  messages: number
  /** Sent at once. */
  lanes: number
}

export interface Pace {
  perSecond: number
  /** Of this process, for each message. */
  cpuMs: number
  p95Ms: number
}

export type ClientReport = { ready: true } | { ours: Pace; single: Pace; bare: Pace } | { failure: string }

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const nothing = async () => {}
const sink: SignalSink = {
  text: nothing,
  receipt: nothing,
  call: nothing,
  peer: nothing,
  amend: async () => true,
  happened: nothing,
  typing: nothing,
  readElsewhere: nothing,
  timer: nothing,
  settled: nothing,
  undecryptable: nothing,
  group: nothing,
  knows: async () => true,
  addressBook: async () => [],
  removed: nothing,
  committed: () => {},
}

if (process.send !== undefined) {
  process.once('message', (task: ClientTask) => {
    work(task)
      .catch((error: unknown) => report({ failure: error instanceof Error ? String(error.stack) : String(error) }))
      .finally(() => process.disconnect())
  })
}

function report(what: ClientReport): void {
  process.send?.(what)
}

async function work(task: ClientTask): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
  const db = await openDatabase({ path: join(directory, 'db'), key: new Uint8Array(32).fill(7) })
  try {
    const { ours, single } = await productSends(db, task)
    report({ ours, single, bare: await bareSends(db, task) })
  } finally {
    await db.destroy()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function productSends(db: Database, { server, e164, to, code, messages, lanes }: ClientTask) {
  const account = new Account({
    db,
    server,
    log: quiet,
    clock: systemClock,
    random: systemRandom,
    sink,
    codes: { next: async () => code },
    readReceipts: false,
    typing: false,
    profile: { name: undefined, about: undefined },
    portraits: noPortraits,
  })
  await account.start()
  await account.register({ e164, captcha: 'signalcaptcha://bench', transport: 'sms' })
  while (account.status().state !== 'connected') await sleep(20)
  report({ ready: true })
  await new Promise((resolve) => process.once('message', resolve))
  const peer = { aci: to, pni: undefined, e164: undefined }
  const send = async (text: string) => {
    await account.sendText({ to: peer, text, timestampMs: nextTimestamp() })
  }
  for (let i = 0; i < 20; i++) await send('warms up')
  const single = await paced(messages / 4, 1, send)
  const ours = await paced(messages, lanes, send)
  await account.stop()
  return { ours, single }
}

/** The same connection calls and ciphers with sessions in memory: nothing is committed, looked up or healed. */
async function bareSends(db: Database, { server, to, messages, lanes }: ClientTask): Promise<Pace> {
  const credentials = await loadCredentials(db)
  if (credentials === undefined) throw new Error('no account')
  const chat = new Chat({
    net: openNet(server),
    clock: systemClock,
    random: systemRandom,
    log: quiet,
    events: { envelope: (_envelope, _atMs, ack) => ack(), state: () => {}, noticed: () => {}, drained: () => {} },
  })
  chat.start(`${credentials.aci}.${credentials.deviceId}`, credentials.password)
  try {
    const connection = await connected(chat)
    const certificate = await new SenderCertificates(chat, systemClock).get()
    const lane = await BareLane.open(db, credentials, to, certificate)
    const send = async (text: string) => {
      const timestamp = nextTimestamp()
      const contents = [await lane.seal(text, timestamp)]
      const message = { destination: signal.ServiceId.parseFromServiceIdString(to), timestamp, contents }
      await connection.sendMessage({ ...message, auth: { accessKey: lane.accessKey }, onlineOnly: false, urgent: true })
    }
    for (let i = 0; i < 20; i++) await send('warms up')
    return await paced(messages, lanes, send)
  } finally {
    await chat.stop()
  }
}

async function connected(chat: Chat) {
  for (;;) {
    try {
      chat.authenticated()
      return await chat.anonymous()
    } catch {
      await sleep(20)
    }
  }
}

/** One session, continued from where the product left it. */
class BareLane {
  readonly accessKey: Uint8Array<ArrayBuffer>
  readonly #remote: signal.ProtocolAddress
  readonly #local: signal.ProtocolAddress
  readonly #sessions = new MemorySessions()
  readonly #identities: MemoryIdentities
  readonly #certificate: signal.SenderCertificate
  readonly #profileKey: Uint8Array
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    credentials: Credentials,
    to: string,
    certificate: signal.SenderCertificate,
    profileKey: Uint8Array,
  ) {
    const { aci } = credentials.identities
    this.#remote = signal.ProtocolAddress.new(to, 1)
    this.#local = aci.address
    this.#identities = new MemoryIdentities(aci.keyPair.privateKey, aci.registrationId)
    this.#certificate = certificate
    this.#profileKey = credentials.profileKey.serialize()
    this.accessKey = new ProfileKey(new Uint8Array(profileKey)).deriveAccessKey()
  }

  static async open(db: Database, credentials: Credentials, to: string, certificate: signal.SenderCertificate) {
    const session = await db
      .selectFrom('signal_sessions')
      .select('record')
      .where('own', '=', 'aci')
      .where('address', '=', to)
      .executeTakeFirstOrThrow()
    const identity = await db
      .selectFrom('signal_identities')
      .select('identity_key')
      .where('address', '=', to)
      .executeTakeFirstOrThrow()
    const peer = await db.selectFrom('signal_peers').select('profile_key').where('aci', '=', to).executeTakeFirst()
    const lane = new BareLane(credentials, to, certificate, peer?.profile_key ?? randomBytes(32))
    lane.#sessions.put(lane.#remote, new Uint8Array(session.record))
    await lane.#identities.saveIdentity(
      lane.#remote,
      signal.PublicKey.deserialize(new Uint8Array(identity.identity_key)),
    )
    return lane
  }

  /** One at a time, as a ratchet demands. */
  async seal(text: string, timestamp: number) {
    const turn = this.#turn.then(async () => {
      const content = contentCodec.encode({ dataMessage: { body: text, timestamp, profileKey: this.#profileKey } })
      const ciphertext = await signal.signalEncrypt(
        pad(content),
        this.#remote,
        this.#local,
        this.#sessions,
        this.#identities,
      )
      const hint = signal.ContentHint.Resendable
      const usmc = signal.UnidentifiedSenderMessageContent.new(ciphertext, this.#certificate, hint, null)
      const contents = await signal.sealedSenderEncrypt(usmc, this.#remote, this.#identities)
      const registrationId = (await this.#sessions.getSession(this.#remote))?.remoteRegistrationId() ?? 0
      return { deviceId: 1, registrationId, contents }
    })
    this.#turn = turn.catch(() => undefined)
    return await turn
  }
}

let lastTimestampMs = 0
function nextTimestamp(): number {
  lastTimestampMs = Math.max(Date.now(), lastTimestampMs + 1)
  return lastTimestampMs
}

async function paced(count: number, lanes: number, send: (text: string) => Promise<void>): Promise<Pace> {
  const tookMs: number[] = []
  let next = 0
  const lane = async () => {
    while (next < count) {
      const text = `message ${next++} of the size that people write: ${'x'.repeat(100)}`
      const startMs = performance.now()
      await send(text)
      tookMs.push(performance.now() - startMs)
    }
  }
  const before = process.cpuUsage()
  const startMs = performance.now()
  await Promise.all(Array.from({ length: lanes }, lane))
  const seconds = (performance.now() - startMs) / 1_000
  const { user, system } = process.cpuUsage(before)
  tookMs.sort((a, b) => a - b)
  return {
    perSecond: Math.round(count / seconds),
    cpuMs: Math.round((user + system) / 10 / count) / 100,
    p95Ms: Math.round((tookMs[Math.floor(tookMs.length * 0.95)] ?? 0) * 10) / 10,
  }
}
