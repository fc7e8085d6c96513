/**
 * The simulated radio network: one service centre (SMSC) that joins SIMs (`attach`), people with phones of their own
 * (`person`) and named senders (`sender`). Store and forward, status reports, validity, and a ledger of it all.
 *
 *   const network = new RadioNetwork({ delays: 'none' })
 *   const ben = network.person('+4915550002', 'Ben')   ben.send(to, text) · ben.inbox · ben.onText(…) · ben.setPhone('off')
 *   network.sender('Signal').send(to, 'Your code is 123456')  an alphanumeric sender; nobody can answer it
 *   network.attach(number, station)                           what SimulatedModem does with its SIM
 *   network.inject(to, tpduHex)                               any octets as a mobile terminated TPDU
 *   network.ledger.texts({ to }) / .entries(…) / .count(to, text)
 *
 * A text to a number that nobody has is accepted and then fails (TP-ST 43, not obtainable), as service centres do.
 * A status report counts as taken only when the modem took it, and is offered again until then or until it is as old as
 * a report may get. Retries come after `retryAfterMs`, and at once when the station has news (back, room, a listener):
 * a short cut for the retry schedule of a real service centre. Nothing is persisted.
 */
import { addressOf } from '../pdu/address.ts'
import { encodeDeliver, encodeStatusReport } from '../pdu/encode.ts'
import { PduError } from '../pdu/error.ts'
import { fromHex, toHex } from '../pdu/octets.ts'
import { instantMs, timestampOf } from '../pdu/timestamp.ts'
import { decodeTpdu, type SmsDeliver, type SmsSubmit } from '../pdu/tpdu.ts'
import type { Validity } from '../pdu/validity.ts'
import { type SimClock, systemClock } from './clock.ts'
import { Ledger, type LedgerEntry } from './ledger.ts'
import { MailQueue, WAITING_MAX } from './mailqueue.ts'
import { Person } from './person.ts'
import type { MobileStation, Submission, Subscription } from './station.ts'

/** TP-ST values that this network uses, 23.040 §9.2.3.15. */
const STATUS_DELIVERED = 0x00
const STATUS_NOT_OBTAINABLE = 0x43
const STATUS_EXPIRED = 0x46

/** RP causes, 24.011 §8.2.5.4. */
const CAUSE_CONGESTION = 42
const CAUSE_INVALID_MESSAGE = 95

/** What the service centre grants where a submission names no validity, and the most it keeps anything. */
const VALIDITY_DEFAULT_MS = 72 * 3_600_000
/** A report that nobody takes is given up after this. */
const REPORT_VALIDITY_MS = 72 * 3_600_000

export interface NetworkDelays {
  /** From acceptance to the first offer to the recipient. */
  deliveryMs: number
  /** From the outcome to the status report. */
  reportMs: number
}

/** `none`, or what a quiet network takes. */
const DELAYS: Readonly<Record<'none' | 'realistic', NetworkDelays>> = {
  none: { deliveryMs: 0, reportMs: 0 },
  realistic: { deliveryMs: 1_800, reportMs: 1_200 },
}

export interface RadioNetworkOptions {
  clock: SimClock
  delays: keyof typeof DELAYS | NetworkDelays
  /** E.164 of the service centre. */
  smsc: string
  /** Country code without plus sign, for numbers written in the national way (0151…). */
  countryCode: string
  /** Distance of the service centre's clock to UTC, a multiple of 15. */
  offsetMinutes: number
  retryAfterMs: number
}

interface Subscriber {
  number: string
  station: MobileStation
  queue: MailQueue
}

export class RadioNetwork {
  readonly ledger = new Ledger()
  readonly smsc: string
  private readonly clock: SimClock
  private readonly delays: NetworkDelays
  private readonly countryCode: string
  private readonly offsetMinutes: number
  private readonly retryAfterMs: number
  private readonly subscribers = new Map<string, Subscriber>()
  private readonly persons = new Map<string, Person>()
  private isStopped = false

  constructor(options: Partial<RadioNetworkOptions> = {}) {
    const { delays = 'none' } = options
    this.clock = options.clock ?? systemClock
    this.delays = typeof delays === 'string' ? DELAYS[delays] : delays
    this.smsc = options.smsc ?? '+4915550000'
    this.countryCode = options.countryCode ?? '49'
    this.offsetMinutes = options.offsetMinutes ?? 0
    this.retryAfterMs = options.retryAfterMs ?? 60_000
  }

  /** Puts a SIM on the network. Throws RangeError when the number is taken, PduError when no address field can hold it. */
  attach(number: string, station: MobileStation): Subscription {
    addressOf(number)
    if (this.subscribers.has(number)) throw new RangeError('that number is on the network already')
    const queue = new MailQueue(this.clock, station, this.retryAfterMs)
    this.subscribers.set(number, { number, station, queue })
    return {
      number,
      submit: (tpdu) => this.submit(number, tpdu),
      news: (news) => queue.news(news),
    }
  }

  /** The person with this number, who is made up on first use. Throws RangeError when a modem has the number. */
  person(number: string, name?: string): Person {
    const known = this.persons.get(number)
    if (known !== undefined) return known
    const person: Person = new Person(name ?? number, this.clock, (station) => this.attach(number, station))
    this.persons.set(number, person)
    return person
  }

  /** A sender with a name in place of a number (at most 11 characters). */
  sender(name: string): Person {
    return this.person(name, name)
  }

  /** Everybody made up by `person` and `sender`. */
  people(): readonly Person[] {
    return [...this.persons.values()]
  }

  /**
   * Offers octets to a SIM as they are, well-formed or not (hex, without SCA), like any other message. They are in the
   * ledger with sender `injected`. Throws RangeError for an unknown number, PduError for what is not hex.
   */
  inject(to: string, tpduHex: string): void {
    const subscriber = this.subscribers.get(to)
    if (subscriber === undefined) throw new RangeError('nobody on the network has that number')
    const tpdu = fromHex(tpduHex)
    const nowMs = this.clock.nowMs()
    const entry = this.ledger.open({
      from: 'injected',
      to,
      text: undefined,
      part: undefined,
      tpduHex: toHex(tpdu),
      messageReference: 0,
      reportRequested: false,
      acceptedAtMs: nowMs,
      validUntilMs: nowMs + VALIDITY_DEFAULT_MS,
    })
    this.enqueue(subscriber, entry, tpdu, () => {})
  }

  /** Ends all timers; nothing is delivered any more. */
  stop(): void {
    this.isStopped = true
    for (const { queue } of this.subscribers.values()) queue.stop()
  }

  /** Books the submission and answers; all else happens afterwards. */
  private submit(from: string, tpdu: Uint8Array): Submission {
    let submit: SmsSubmit
    try {
      const decoded = decodeTpdu(tpdu, 'mo')
      if (decoded.type !== 'submit') return { accepted: false, cause: CAUSE_INVALID_MESSAGE }
      submit = decoded
    } catch (error) {
      if (error instanceof PduError) return { accepted: false, cause: CAUSE_INVALID_MESSAGE }
      throw error
    }
    const to = this.normalised(submit.address.display)
    const subscriber = this.subscribers.get(to)
    if (subscriber !== undefined && subscriber.queue.length >= WAITING_MAX) {
      return { accepted: false, cause: CAUSE_CONGESTION }
    }
    const nowMs = this.clock.nowMs()
    const entry = this.ledger.open({
      from,
      to,
      text: submit.text ?? undefined,
      part:
        submit.concat === null
          ? undefined
          : { reference: submit.concat.ref, total: submit.concat.total, sequence: submit.concat.seq },
      tpduHex: toHex(tpdu),
      messageReference: submit.messageReference,
      reportRequested: submit.statusReportRequest,
      acceptedAtMs: nowMs,
      validUntilMs: nowMs + Math.min(validityMs(submit.validity, nowMs), VALIDITY_DEFAULT_MS),
    })
    const settled = () => this.report(entry, submit)
    if (subscriber === undefined) {
      this.settle(entry, 'failed', STATUS_NOT_OBTAINABLE, settled)
    } else {
      const deliver = encodeDeliver({ ...submit, ...this.deliverFields(from, nowMs) })
      this.later(this.delays.deliveryMs, () => this.enqueue(subscriber, entry, deliver, settled))
    }
    return { accepted: true, entry }
  }

  private deliverFields(from: string, nowMs: number): Pick<SmsDeliver, 'address' | 'scts' | 'statusReportIndication'> {
    return { address: addressOf(from), scts: timestampOf(nowMs, this.offsetMinutes), statusReportIndication: false }
  }

  private enqueue(subscriber: Subscriber, entry: LedgerEntry, tpdu: Uint8Array, settled: () => void): void {
    subscriber.queue.push({
      tpdu,
      isReport: false,
      validUntilMs: entry.validUntilMs,
      offered: () => {
        entry.offers++
      },
      settle: (outcome) =>
        this.settle(entry, outcome, outcome === 'taken' ? STATUS_DELIVERED : STATUS_EXPIRED, settled),
    })
  }

  private settle(entry: LedgerEntry, outcome: LedgerEntry['outcome'], status: number, settled: () => void): void {
    entry.outcome = outcome
    entry.status = status
    entry.settledAtMs = this.clock.nowMs()
    settled()
  }

  /** 23.040 §9.2.2.3: to the sender, about the recipient, with the reference that the sender's modem gave. */
  private report(entry: LedgerEntry, submit: SmsSubmit): void {
    const sender = this.subscribers.get(entry.from)
    if (!entry.reportRequested || sender === undefined) return
    const nowMs = this.clock.nowMs()
    const tpdu = encodeStatusReport({
      messageReference: entry.messageReference,
      address: submit.address,
      scts: timestampOf(entry.acceptedAtMs, this.offsetMinutes),
      dischargeTime: timestampOf(entry.settledAtMs ?? nowMs, this.offsetMinutes),
      status: entry.status ?? STATUS_DELIVERED,
    })
    const fate = sender.station.reportFate?.() ?? { copies: 1, delayMs: 0 }
    for (let copy = 0; copy < fate.copies; copy++) {
      this.later(this.delays.reportMs + fate.delayMs, () =>
        sender.queue.push({
          tpdu,
          isReport: true,
          validUntilMs: nowMs + REPORT_VALIDITY_MS,
          offered: () => {},
          settle: (outcome) => {
            if (outcome === 'taken') entry.reportsTaken++
          },
        }),
      )
    }
  }

  private later(delayMs: number, run: () => void): void {
    this.clock.after(delayMs, () => {
      if (!this.isStopped) run()
    })
  }

  /** Subscribers are known in the international way; `00…` and `0…` are dialled forms of it. */
  private normalised(dialled: string): string {
    if (this.subscribers.has(dialled)) return dialled
    if (dialled.startsWith('00')) return `+${dialled.slice(2)}`
    if (dialled.startsWith('0')) return `+${this.countryCode}${dialled.slice(1)}`
    const international = `+${dialled}`
    return this.subscribers.has(international) ? international : dialled
  }
}

function validityMs(validity: Validity | null, nowMs: number): number {
  if (validity === null) return VALIDITY_DEFAULT_MS
  switch (validity.format) {
    case 'relative':
      return validity.minutes * 60_000
    case 'absolute':
      return Math.max(0, instantMs(validity) - nowMs)
    case 'enhanced':
      return validity.seconds === null ? VALIDITY_DEFAULT_MS : validity.seconds * 1000
  }
}
