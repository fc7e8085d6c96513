/** Two transports that fulfil the contract, with a network behind each that counts what arrived. */
import { CausewayError } from '../../../src/domain/errors.ts'
import type { OwnRemoval, StandingDecision } from '../../../src/domain/own-decisions.ts'
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
  readonly registered: Map<string, string>
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
  /** What the server says to our leaving a group. */
  leaving: (groupId: string) => Promise<void> = async () => {}
  /** After the server took it; throw Crash for the end of the process. */
  after: () => void | Promise<void> = () => {}

  constructor(registered: ReadonlyMap<string, string>) {
    super([lane('signal', 'signal')])
    this.registered = new Map(registered)
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

  async leaveGroup(groupId: string): Promise<void> {
    await this.leaving(groupId)
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
