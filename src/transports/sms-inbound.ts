/**
 * What the modems receive: octets become messages, segments or receipts, and are safe in the database before the modem
 * may forget them (the promises of `ModemSink` are the acknowledgement).
 *
 * A PDU's identity is its slot and its octets until the slot was emptied (`PduJournal`): two honest identical texts are
 * two, one text read twice is one. A part that comes late fills its gap in the text as shown (`LateParts`). What cannot be decoded is quarantined with its octets; what is for a program (ports,
 * binary) is handed on whole, never as a text; a type 0 message is acknowledged and leaves no trace.
 */
import type { IncomingCall, IncomingPdu, ModemSink } from '../../modem/contract.ts'
import { PduError } from '../../modem/pdu/error.ts'
import { toHex } from '../../modem/pdu/octets.ts'
import type { StatusOutcome } from '../../modem/pdu/status.ts'
import { instantMs } from '../../modem/pdu/timestamp.ts'
import { decodePdu, type SmsDeliver, type SmsStatusReport } from '../../modem/pdu/tpdu.ts'
import { waitingIndications } from '../../modem/pdu/waiting.ts'
import type { InboundBroadcast } from '../domain/inbound-notices.ts'
import type { InboundSegment, Receipt, TransportSink } from '../domain/sink.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import { BroadcastInbound } from './broadcast-inbound.ts'
import { factsOf, gappedKey, joined, joinedSegments, messageOf, partOf } from './text-parts.ts'

/** Remembers which slots hold what, durably. The store fulfils it. */
export interface PduJournal {
  /** Runs `work` in one transaction, and resolves when that is durable. */
  together<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>
  /** A key for this PDU: the same for the same octets in the same slot until `release`, a new one after. */
  open(pdu: IncomingPdu, unit: UnitOfWork): Promise<string>
  release(pdu: IncomingPdu): Promise<void>
  /** Every PDU of this memory outside these slots has been released. */
  inventory(modemId: string, memory: string, occupied: readonly number[]): Promise<void>
}

const OUTCOMES: Readonly<Record<StatusOutcome, (Receipt & { transport: 'sms' })['outcome']>> = {
  delivered: 'delivered',
  'temporary-retrying': 'temporary',
  'permanent-failure': 'permanent-failure',
  'temporary-stopped': 'permanent-failure',
  reserved: 'temporary',
}

/** Takes pushes for the MMS agent; false where they are none of its business. `mms-pushes.ts` fulfils it. */
export interface PushTaker {
  take(
    push: { lane: string; port: number; octets: Uint8Array; receivedAtMs: number; dedupeKey: string },
    unit: UnitOfWork,
  ): Promise<boolean>
  /** The unit of work given before has been committed. */
  committed(): void
}

/** What of the sink a modem has something for. */
export type SmsSink = Pick<
  TransportSink,
  'message' | 'segment' | 'filled' | 'call' | 'broadcast' | 'waiting' | 'data' | 'receipt' | 'quarantine' | 'committed'
>

export class SmsInbound implements ModemSink {
  readonly #sink: SmsSink
  readonly #journal: PduJournal
  readonly #pushes: PushTaker | undefined
  readonly #broadcasts = new BroadcastInbound()

  constructor(sink: SmsSink, journal: PduJournal, pushes?: PushTaker) {
    this.#sink = sink
    this.#journal = journal
    this.#pushes = pushes
  }

  async incoming(pdu: IncomingPdu): Promise<void> {
    if (pdu.kind === 'broadcast') return this.#broadcast(pdu)
    let tpdu: ReturnType<typeof decodePdu>
    try {
      tpdu = decodePdu(pdu.pduHex, 'mt')
    } catch (error) {
      await this.#undecodable(pdu, error)
      return
    }
    // A report says the same however often it is read, so it needs no key.
    if (tpdu.type === 'status-report') await this.#report(pdu, tpdu)
    else if (tpdu.type === 'deliver') await this.#deliver(pdu, tpdu)
    else await this.#quarantine(pdu, 'unexpected-type', `a ${tpdu.type} does not come from the network`)
  }

  released(pdu: IncomingPdu): Promise<void> {
    return this.#journal.release(pdu)
  }

  inventory(modemId: string, memory: string, occupied: readonly number[]): Promise<void> {
    return this.#journal.inventory(modemId, memory, occupied)
  }

  call(call: IncomingCall): Promise<void> {
    return this.#sink.call({
      lane: call.modemId,
      fromAddress: call.from,
      withheld: call.withheld,
      hungUp: call.hungUp,
      startedAtMs: call.startedAtMs,
      receivedAtMs: call.endedAtMs,
      dedupeKey: `call:${call.modemId}:${call.startedAtMs}`,
    })
  }

  async #deliver(pdu: IncomingPdu, tpdu: SmsDeliver): Promise<void> {
    // Acknowledged, never shown (23.040 §9.2.3.9).
    if (tpdu.protocol.kind === 'type-0') return
    const { indications, keepText } = waitingIndications(tpdu)
    for (const { type, count } of indications) {
      await this.#sink.waiting({
        lane: pdu.modemId,
        fromAddress: tpdu.address.display,
        type,
        count,
        receivedAtMs: pdu.receivedAtMs,
      })
    }
    if (!keepText || (indications.length > 0 && tpdu.data.length === 0)) return
    await this.#journal.together((unit) => this.#keep(pdu, tpdu, unit))
    this.#sink.committed()
    this.#pushes?.committed()
  }

  async #keep(pdu: IncomingPdu, tpdu: SmsDeliver, unit: UnitOfWork): Promise<void> {
    const key = await this.#journal.open(pdu, unit)
    if (tpdu.concat === null) {
      await this.#whole(pdu, key, tpdu, joined([partOf(tpdu)]), unit)
      return
    }
    const { ref, total, seq, refBits } = tpdu.concat
    const segment = {
      lane: pdu.modemId,
      fromAddress: tpdu.address.display,
      reference: ref,
      referenceBits: refBits,
      total,
      sequence: seq,
      payloadJson: JSON.stringify(partOf(tpdu)),
      factsJson: JSON.stringify(factsOf(pdu, tpdu)),
      receivedAtMs: pdu.receivedAtMs,
      dedupeKey: key,
    }
    const set = await this.#sink.segment(segment, unit)
    const [first] = set ?? []
    if (set === undefined || first === undefined) return
    const message = joinedSegments(set)
    if (!first.isShown) {
      await this.#whole(pdu, wholeKey(set), tpdu, message, unit)
      return
    }
    const missing = message.missing.length
    const text = message.text ?? ''
    await this.#sink.filled({ transport: 'sms', dedupeKey: gappedKey(first.setId), text, missing }, unit)
  }

  /** A message that is complete: for a person, or for a program. */
  async #whole(
    pdu: IncomingPdu,
    dedupeKey: string,
    tpdu: SmsDeliver,
    { text, data, ports }: ReturnType<typeof joined>,
    unit: UnitOfWork,
  ): Promise<void> {
    const { modemId: lane, receivedAtMs } = pdu
    const address = tpdu.address.display
    const facts = factsOf(pdu, tpdu)
    if (text !== null && ports === undefined && facts.forPerson) {
      await this.#sink.message(messageOf({ lane, address, receivedAtMs, dedupeKey }, text, facts), unit)
      return
    }
    if (data !== null && ports !== undefined) {
      const push = { lane, port: ports.dst, octets: data, receivedAtMs, dedupeKey }
      if ((await this.#pushes?.take(push, unit)) === true) return
    }
    const item = {
      lane,
      fromAddress: address,
      ports: ports && { destination: ports.dst, source: ports.src },
      pid: tpdu.pid,
      dcs: tpdu.dcs,
      content:
        data === null ? ({ kind: 'text', text: text ?? '' } as const) : ({ kind: 'octets', hex: toHex(data) } as const),
      sentAtMs: facts.sentAtMs,
      receivedAtMs,
      dedupeKey,
    }
    await this.#sink.data(item, unit)
  }

  async #report(pdu: IncomingPdu, tpdu: SmsStatusReport): Promise<void> {
    await this.#sink.receipt({
      transport: 'sms',
      lane: pdu.modemId,
      messageReference: tpdu.messageReference,
      recipientAddress: tpdu.address.display,
      submittedAtMs: tpdu.scts === null ? pdu.receivedAtMs : instantMs(tpdu.scts),
      dischargedAtMs: tpdu.dischargeTime === null ? pdu.receivedAtMs : instantMs(tpdu.dischargeTime),
      outcome: OUTCOMES[tpdu.outcome],
      status: tpdu.status,
      detail: `${tpdu.outcome} (TP-ST ${tpdu.status})`,
    })
  }

  async #broadcast(pdu: IncomingPdu): Promise<void> {
    let whole: InboundBroadcast | undefined
    try {
      whole = this.#broadcasts.take(pdu)
    } catch (error) {
      await this.#undecodable(pdu, error)
      return
    }
    if (whole !== undefined) await this.#sink.broadcast(whole)
  }

  async #undecodable(pdu: IncomingPdu, error: unknown): Promise<void> {
    if (!(error instanceof PduError)) throw error
    await this.#quarantine(pdu, error.code, `${error.field} at octet ${error.offset}: ${error.message}`)
  }

  async #quarantine(pdu: IncomingPdu, code: string, detail: string): Promise<void> {
    const { modemId: lane, pduHex: raw, receivedAtMs } = pdu
    await this.#journal.together(async (unit) => {
      const dedupeKey = await this.#journal.open(pdu, unit)
      await this.#sink.quarantine({ transport: 'sms', lane, raw, code, detail, dedupeKey, receivedAtMs }, unit)
    })
    this.#sink.committed()
  }
}

/** The key of the whole is the key of its first part, so that completing it twice is seen. */
function wholeKey(segments: readonly InboundSegment[]): string {
  return `whole:${segments[0]?.dedupeKey ?? ''}`
}
