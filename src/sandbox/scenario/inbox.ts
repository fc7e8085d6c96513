/**
 * What a scenario's gateway receives, in memory: the same reading as the service's (`SmsInbound`), each thing kept once.
 * Reports are handed on to whoever keeps what was sent.
 */
import type { IncomingPdu } from '../../../modem/contract.ts'
import type {
  InboundBroadcast,
  InboundCall,
  InboundData,
  PictureNotice,
  WaitingNotice,
} from '../../domain/inbound-notices.ts'
import type { InboundMessage, InboundSegment, KeptSegment, QuarantinedItem, Receipt } from '../../domain/sink.ts'
import type { UnitOfWork } from '../../domain/transport.ts'
import type { PduJournal, SmsSink } from '../../transports/sms-inbound.ts'

export class ScenarioInbox implements SmsSink, PduJournal {
  readonly messages: InboundMessage[] = []
  readonly calls: InboundCall[] = []
  readonly broadcasts: InboundBroadcast[] = []
  readonly notices: WaitingNotice[] = []
  readonly dataItems: InboundData[] = []
  /** What was said of picture messages, the last of each. */
  readonly pictureNotices = new Map<string, PictureNotice>()
  readonly quarantined: QuarantinedItem[] = []
  readonly #onReport: (receipt: Receipt) => void
  readonly #seen = new Set<string>()
  readonly #segments = new Map<string, Map<number, InboundSegment>>()
  /** Keys of PDUs that are not known to be released, by modem and place. */
  readonly #open = new Map<string, { pduHex: string; key: string }>()
  #nextKey = 1

  constructor(onReport: (receipt: Receipt) => void) {
    this.#onReport = onReport
  }

  async message(message: InboundMessage): Promise<boolean> {
    return this.#once(message.dedupeKey, () => this.messages.push(message))
  }

  async segment(segment: InboundSegment): Promise<readonly KeptSegment[] | undefined> {
    const { lane, fromAddress, reference, referenceBits, total, sequence } = segment
    const key = [lane, fromAddress, reference, referenceBits, total].join(' ')
    const known = this.#segments.get(key) ?? new Map<number, InboundSegment>()
    known.set(sequence, segment)
    this.#segments.set(key, known)
    if (known.size < total) return undefined
    this.#segments.delete(key)
    const whole = [...known.values()].sort((a, b) => a.sequence - b.sequence)
    return whole.map((part) => ({ ...part, setId: key, isShown: false }))
  }

  /** Nothing is shown here before it is whole. */
  async filled(): Promise<void> {}

  async call(call: InboundCall): Promise<void> {
    this.#once(call.dedupeKey, () => this.calls.push(call))
  }

  async broadcast(message: InboundBroadcast): Promise<void> {
    this.#once(`broadcast ${message.channel} ${message.serial} ${message.text}`, () => this.broadcasts.push(message))
  }

  async waiting(notice: WaitingNotice): Promise<void> {
    this.notices.push(notice)
  }

  async data(item: InboundData): Promise<void> {
    this.#once(item.dedupeKey, () => this.dataItems.push(item))
  }

  async picture(notice: PictureNotice): Promise<void> {
    this.pictureNotices.set(notice.key, notice)
  }

  async receipt(receipt: Receipt): Promise<void> {
    this.#onReport(receipt)
  }

  /** Everybody is known: what is announced is fetched. */
  async knows(): Promise<boolean> {
    return true
  }

  async quarantine(item: QuarantinedItem): Promise<void> {
    this.#once(item.dedupeKey, () => this.quarantined.push(item))
  }

  /** All is in memory here: there is nothing to commit. */
  together<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    return work({} as UnitOfWork)
  }

  committed(): void {}

  async open(pdu: IncomingPdu): Promise<string> {
    const place = placeOf(pdu)
    const known = this.#open.get(place)
    if (known?.pduHex === pdu.pduHex) return known.key
    const key = `pdu ${this.#nextKey++}`
    this.#open.set(place, { pduHex: pdu.pduHex, key })
    return key
  }

  async release(pdu: IncomingPdu): Promise<void> {
    this.#open.delete(placeOf(pdu))
  }

  async inventory(modemId: string, memory: string, occupied: readonly number[]): Promise<void> {
    for (const place of this.#open.keys()) {
      const [modem, inMemory, index] = place.split('\n')
      if (modem === modemId && inMemory === memory && !occupied.includes(Number(index))) this.#open.delete(place)
    }
  }

  #once(key: string, keep: () => void): boolean {
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    keep()
    return true
  }
}

function placeOf({ modemId, slot }: IncomingPdu): string {
  return `${modemId}\n${slot?.memory ?? 'direct'}\n${slot?.index ?? 0}`
}
