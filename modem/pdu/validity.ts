/** TP-Validity-Period, 3GPP TS 23.040 §9.2.3.12: relative (one octet), absolute and enhanced (seven octets each). */
import { PduError } from './error.ts'
import { fromHex, type OctetReader, type OctetWriter, toHex } from './octets.ts'
import { readTimestamp, type Timestamp, writeTimestamp } from './timestamp.ts'

const FIELD = 'TP-VP'
const PERIOD_OCTETS = 7

export type Validity =
  | { format: 'relative'; raw: number; minutes: number }
  | ({ format: 'absolute' } & Timestamp)
  | EnhancedValidity

/** `raw` is the seven octets as hex; `seconds` is null for none or a reserved kind. */
export interface EnhancedValidity {
  format: 'enhanced'
  raw: string
  kind: 'none' | 'relative' | 'seconds' | 'hhmmss' | 'reserved'
  seconds: number | null
}

/** TP-VPF values, bits 4 and 3 of the first octet. */
const FORMATS = [null, 'enhanced', 'relative', 'absolute'] as const

/** The longest span that each range of the relative octet can say, and its step, in minutes. */
const MINUTES_MAX = 63 * 7 * 24 * 60

/** TP-VPF (0…3) of a validity. */
export function validityFormat(validity: Validity | null): number {
  return FORMATS.indexOf(validity?.format ?? null)
}

/**
 * The relative validity that is at least as long as `minutes` (rounded up to what the octet can say: 5 minutes up to
 * 12 h, 30 minutes up to a day, then days up to 30, then weeks up to 63).
 */
export function relativeValidity(minutes: number): Validity {
  const wanted = Math.min(Math.max(minutes, 5), MINUTES_MAX)
  let raw: number
  if (wanted <= 12 * 60) raw = Math.ceil(wanted / 5) - 1
  else if (wanted <= 24 * 60) raw = 143 + Math.ceil((wanted - 12 * 60) / 30)
  else if (wanted <= 30 * 24 * 60) raw = 166 + Math.ceil(wanted / (24 * 60))
  else raw = 192 + Math.ceil(wanted / (7 * 24 * 60))
  return { format: 'relative', raw, minutes: relativeMinutes(raw) }
}

/** Reads what TP-VPF (0…3) announces. Throws PduError `bad-time` for an absolute time that does not exist. */
export function readValidity(reader: OctetReader, format: number): Validity | null {
  switch (FORMATS[format & 3]) {
    case 'relative': {
      const raw = reader.octet(FIELD)
      return { format: 'relative', raw, minutes: relativeMinutes(raw) }
    }
    case 'absolute': {
      const at = reader.offset
      const time = readTimestamp(reader.octets, reader.pass(PERIOD_OCTETS, FIELD))
      if (time === undefined) throw new PduError('bad-time', FIELD, at, 'the absolute validity is not a time')
      return { format: 'absolute', ...time }
    }
    case 'enhanced':
      return readEnhanced(reader)
    default:
      return null
  }
}

/** TP-VP in its own format (3GPP TS 23.040 §9.2.3.12); nothing for null. Throws PduError. */
export function writeValidity(writer: OctetWriter, validity: Validity | null): void {
  if (validity === null) return
  if (validity.format === 'relative') writer.octet(validity.raw, FIELD)
  else if (validity.format === 'absolute') writer.octets(writeTimestamp(validity, FIELD), FIELD)
  else {
    const octets = fromHex(validity.raw, FIELD)
    if (octets.length !== PERIOD_OCTETS) {
      throw new PduError('bad-value', FIELD, writer.offset, `an enhanced validity has ${PERIOD_OCTETS} octets`)
    }
    writer.octets(octets, FIELD)
  }
}

function relativeMinutes(raw: number): number {
  if (raw <= 143) return (raw + 1) * 5
  if (raw <= 167) return 12 * 60 + (raw - 143) * 30
  if (raw <= 196) return (raw - 166) * 24 * 60
  return (raw - 192) * 7 * 24 * 60
}

/** §9.2.3.12.3. Bit 7 of the functionality indicator says that another one follows. */
function readEnhanced(reader: OctetReader): EnhancedValidity {
  const from = reader.pass(PERIOD_OCTETS, FIELD)
  const octets = reader.octets.slice(from, from + PERIOD_OCTETS)
  const raw = toHex(octets)
  let at = 0
  while (at < PERIOD_OCTETS - 1 && ((octets[at] ?? 0) & 0x80) !== 0) at++
  const [value = 0, minutes = 0, seconds = 0] = octets.subarray(at + 1)
  switch ((octets[0] ?? 0) & 7) {
    case 0:
      return { format: 'enhanced', raw, kind: 'none', seconds: null }
    case 1:
      return { format: 'enhanced', raw, kind: 'relative', seconds: relativeMinutes(value) * 60 }
    case 2:
      return { format: 'enhanced', raw, kind: 'seconds', seconds: value }
    case 3:
      return { format: 'enhanced', raw, kind: 'hhmmss', seconds: (bcd(value) * 60 + bcd(minutes)) * 60 + bcd(seconds) }
    default:
      return { format: 'enhanced', raw, kind: 'reserved', seconds: null }
  }
}

function bcd(octet: number): number {
  return (octet & 15) * 10 + (octet >> 4)
}
