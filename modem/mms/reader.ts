/**
 * Reads the primitives of WSP (WAP-230-WSP §8.4.2) from octets, never past a bound: every length opens a reader of its
 * own, which ends where the length says. Running out at the end of what was handed in is `truncated`, running out inside
 * a length is `malformed`. Offsets count from the first octet handed in.
 */
import { MmsError, type MmsErrorCode } from './error.ts'
import { TEXT_OCTETS_MAX } from './limits.ts'

/** Counts what reading costs: octets passed over. Tests hold it against the length of the PDU. */
export interface Work {
  octets: number
}

/** A text ends in one; so does nothing else. */
const NUL = 0x00
/** A length as uintvar follows (§8.4.2.2). */
const LENGTH_QUOTE = 0x1f
const LONG_INTEGER_OCTETS_MAX = 30
const UINTVAR_OCTETS_MAX = 5
const UINTVAR_MAX = 2 ** 32 - 1

export class WspReader {
  readonly octets: Uint8Array
  private position: number
  private readonly end: number
  /** False for the reader of all that was handed in. */
  private readonly inner: boolean
  private readonly work: Work

  constructor(octets: Uint8Array, work: Work = { octets: 0 }, start = 0, end = octets.length, inner = false) {
    this.octets = octets
    this.work = work
    this.position = start
    this.end = end
    this.inner = inner
  }

  get offset(): number {
    return this.position
  }

  get remaining(): number {
    return this.end - this.position
  }

  fault(code: MmsErrorCode, field: string, message: string, offset = this.position): MmsError {
    return new MmsError(code, field, offset, message)
  }

  /** The next octet, without passing it. */
  peek(field: string): number {
    const value = this.position < this.end ? this.octets[this.position] : undefined
    if (value === undefined) throw this.ranOut(field, 1)
    return value
  }

  octet(field: string): number {
    const value = this.peek(field)
    this.position += 1
    this.work.octets += 1
    return value
  }

  /** The next octets, not copied. */
  take(count: number, field: string): Uint8Array {
    const from = this.pass(count, field)
    return this.octets.subarray(from, from + count)
  }

  /** All that is left, not copied. */
  rest(): Uint8Array {
    return this.take(this.remaining, '')
  }

  /** A reader of the next octets, which are passed. */
  within(count: number, field: string): WspReader {
    const from = this.pass(count, field)
    return new WspReader(this.octets, this.work, from, from + count, true)
  }

  /** A reader of the same octets from here on, whose reading does not move this one. */
  ahead(): WspReader {
    return new WspReader(this.octets, this.work, this.position, this.end, true)
  }

  /** §8.1.2: seven bits an octet, at most five octets and 32 bits; leading 0x80 are legal. */
  uintvar(field: string): number {
    const at = this.position
    let value = 0
    for (let count = 1; ; count++) {
      const octet = this.octet(field)
      value = value * 128 + (octet & 0x7f)
      if (count > UINTVAR_OCTETS_MAX || value > UINTVAR_MAX) {
        throw this.fault('malformed', field, `${field} has a uintvar of more than 32 bits`, at)
      }
      if (octet < 0x80) return value
    }
  }

  /** Value-length (§8.4.2.2): 0…30, or 31 and a uintvar. */
  valueLength(field: string): number {
    const at = this.position
    const first = this.octet(field)
    if (first < LENGTH_QUOTE) return first
    if (first === LENGTH_QUOTE) return this.uintvar(field)
    throw this.fault('malformed', field, `${field} needs a length`, at)
  }

  /** A reader of a value with its length in front. */
  lengthed(field: string): WspReader {
    return this.within(this.valueLength(field), field)
  }

  /** Short-integer or Long-integer (§8.4.2.1). A Long-integer of no octets is 0; above 2^53 - 1 it stays there. */
  integer(field: string): number {
    const at = this.position
    const first = this.octet(field)
    if (first >= 0x80) return first & 0x7f
    if (first > LONG_INTEGER_OCTETS_MAX) throw this.fault('malformed', field, `${field} needs an integer`, at)
    let value = 0
    for (const octet of this.take(first, field)) value = Math.min(value * 256 + octet, Number.MAX_SAFE_INTEGER)
    return value
  }

  /** The octets of a text up to its NUL, which is passed; not copied, a Quote (0x7F) still in front. */
  text(field: string): Uint8Array {
    const at = this.position
    const searched = Math.min(this.end, at + TEXT_OCTETS_MAX + 1)
    const found = this.octets.subarray(at, searched).indexOf(NUL)
    if (found < 0) {
      this.work.octets += searched - at
      if (searched < this.end) throw this.tooLong(field)
      throw this.fault(this.inner ? 'malformed' : 'truncated', field, `${field} has no end`, at)
    }
    const text = this.take(found, field)
    this.octet(field)
    return text
  }

  /** The same, where a length around it ends the text as well: its NUL may be missing. */
  textOrRest(field: string): Uint8Array {
    if (this.remaining > TEXT_OCTETS_MAX + 1) throw this.tooLong(field)
    if (this.octets.subarray(this.position, this.end).indexOf(NUL) >= 0) return this.text(field)
    return this.rest()
  }

  /** Whether a text is next (or an empty one), by the first octet of a value (§8.4.1.2). */
  isTextNext(field: string): boolean {
    const first = this.peek(field)
    return first > LENGTH_QUOTE && first < 0x80
  }

  /** Passes over a value whose form nobody told us, by its first octet (§8.4.1.2); all of it, not copied. */
  anyValue(field: string): Uint8Array {
    const from = this.position
    const first = this.peek(field)
    if (first <= LENGTH_QUOTE) this.pass(this.valueLength(field), field)
    else if (first < 0x80) this.text(field)
    else this.octet(field)
    return this.octets.subarray(from, this.position)
  }

  private pass(count: number, field: string): number {
    if (count > this.remaining) throw this.ranOut(field, count)
    const from = this.position
    this.position += count
    this.work.octets += count
    return from
  }

  private ranOut(field: string, wanted: number): MmsError {
    const message = `${field} needs ${wanted} octets, ${this.remaining} are left`
    return this.fault(this.inner ? 'malformed' : 'truncated', field, message)
  }

  private tooLong(field: string): MmsError {
    return this.fault('limit-exceeded', field, `${field} has a text of more than ${TEXT_OCTETS_MAX} octets`)
  }
}
