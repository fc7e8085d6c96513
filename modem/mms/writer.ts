/**
 * Writes the primitives of WSP (WAP-230-WSP §8.4.2) into a buffer that grows up to `PDU_OCTETS_MAX`. Values with a length
 * in front are written into a writer of their own first.
 */
import { utf8 } from './charset.ts'
import { MmsError } from './error.ts'
import { PDU_OCTETS_MAX } from './limits.ts'

const FIRST_OCTETS = 256
const QUOTE = 0x7f
const STRING_QUOTE = 0x22
const LENGTH_QUOTE = 0x1f

export class WspWriter {
  private octets = new Uint8Array(FIRST_OCTETS)
  private length = 0

  get offset(): number {
    return this.length
  }

  fault(field: string, message: string): MmsError {
    return new MmsError('bad-value', field, this.length, `${field} ${message}`)
  }

  octet(value: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value > 255) throw this.fault(field, 'is not an octet')
    this.room(1, field)
    this.octets[this.length++] = value
  }

  all(values: Uint8Array, field: string): void {
    this.room(values.length, field)
    this.octets.set(values, this.length)
    this.length += values.length
  }

  uintvar(value: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) throw this.fault(field, 'does not fit into 32 bits')
    for (let unit = 4; unit > 0; unit--) {
      if (value >= 128 ** unit) this.octet(0x80 | (Math.floor(value / 128 ** unit) & 0x7f), field)
    }
    this.octet(value & 0x7f, field)
  }

  valueLength(length: number, field: string): void {
    if (length < LENGTH_QUOTE) {
      this.octet(length, field)
      return
    }
    this.octet(LENGTH_QUOTE, field)
    this.uintvar(length, field)
  }

  /** What `write` writes, with its length in front. */
  lengthed(field: string, write: (inner: WspWriter) => void): void {
    const inner = new WspWriter()
    write(inner)
    this.valueLength(inner.offset, field)
    this.all(inner.finish(), field)
  }

  /** 0…127 in one octet. */
  shortInteger(value: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value > 0x7f) throw this.fault(field, 'does not fit into 7 bits')
    this.octet(0x80 | value, field)
  }

  /** A whole number up to 2^53 - 1, big endian, its length in front. */
  longInteger(value: number, field: string): void {
    if (!Number.isSafeInteger(value) || value < 0) throw this.fault(field, 'is not a whole number from 0 on')
    const digits: number[] = []
    for (let rest = value; rest > 0 || digits.length === 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
    this.octet(digits.length, field)
    for (const digit of digits) this.octet(digit, field)
  }

  /** The shorter of the two. */
  integer(value: number, field: string): void {
    if (value >= 0 && value <= 0x7f) this.shortInteger(value, field)
    else this.longInteger(value, field)
  }

  /** UTF-8 with a Quote where the first octet needs one, and NUL. Throws `bad-value` for a text that holds NUL. */
  text(text: string, field: string): void {
    const octets = utf8(text)
    if (octets.includes(0)) throw this.fault(field, 'has a NUL inside')
    const first = octets[0] ?? 0
    if (first >= 0x80 || first === QUOTE) this.octet(QUOTE, field)
    this.all(octets, field)
    this.octet(0, field)
  }

  /** Quoted-string: the opening quote only, and NUL. */
  quotedText(text: string, field: string): void {
    const octets = utf8(text)
    if (octets.includes(0)) throw this.fault(field, 'has a NUL inside')
    this.octet(STRING_QUOTE, field)
    this.all(octets, field)
    this.octet(0, field)
  }

  /** What was written, not copied. */
  finish(): Uint8Array {
    return this.octets.subarray(0, this.length)
  }

  private room(count: number, field: string): void {
    const needed = this.length + count
    if (needed > PDU_OCTETS_MAX) {
      throw new MmsError('limit-exceeded', field, this.length, `more than ${PDU_OCTETS_MAX} octets`)
    }
    if (needed <= this.octets.length) return
    const grown = new Uint8Array(Math.min(PDU_OCTETS_MAX, Math.max(needed, 2 * this.octets.length)))
    grown.set(this.octets)
    this.octets = grown
  }
}
