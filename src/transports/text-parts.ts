/**
 * Received parts as they are kept until their siblings are here, and the message that they make: whole, or with marks
 * where parts are missing.
 */
import type { IncomingPdu } from '../../modem/contract.ts'
import type { Protocol } from '../../modem/pdu/pid.ts'
import { type Reassembled, reassemble, type Segment, segmentOf } from '../../modem/pdu/segments.ts'
import { instantMs } from '../../modem/pdu/timestamp.ts'
import type { SmsDeliver } from '../../modem/pdu/tpdu.ts'
import type { Ports } from '../../modem/pdu/udh.ts'
import type { InboundMessage, InboundSegment } from '../domain/sink.ts'

/** TP-PIDs of messages for the device or the SIM, whatever their alphabet (23.040 §9.2.3.9). */
const FOR_DEVICES: ReadonlySet<Protocol['kind']> = new Set([
  'me-download',
  'me-depersonalization',
  'sim-download',
  'ansi-136',
])

/** A part as it is kept. Some senders name the ports in the first part only. */
export type KeptPart = Segment & { ports?: Ports | null }

/** What a part says beside its text (JSON). */
export interface PartFacts {
  sentAtMs: number
  flash: boolean
  /** 1…7 of a message that takes the place of an earlier one. */
  replaceNumber?: number
  /** Not for the device or the SIM. */
  forPerson: boolean
}

export function partOf(tpdu: SmsDeliver): KeptPart {
  return { ...segmentOf(tpdu), ports: tpdu.ports }
}

export function factsOf(pdu: Pick<IncomingPdu, 'receivedAtMs'>, { scts, protocol, ...tpdu }: SmsDeliver): PartFacts {
  return {
    sentAtMs: scts === null ? pdu.receivedAtMs : instantMs(scts),
    flash: tpdu.class === 0,
    ...(protocol.kind === 'replace' ? { replaceNumber: protocol.number } : {}),
    forPerson: !FOR_DEVICES.has(protocol.kind),
  }
}

/** Throws PduError `parts-mismatch` as `reassemble` does. */
export function joined(parts: readonly KeptPart[]): Reassembled & { ports: Ports | undefined } {
  return { ...reassemble(parts), ports: parts.find((part) => part.ports)?.ports ?? undefined }
}

/** The parts of kept segments, joined. */
export function joinedSegments(segments: readonly InboundSegment[]): ReturnType<typeof joined> {
  return joined(segments.map(({ payloadJson }) => JSON.parse(payloadJson) as KeptPart))
}

/** A person's text. */
export function messageOf(
  from: { lane: string; address: string; receivedAtMs: number; dedupeKey: string },
  text: string,
  { sentAtMs, flash, replaceNumber }: PartFacts,
): InboundMessage {
  const { lane, address, receivedAtMs, dedupeKey } = from
  return {
    transport: 'sms',
    lane,
    from: { address: address === '' ? undefined : address, aci: undefined, pni: undefined, name: undefined },
    text,
    sentAtMs,
    receivedAtMs,
    encrypted: false,
    dedupeKey,
    flash,
    ...(replaceNumber === undefined ? {} : { replaceNumber }),
  }
}

/** Under which a text is known that is shown before it is whole. */
export function gappedKey(setId: string): string {
  return `gapped:${setId}`
}
