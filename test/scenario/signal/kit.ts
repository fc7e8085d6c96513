/**
 * What the Signal scenarios share: a server, people on it, and a gateway's account over a real database whose sink
 * records what was committed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import { SignalPerson } from '../../../src/sandbox/people.ts'
import { SignalTestServer } from '../../../src/sandbox/signal-server.ts'
import { KeptPortraits } from '../../../src/service/portraits.ts'
import { Account } from '../../../src/signal/account.ts'
import { type Clock, systemClock, systemRandom } from '../../../src/signal/clock.ts'
import type { EnrollmentCodes } from '../../../src/signal/contract.ts'
import type {
  Happening,
  IncomingCall,
  IncomingText,
  MessageChange,
  PeerFact,
  PeerIds,
  SignalSink,
} from '../../../src/signal/facts.ts'
import type { PinVault } from '../../../src/signal/pin-vault.ts'
import type { OwnProfile } from '../../../src/signal/profile.ts'
import { Blobs } from '../../../src/store/blobs.ts'
import type { Database } from '../../../src/store/database.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { pictures } from '../../pictures.ts'

export const gatewayNumber = '+15550000101'
export const code = '482913'
const silentLog = { debug() {}, info() {}, warn() {}, error() {} }

/** Waits are noted and cut short, so that back-off does not slow the tests down. */
function hastyClock(waits: number[], aheadMs: number): Clock {
  return {
    now: () => Date.now() + aheadMs,
    wait: (ms, signal) => {
      waits.push(ms)
      return systemClock.wait(ms > 3600_000 ? ms : Math.min(ms, 50), signal)
    },
  }
}

/** Four octets are a fraction, which spreads waits: always a half, so that they can be told apart. */
const drawsEvenly: typeof systemRandom = (count) => (count === 4 ? Uint8Array.of(0x80, 0, 0, 0) : systemRandom(count))

type GroupFact = Parameters<SignalSink['group']>[0]
type Receipt = Parameters<SignalSink['receipt']>[0]
type Settled = Parameters<SignalSink['settled']>[0]
type Read = Parameters<SignalSink['readElsewhere']>[0]
type Timer = Parameters<SignalSink['timer']>[0]
type Typing = Parameters<SignalSink['typing']>[0]
type Removed = Parameters<SignalSink['removed']>[0]
type Undecryptable = Parameters<SignalSink['undecryptable']>[0]

/** Records what the account told it, each thing only once its transaction has committed. */
export class RecordingSink implements SignalSink {
  readonly texts: IncomingText[] = []
  readonly receipts: Receipt[] = []
  readonly facts: PeerFact[] = []
  readonly calls: IncomingCall[] = []
  readonly typings: Typing[] = []
  readonly happenings: Happening[] = []
  readonly changes: MessageChange[] = []
  readonly reads: Read[] = []
  readonly timers: Timer[] = []
  readonly settledChanges: Settled[] = []
  /** Whether the message that somebody changes is here. */
  amendable = true
  readonly groups: GroupFact[] = []
  readonly undecryptables: Undecryptable[] = []
  readonly removals: Removed[] = []
  /** Whether the house knows everybody who writes; else they are strangers. */
  knowsAll = true
  /** Called before anything is recorded; may throw in the transaction's place. */
  before: (what: 'text' | 'receipt' | 'peer' | 'amend' | 'group' | 'typing' | 'undecryptable') => void = () => {}
  #pending: (() => void)[] = []

  async text(message: IncomingText): Promise<void> {
    this.#note('text', () => this.texts.push(message))
  }

  async receipt(receipt: Receipt): Promise<void> {
    this.#note('receipt', () => this.receipts.push(receipt))
  }

  async call(call: IncomingCall): Promise<void> {
    this.#pending.push(() => this.calls.push(call))
  }

  async peer(fact: PeerFact): Promise<void> {
    this.#note('peer', () => this.facts.push(fact))
  }

  async amend(change: MessageChange): Promise<boolean> {
    if (!this.amendable) return false
    this.#note('amend', () => this.changes.push(change))
    return true
  }

  async group(fact: GroupFact): Promise<void> {
    this.#note('group', () => this.groups.push(fact))
  }

  async readElsewhere(read: Read): Promise<void> {
    this.#pending.push(() => this.reads.push(read))
  }

  async timer(change: Timer): Promise<void> {
    this.#pending.push(() => this.timers.push(change))
  }

  async knows(): Promise<boolean> {
    return this.knowsAll
  }

  /** As the owner calls people. */
  book: { person: PeerIds; name: string }[] = []

  async addressBook() {
    return this.book
  }

  async removed(removal: Removed): Promise<void> {
    this.#pending.push(() => this.removals.push(removal))
  }

  async settled(outcome: Settled): Promise<void> {
    this.#pending.push(() => this.settledChanges.push(outcome))
  }

  async happened(fact: Happening): Promise<void> {
    this.#pending.push(() => this.happenings.push(fact))
  }

  async typing(fact: Typing): Promise<void> {
    this.#note('typing', () => this.typings.push(fact))
  }

  async undecryptable(item: Undecryptable): Promise<void> {
    this.#note('undecryptable', () => this.undecryptables.push(item))
  }

  committed(): void {
    for (const apply of this.#pending.splice(0)) apply()
  }

  #note(what: 'text' | 'receipt' | 'peer' | 'amend' | 'group' | 'typing' | 'undecryptable', apply: () => void): void {
    try {
      this.before(what)
    } catch (error) {
      this.#pending = []
      throw error
    }
    this.#pending.push(apply)
  }
}

/** Codes as a modem would hand them over. */
export class CodeBox implements EnrollmentCodes {
  readonly #arrived: { code: string; atMs: number }[] = []
  readonly #waiting = new Set<() => void>()

  arrive(code: string): void {
    this.#arrived.push({ code, atMs: Date.now() })
    for (const wake of this.#waiting) wake()
  }

  async next(sinceMs: number, signal: AbortSignal): Promise<string> {
    for (;;) {
      const index = this.#arrived.findIndex(({ atMs }) => atMs >= sinceMs)
      const [found] = index === -1 ? [] : this.#arrived.splice(index, 1)
      if (found !== undefined) return found.code
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    }
  }
}

export interface Gateway {
  account: Account
  sink: RecordingSink
  codes: CodeBox
  db: Database
  /** What the account asked its clock to wait for (ms). */
  waits: readonly number[]
  /** Where pictures are kept. */
  blobs: Blobs
  /** Stops it, as a restart would. */
  close(): Promise<void>
}

export class World {
  readonly server: SignalTestServer
  readonly #dataDir: string
  readonly #closing: (() => Promise<void>)[] = []

  private constructor(server: SignalTestServer, dataDir: string) {
    this.server = server
    this.#dataDir = dataDir
  }

  /** A server of its own for the test, gone when the test is over. */
  static async open(): Promise<World> {
    const dataDir = mkdtempSync(join(tmpdir(), 'causeway-signal-'))
    const server = await SignalTestServer.start({ dataDir, nextCode: () => code })
    const world = new World(server, dataDir)
    onTestFinished(() => world.close())
    return world
  }

  async person(name: string, e164: string): Promise<SignalPerson> {
    return await SignalPerson.join(this.server.host, { name, e164 })
  }

  /**
   * A gateway over the database of that name: the same name again is the same gateway after a restart.
   * `patient`: its waits are as long as they really are. `evenly`: none is spread at random. `unstarted`: its account is still
   * to be loaded.
   */
  async gateway(
    options: {
      name?: string
      modem?: boolean
      patient?: boolean
      evenly?: boolean
      unstarted?: boolean
      readReceipts?: boolean
      typing?: boolean
      profile?: OwnProfile
      clockAheadMs?: number
      vault?: PinVault
    } = {},
  ): Promise<Gateway> {
    const db = await freshDatabase({
      path: join(this.#dataDir, `${options.name ?? 'gateway'}.db`),
      key: new Uint8Array(32).fill(7),
    })
    const blobs = await Blobs.open({
      directory: join(this.#dataDir, `${options.name ?? 'gateway'}-files`),
      databaseKey: new Uint8Array(32).fill(7),
      totalBytesMax: 16 * 1024 * 1024,
      ids: createIds(() => Date.now(), systemRandom),
      randomOctets: systemRandom,
    })
    const sink = new RecordingSink()
    const codes = new CodeBox()
    const waits: number[] = []
    const unsubscribe =
      options.modem === false ? () => {} : this.server.onVerificationCode((request) => codes.arrive(request.code))
    const account = new Account({
      db,
      server: this.server.customServer(),
      log: silentLog,
      clock: options.patient === true ? systemClock : hastyClock(waits, options.clockAheadMs ?? 0),
      random: options.evenly === true ? drawsEvenly : systemRandom,
      sink,
      codes,
      readReceipts: options.readReceipts ?? true,
      typing: options.typing ?? true,
      profile: options.profile ?? { name: 'Home', about: undefined },
      portraits: new KeptPortraits(pictures, blobs),
      ...(options.vault === undefined ? {} : { vault: options.vault }),
    })
    let closed = false
    const close = async () => {
      if (closed) return
      closed = true
      unsubscribe()
      await account.stop()
      await db.destroy()
    }
    this.#closing.push(close)
    if (options.unstarted !== true) await account.start()
    return { account, sink, codes, db, waits, blobs, close }
  }

  /** A gateway that has registered its number and is connected. */
  async registeredGateway(name = 'gateway', e164 = gatewayNumber): Promise<Gateway> {
    const gateway = await this.gateway({ name })
    await gateway.account.register({ e164, captcha: 'signalcaptcha://token', transport: 'sms' })
    await connected(gateway)
    return gateway
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close()
    await this.server.stop()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }
}

export async function connected({ account }: Gateway): Promise<void> {
  await until(() => account.status().state === 'connected')
}

/** Waits until these have published their profiles: without one nobody can create a group, or come into one. */
export async function published(...gateways: readonly Gateway[]): Promise<void> {
  await until(async () => {
    const accounts = gateways.map(({ db }) =>
      db.selectFrom('signal_account').select('profile_digest').executeTakeFirst(),
    )
    return (await Promise.all(accounts)).every((account) => (account?.profile_digest ?? null) !== null)
  })
}

/** Has the gateway show the code by which a phone links it: what the phone reads in it. */
export async function linkingUri({ account }: Gateway): Promise<string> {
  await account.link({ deviceName: 'Cellar' })
  const { link } = account.status()
  if (link?.step !== 'scan') throw new Error(`nothing to scan: ${link?.step}`)
  return link.uri
}

/** Links the gateway with a phone, whose address book holds `contacts`, and waits until it is connected: its device id. */
export async function linkWith(
  gateway: Gateway,
  phone: SignalPerson,
  contacts: readonly SignalPerson[] = [],
): Promise<number> {
  const deviceId = await phone.link(await linkingUri(gateway), contacts)
  await connected(gateway)
  return deviceId
}

/** Waits until a linked gateway has written to the phone, which then has a session to write in. */
export async function phoneAsked({ db }: Gateway): Promise<void> {
  const asked = () => db.selectFrom('signal_account').select('sync_requested_at_ms').executeTakeFirst()
  await until(async () => ((await asked())?.sync_requested_at_ms ?? null) !== null)
}

/** Waits for a condition, generously: how long it takes is no matter here. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error(`not yet: ${condition}`)
    },
    { timeout: 60_000, interval: 20 },
  )
}

export function byNumber(e164: string): PeerIds {
  return { aci: undefined, pni: undefined, e164 }
}

export function byAci(aci: string): PeerIds {
  return { aci, pni: undefined, e164: undefined }
}

let lastTimestampMs = 0
/** Sent timestamps as the router gives them: the time, strictly increasing. */
export function timestamp(): number {
  lastTimestampMs = Math.max(Date.now(), lastTimestampMs + 1)
  return lastTimestampMs
}
