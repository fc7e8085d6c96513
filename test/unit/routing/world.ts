/**
 * The router with everything around it under the test's hand: a real encrypted database, a clock that moves when told, an
 * outbox that runs its jobs when told, and two transports that fulfil the contract with a network that counts what
 * arrived. `crash` cuts the database off as a killed process would, `reboot` opens it again.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CausewayError } from '../../../src/domain/errors.ts'
import { createIds } from '../../../src/domain/ids.ts'
import type { OwnRemoval, StandingDecision } from '../../../src/domain/own-decisions.ts'
import type { InboundMessage, Receipt } from '../../../src/domain/sink.ts'
import type {
  AttemptJournal,
  Lane,
  LaneRules,
  OutgoingAttempt,
  OutgoingChange,
  Reach,
  Recipient,
  SendOutcome,
  Transport,
} from '../../../src/domain/transport.ts'
import type { AttemptJob } from '../../../src/routing/agenda.ts'
import type { Outbox } from '../../../src/routing/engine.ts'
import type { RoutingSettings } from '../../../src/routing/facts.ts'
import { Router } from '../../../src/routing/router.ts'
import type { Database } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { getMessage, listAttempts, listMessages, listParts } from '../../../src/store/mailbox.ts'
import type { MessageRow } from '../../../src/store/tables/mailbox.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { mediaRig } from '../media-rig.ts'

export const ANA = '+15550000101'
export const BEN = '+15550000102'
export const ANA_ACI = 'a0000000-0000-4000-8000-000000000101'
export const START_MS = 1_790_000_000_000
const KEY = new Uint8Array(32).fill(7)
const SETTLE_ROUNDS = 400

export class Crash extends Error {}

/** Jobs in the order of their time, run by `World.settle`. */
class HandOutbox implements Outbox {
  readonly jobs = new Map<string, { atMs: number; run: () => Promise<void> }>()
  readonly attempts: AttemptJob[] = []
  #handlers: Parameters<Outbox['start']>[0] | undefined
  #again = 0
  readonly #clock: () => number

  constructor(clock: () => number) {
    this.#clock = clock
  }

  async start(handlers: Parameters<Outbox['start']>[0]): Promise<void> {
    this.#handlers = handlers
  }

  /** What runs the jobs: it may be asked at any time, as a queue asks that does a job over. */
  get handlers(): Parameters<Outbox['start']>[0] {
    if (this.#handlers === undefined) throw new Error('the router was not started')
    return this.#handlers
  }

  async attempt(jobs: readonly { job: AttemptJob; delayMs: number }[], mode: 'again' | 'once'): Promise<void> {
    for (const { job, delayMs } of jobs) {
      this.attempts.push(job)
      this.#add(`${job.messageId}-${job.leg}-${job.tries}`, mode, delayMs, async () => this.#handlers?.attempt(job))
    }
  }

  async deadline(jobs: readonly { messageId: string; atMs: number; delayMs: number }[], mode: 'again' | 'once') {
    for (const { messageId, atMs, delayMs } of jobs) {
      this.#add(`${messageId}-at-${atMs}`, mode, delayMs, async () => this.#handlers?.deadline(messageId))
    }
  }

  async stop(): Promise<void> {
    this.jobs.clear()
  }

  #add(root: string, mode: 'again' | 'once', delayMs: number, run: () => Promise<void>): void {
    const id = mode === 'once' ? root : `${root}+${++this.#again}`
    if (!this.jobs.has(id)) this.jobs.set(id, { atMs: this.#clock() + delayMs, run })
  }
}

/** What both kinds of transport have in common. */
abstract class FakeTransport implements Transport {
  abstract readonly name: 'sms' | 'signal'
  /** Attempts as they came. */
  readonly sends: OutgoingAttempt[] = []
  readonly approved: Recipient[] = []
  /** Called before a send does anything; throw to refuse. */
  before: (attempt: OutgoingAttempt) => void | Promise<void> = () => {}
  lane: Lane[]
  readonly #listeners = new Set<() => void>()

  constructor(lane: Lane[]) {
    this.lane = lane
  }

  lanes(): readonly Lane[] {
    return this.lane
  }

  onLanes(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  setAvailable(available: boolean, id?: string): void {
    this.lane = this.lane.map((lane) =>
      id === undefined || lane.id === id
        ? { ...lane, available, reason: available ? undefined : 'switched off by the test' }
        : lane,
    )
    for (const listener of this.#listeners) listener()
  }

  abstract reach(recipients: readonly Recipient[]): Promise<readonly Reach[]>
  abstract send(attempt: OutgoingAttempt, journal: AttemptJournal): Promise<SendOutcome>

  async approveIdentity(recipient: Recipient): Promise<void> {
    this.approved.push(recipient)
  }
}

/** A modem and its network. Ten characters a part. */
export class FakeSms extends FakeTransport {
  readonly name = 'sms'
  /** Every part that the network took: never the same twice, or somebody was written to twice. */
  readonly network: { messageId: string; part: number; reference: number; to: string; atMs: number; lane: string }[] =
    []
  /** At each step of a part; throw Crash for the end of the process, return `lost` to swallow the network's answer. */
  at: (step: 'plan' | 'submitting' | 'taken' | 'accepted', part: number) => void | 'lost' | Promise<void> = () => {}
  reference = 0
  readonly #clock: () => number

  constructor(clock: () => number) {
    super([lane('mdm_1', 'sms'), lane('mdm_2', 'sms')])
    this.#clock = clock
  }

  async reach(recipients: readonly Recipient[]): Promise<readonly Reach[]> {
    return recipients.map(() => ({ kind: 'registered', aci: undefined, pni: undefined }))
  }

  partsOf(text: string): number {
    return Math.ceil(text.length / 10)
  }

  /** What the owner has ordered about a modem. */
  order(id: string, rules: Partial<LaneRules>): void {
    const none = { prefixes: [], costPerPart: undefined, dailyTexts: undefined, monthlyTexts: undefined }
    this.lane = this.lane.map((lane) =>
      lane.id === id ? { ...lane, rules: { ...none, textsPerMinute: undefined, ...lane.rules, ...rules } } : lane,
    )
  }

  async send(attempt: OutgoingAttempt, journal: AttemptJournal): Promise<SendOutcome> {
    this.sends.push(attempt)
    await this.before(attempt)
    const texts = attempt.text.match(/.{1,10}/gs) ?? ['']
    await this.at('plan', 0)
    const parts = await journal.plan(texts.map((_, index) => ({ part: index + 1, tpduHex: `0${index % 10}` })))
    let uncertain = 0
    for (const { part, state } of parts) {
      if (state === 'accepted' || state === 'delivered') continue
      if (state !== 'pending') {
        uncertain += 1
        continue
      }
      await journal.part(part, { state: 'submitting', atMs: this.#clock() })
      await this.at('submitting', part)
      this.reference = (this.reference + 1) % 256
      const { messageId, recipient, lane } = attempt
      const taken = { messageId, part, reference: this.reference, to: recipient.e164 ?? '', atMs: this.#clock(), lane }
      this.network.push(taken)
      if ((await this.at('taken', part)) === 'lost') {
        uncertain += 1
        await journal.part(part, { state: 'uncertain', atMs: this.#clock(), detail: 'answer lost' })
        continue
      }
      await journal.part(part, { state: 'accepted', messageReference: taken.reference, atMs: this.#clock() })
      await this.at('accepted', part)
    }
    if (uncertain > 0) return { kind: 'uncertain', detail: 'the answer of the modem was lost' }
    return { kind: 'accepted', detail: 'accepted by the network', encrypted: false, expectsReceipt: true }
  }
}

/** Signal's server and the phones behind it. */
export class FakeSignal extends FakeTransport {
  readonly name = 'signal'
  /** Number → account of who is registered. */
  readonly registered = new Map<string, string>([[ANA, ANA_ACI]])
  /** Messages as phones show them: by timestamp, so that a repetition shows once. */
  readonly shown = new Map<number, string>()
  /** Batches of look-ups. */
  readonly lookUps: string[][] = []
  /** Undefined: the directory answers. */
  directoryBusyMs: number | undefined
  /** Times of messages of which nothing may be kept. */
  readonly forgotten: number[] = []
  /** People of whom nothing may be kept. */
  readonly forgottenPeople: { recipient: Recipient; needed: boolean }[] = []
  /** What the owner did to messages, as the other side is to know it. */
  readonly changes: OutgoingChange[] = []
  /** What the owner decided about people, and removed for themselves, as other devices are to know it. */
  readonly decisions: { recipient: Recipient; decision: StandingDecision }[] = []
  readonly removals: OwnRemoval[] = []
  /** The group of each of them, if it was in one. */
  readonly removedIn: (string | undefined)[] = []
  /** After the server took it; throw Crash for the end of the process. */
  after: () => void | Promise<void> = () => {}

  constructor() {
    super([lane('signal', 'signal')])
  }

  async forget({ timestampsMs }: { timestampsMs: readonly number[] }): Promise<void> {
    this.forgotten.push(...timestampsMs)
  }

  async forgetPerson(recipient: Recipient, needed: boolean): Promise<() => void> {
    return () => this.forgottenPeople.push({ recipient, needed })
  }

  async decide(recipient: Recipient, decision: StandingDecision): Promise<() => void> {
    this.decisions.push({ recipient, decision })
    return () => {}
  }

  async tellRemoved({ groupId }: Recipient, removal: OwnRemoval): Promise<() => void> {
    return () => {
      this.removals.push(removal)
      this.removedIn.push(groupId)
    }
  }

  async change(change: OutgoingChange): Promise<() => void> {
    return () => this.changes.push(change)
  }

  async reach(recipients: readonly Recipient[]): Promise<readonly Reach[]> {
    this.lookUps.push(recipients.map(({ e164 }) => e164 ?? ''))
    return recipients.map(({ e164 }): Reach => {
      if (this.directoryBusyMs !== undefined) {
        return { kind: 'unknown', reason: 'busy', retryAfterMs: this.directoryBusyMs }
      }
      const aci = this.registered.get(e164 ?? '')
      return aci === undefined ? { kind: 'not-registered' } : { kind: 'registered', aci, pni: undefined }
    })
  }

  async send(attempt: OutgoingAttempt): Promise<SendOutcome> {
    this.sends.push(attempt)
    await this.before(attempt)
    const { aci, e164 } = attempt.recipient
    if (aci === undefined || ![...this.registered.values()].includes(aci)) throw refusal('not-on-signal')
    if (e164 !== undefined && this.registered.get(e164) === undefined) throw refusal('not-on-signal')
    this.shown.set(attempt.timestampMs, attempt.text)
    await this.after()
    return { kind: 'accepted', detail: 'accepted by Signal', encrypted: true, expectsReceipt: true }
  }
}

export function refusal(code: string, retryAfterMs?: number): CausewayError {
  const retry = {
    'not-on-signal': 'other-transport',
    'identity-changed': 'after-human',
    'signal-challenge': 'after-human',
    'signal-unreachable': 'same-transport',
    'modem-unavailable': 'same-transport',
    'cms-38': 'same-transport',
    'cms-1': 'other-transport',
    'text-too-long': 'never',
  }[code] as CausewayError['retry']
  return new CausewayError({
    code,
    message: `${code}, says the test.`,
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function lane(id: string, transport: 'sms' | 'signal'): Lane {
  return { id, transport, available: true, reason: undefined, ownNumber: '+15550000001' }
}

export class World {
  readonly #directory: string
  nowMs = START_MS
  readonly sms: FakeSms
  readonly signal = new FakeSignal()
  readonly settings: RoutingSettings = {
    mode: 'integrated',
    region: 'US',
    defaultPolicy: 'auto',
    fallbackAfterMs: 900_000,
    validityMs: 86_400_000,
    resendWhenUncertain: false,
    whenRoaming: 'ask',
    quietHours: 'off',
    timeZone: 'UTC',
  }
  db!: Database
  events!: EventLog
  router!: Router
  outbox!: HandOutbox
  #random = 1

  /** Further transports, made anew at each boot. */
  readonly #more: (world: World) => readonly Transport[]

  private constructor(more: (world: World) => readonly Transport[]) {
    this.#more = more
    this.#directory = mkdtempSync(join(tmpdir(), 'causeway-routing-'))
    this.sms = new FakeSms(this.clock)
  }

  static async open(
    settings: Partial<RoutingSettings> = {},
    more: (world: World) => readonly Transport[] = () => [],
  ): Promise<World> {
    const world = new World(more)
    Object.assign(world.settings, settings)
    await world.boot()
    return world
  }

  readonly clock = () => this.nowMs
  /** Numbers that look random and are the same in every run (a linear congruential generator). */
  readonly random = () => {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31
    return this.#random / 2 ** 31
  }

  async boot(): Promise<void> {
    this.db = await freshDatabase({ path: join(this.#directory, 'causeway.db'), key: KEY })
    this.events = new EventLog(this.db, this.clock)
    this.outbox = new HandOutbox(this.clock)
    const quiet = () => {}
    this.router = new Router({
      media: await mediaRig(join(this.#directory, 'files')),
      db: this.db,
      events: this.events,
      outbox: this.outbox,
      settings: this.settings,
      ids: createIds(this.clock, (count) => Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256))),
      clock: this.clock,
      random: this.random,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    })
    await this.router.start([this.sms, this.signal, ...this.#more(this)])
  }

  /** The process dies here: nothing more reaches the database. Throw the result. */
  async crash(): Promise<Crash> {
    await this.db.destroy()
    return new Crash('killed')
  }

  /** A new process on what the dead one left. Jobs are gone, as after a wiped Redis. */
  async reboot(): Promise<void> {
    await this.router.stop()
    await this.db.destroy()
    await this.boot()
  }

  async close(): Promise<void> {
    await this.router.stop()
    await this.db.destroy()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Runs jobs whose time has come until there are none. A job that dies with the process is swallowed. */
  async settle(): Promise<void> {
    let quiet = 0
    for (let round = 0; round < SETTLE_ROUNDS && quiet < 4; round++) {
      await new Promise((resolve) => setTimeout(resolve, round < 40 ? 0 : 10))
      await this.#disk()
      const due = [...this.outbox.jobs].filter(([, { atMs }]) => atMs <= this.nowMs)
      quiet = due.length === 0 ? quiet + 1 : 0
      await Promise.all(
        due.map(async ([id, { run }]) => {
          this.outbox.jobs.delete(id)
          await run().catch((error: unknown) => {
            if (!String(error).match(/killed|driver has already been destroyed|not open|closed/i)) throw error
          })
        }),
      )
    }
  }

  /** Whatever waited for the disk before this has gone on. */
  async #disk(): Promise<void> {
    try {
      await this.db.replaceInto('settings').values({ key: 'settled', value_json: 'null' }).execute()
    } catch (error) {
      if (!/driver has already been destroyed|not open|closed/i.test(String(error))) throw error
    }
  }

  /** Lets time pass, with jobs run at their moments. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms
    for (;;) {
      await this.settle()
      const next = Math.min(...[...this.outbox.jobs.values()].map(({ atMs }) => atMs))
      if (next > end) break
      this.nowMs = Math.max(this.nowMs, next)
    }
    this.nowMs = end
    await this.settle()
  }

  /** Submits, lets everything run, and gives the message as it is then. */
  async send(to: string, text: string, more: Partial<Parameters<Router['submit']>[0]> = {}): Promise<MessageRow> {
    const { message } = await this.router.submit({ to, text, ...more })
    await this.settle()
    return this.message(message.id)
  }

  async message(id: string): Promise<MessageRow> {
    const row = await getMessage(this.db, id)
    if (row === undefined) throw new Error(`no message ${id}`)
    return row
  }

  async ledger(id: string): Promise<string[]> {
    const rows = await listAttempts(this.db, id)
    return rows.map(({ n, transport, result, code }) => `${n} ${transport} ${result}${code === null ? '' : ` ${code}`}`)
  }

  parts(id: string) {
    return listParts(this.db, id)
  }

  async all(): Promise<MessageRow[]> {
    return (await listMessages(this.db, { limit: 200, order: 'oldest' })).data
  }

  async contact(e164: string) {
    return this.db.selectFrom('contacts').selectAll().where('e164', '=', e164).executeTakeFirstOrThrow()
  }

  /** A text from outside. */
  text(from: string, text: string, more: Partial<InboundMessage> = {}): Promise<boolean> {
    return this.router.sink.message({
      transport: 'sms',
      lane: 'mdm_1',
      from: { address: from, aci: undefined, pni: undefined, name: undefined },
      text,
      sentAtMs: this.nowMs,
      receivedAtMs: this.nowMs,
      encrypted: false,
      dedupeKey: `sms-${this.random()}`,
      ...more,
    })
  }

  /** A Signal message from outside. */
  note(aci: string, text: string, e164?: string, more: Partial<InboundMessage> = {}): Promise<boolean> {
    return this.router.sink.message({
      transport: 'signal',
      lane: 'signal',
      from: { address: e164, aci, pni: undefined, name: undefined },
      text,
      sentAtMs: this.nowMs,
      receivedAtMs: this.nowMs,
      encrypted: true,
      dedupeKey: `signal-${this.random()}`,
      ...more,
    })
  }

  /** Signal's receipt for a message. */
  async receipt(kind: 'delivered' | 'read', message: MessageRow, fromAci = ANA_ACI): Promise<void> {
    await this.router.sink.receipt({
      transport: 'signal',
      kind,
      fromAci,
      timestampsMs: [message.sent_timestamp_ms],
      atMs: this.nowMs,
    })
    await this.settle()
  }

  /** The network's status report for a part it took. */
  async report(taken: FakeSms['network'][number], more: Partial<Receipt & { transport: 'sms' }> = {}): Promise<void> {
    await this.router.sink.receipt({
      transport: 'sms',
      lane: taken.lane,
      messageReference: taken.reference,
      recipientAddress: taken.to,
      // Service centres say whole seconds.
      submittedAtMs: Math.floor(taken.atMs / 1000) * 1000,
      dischargedAtMs: this.nowMs,
      outcome: 'delivered',
      status: 0,
      detail: 'delivered (TP-ST 0)',
      ...more,
    })
    await this.settle()
  }
}
