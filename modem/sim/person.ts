/**
 * Somebody with a phone of their own on the simulated network: gets texts (parts joined), sends them, switches the phone
 * off and on. Also stands for named senders (banks, Signal's verification service), whom nobody can answer.
 */
import { addressOf } from '../pdu/address.ts'
import type { MessageClass } from '../pdu/dcs.ts'
import { encodeSubmit } from '../pdu/encode.ts'
import { PduError } from '../pdu/error.ts'
import { reassemble, type Segment, segmentOf, split } from '../pdu/segments.ts'
import { decodeTpdu, type SmsDeliver } from '../pdu/tpdu.ts'
import { relativeValidity } from '../pdu/validity.ts'
import type { SimClock } from './clock.ts'
import type { LedgerEntry } from './ledger.ts'
import type { MobileStation, OfferOutcome, Subscription } from './station.ts'

/** The oldest texts fall out of the inbox beyond this. */
const INBOX_MAX = 10_000
/** Half-received texts kept; the oldest falls out. */
const ASSEMBLIES_MAX = 256

export interface ReceivedText {
  from: string
  text: string
  parts: number
  atMs: number
}

export interface PersonSendOptions {
  /** 0 is a flash message. */
  messageClass?: MessageClass
  validityMinutes?: number
  reportRequested?: boolean
}

/** `full`: on, but without room for another text. */
export type PhoneState = 'on' | 'off' | 'full'

export class Person {
  readonly name: string
  /** Every text received whole, oldest first. */
  readonly inbox: ReceivedText[] = []
  private readonly clock: SimClock
  private readonly subscription: Subscription
  private readonly assemblies = new Map<string, Map<number, Segment>>()
  private readonly listeners = new Set<(text: ReceivedText) => void>()
  private phoneState: PhoneState = 'on'
  private nextReference = 0
  private nextMessageReference = 0

  constructor(name: string, clock: SimClock, join: (station: MobileStation) => Subscription) {
    this.name = name
    this.clock = clock
    this.subscription = join({ offer: (tpdu) => Promise.resolve(this.receive(tpdu)) })
  }

  get number(): string {
    return this.subscription.number
  }

  get phone(): PhoneState {
    return this.phoneState
  }

  /** Switches the phone; what waited for it arrives when it is on again. */
  setPhone(state: PhoneState): void {
    this.phoneState = state
    if (state !== 'off') this.subscription.news('reachable')
    if (state === 'on') this.subscription.news('memory-available')
  }

  /** Calls back for every text received whole. Returns the unsubscribe function. */
  onText(listener: (text: ReceivedText) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * Sends a text, in parts where it is long. Returns the ledger's entries, one a part.
   * Throws PduError for a recipient or text that no SMS can hold, Error when the network refuses it (congestion).
   */
  send(to: string, text: string, options: PersonSendOptions = {}): readonly LedgerEntry[] {
    const address = addressOf(to)
    this.nextReference = (this.nextReference + 1) % 256
    const { messageClass, validityMinutes } = options
    const parts = split(text, {
      reference: this.nextReference,
      ...(messageClass === undefined ? {} : { messageClass }),
    })
    return parts.map((part) => {
      this.nextMessageReference = (this.nextMessageReference + 1) % 256
      const submission = this.subscription.submit(
        encodeSubmit({
          ...part,
          address,
          messageReference: this.nextMessageReference,
          statusReportRequest: options.reportRequested ?? false,
          validity: validityMinutes === undefined ? null : relativeValidity(validityMinutes),
        }),
      )
      if (!submission.accepted) throw new Error(`the network refused the text, cause ${submission.cause}`)
      return submission.entry
    })
  }

  private receive(tpdu: Uint8Array): OfferOutcome {
    if (this.phoneState === 'off') return 'unreachable'
    let deliver: SmsDeliver
    try {
      const decoded = decodeTpdu(tpdu, 'mt')
      if (decoded.type !== 'deliver') return 'taken'
      deliver = decoded
    } catch (error) {
      if (error instanceof PduError) return 'taken'
      throw error
    }
    if (this.phoneState === 'full') return 'memory-full'
    this.collect(deliver)
    return 'taken'
  }

  private collect(deliver: SmsDeliver): void {
    const { address, concat } = deliver
    const segment = segmentOf(deliver)
    if (concat === null) {
      this.keep(address.display, [segment])
      return
    }
    const key = [address.display, concat.ref, concat.refBits, concat.total].join(' ')
    const assembly = this.assemblies.get(key) ?? new Map<number, Segment>()
    assembly.set(segment.seq, segment)
    if (assembly.size < concat.total) {
      this.assemblies.set(key, assembly)
      if (this.assemblies.size > ASSEMBLIES_MAX) {
        for (const oldest of this.assemblies.keys()) {
          this.assemblies.delete(oldest)
          break
        }
      }
      return
    }
    this.assemblies.delete(key)
    this.keep(address.display, [...assembly.values()])
  }

  private keep(from: string, segments: readonly Segment[]): void {
    const { text } = reassemble(segments)
    if (text === null) return
    const received: ReceivedText = { from, text, parts: segments.length, atMs: this.clock.nowMs() }
    this.inbox.push(received)
    if (this.inbox.length > INBOX_MAX) this.inbox.shift()
    for (const listener of this.listeners) listener(received)
  }
}
