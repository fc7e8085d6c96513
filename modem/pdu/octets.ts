/**
 * Octets in and out: strict hexadecimal, a reader that never runs past the end, a writer of bounded size.
 * Everything that reads a PDU goes through `OctetReader`, so every short read is a `PduError` with field and offset.
 */
import { PduError } from './error.ts'

/** A PDU is at most 12 + 164 octets; SIM records and modems pad it, but none comes near this. */
const PDU_OCTETS_MAX = 1024

const HEX_DIGITS = '0123456789ABCDEF'
const HEX_OF_OCTET: readonly string[] = Array.from(
  { length: 256 },
  (_, octet) => HEX_DIGITS.charAt(octet >> 4) + HEX_DIGITS.charAt(octet & 15),
)
const NIBBLE_OF_CHAR = new Uint8Array(128).fill(0xff)
for (let value = 0; value < 16; value++) {
  NIBBLE_OF_CHAR[HEX_DIGITS.charCodeAt(value)] = value
  NIBBLE_OF_CHAR[HEX_DIGITS.toLowerCase().charCodeAt(value)] = value
}

/** Upper-case hexadecimal of the octets. */
export function toHex(octets: Uint8Array): string {
  let hex = ''
  for (const octet of octets) hex += HEX_OF_OCTET[octet]
  return hex
}

/**
 * Octets of a hexadecimal string, either case, no spaces.
 * Throws PduError `empty`, `not-hex` (offset of the octet) or `too-long` (more than 1024 octets, or `octetsMax`).
 */
export function fromHex(hex: string, field = 'PDU', octetsMax = PDU_OCTETS_MAX): Uint8Array {
  const length = hex.length >> 1
  if (length > octetsMax) {
    throw new PduError('too-long', field, octetsMax, `${field} has more than ${octetsMax} octets`)
  }
  if (hex.length === 0) throw new PduError('empty', field, 0, `${field} is empty`)
  const octets = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const high = NIBBLE_OF_CHAR[hex.charCodeAt(2 * i)] ?? 0xff
    const low = NIBBLE_OF_CHAR[hex.charCodeAt(2 * i + 1)] ?? 0xff
    if ((high | low) > 15) throw new PduError('not-hex', field, i, `${field} holds something else than hex digits`)
    octets[i] = (high << 4) | low
  }
  if (hex.length % 2 === 1) throw new PduError('not-hex', field, length, `${field} has an odd number of hex digits`)
  return octets
}

/** The same octets joined. */
export function joinOctets(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** Reads forward; every read names the field it is for. `base` is added to the offsets that errors report. */
export class OctetReader {
  readonly octets: Uint8Array
  readonly base: number
  private position = 0

  constructor(octets: Uint8Array, base = 0) {
    this.octets = octets
    this.base = base
  }

  /** Offset of the next octet, as errors report it. */
  get offset(): number {
    return this.base + this.position
  }

  get remaining(): number {
    return this.octets.length - this.position
  }

  octet(field: string): number {
    const value = this.octets[this.position]
    if (value === undefined) throw this.truncated(field, 1)
    this.position++
    return value
  }

  /** Passes over the next `count` octets and returns the index of the first in `octets`. */
  pass(count: number, field: string): number {
    if (count > this.remaining) throw this.truncated(field, count)
    const from = this.position
    this.position += count
    return from
  }

  private truncated(field: string, wanted: number): PduError {
    return new PduError('truncated', field, this.offset, `${field} needs ${wanted} octets, ${this.remaining} are left`)
  }
}

/** The longest TPDU is 164 octets (23.040 §9.2.2), the longest service centre address 12 and its length. */
const WRITTEN_OCTETS_MAX = 164 + 13

/** Appends octets of a PDU. */
export class OctetWriter {
  private readonly written: number[] = []

  octet(value: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw new PduError('bad-value', field, this.offset, `${field} is not an octet`)
    }
    this.written.push(value)
  }

  octets(values: Uint8Array, field: string): void {
    if (this.written.length + values.length > WRITTEN_OCTETS_MAX) {
      throw new PduError('bad-length', field, this.offset, `${field} does not fit into a PDU`)
    }
    for (const value of values) this.written.push(value)
  }

  get offset(): number {
    return this.written.length
  }

  /** What was written. */
  finish(): Uint8Array {
    return new Uint8Array(this.written)
  }
}
