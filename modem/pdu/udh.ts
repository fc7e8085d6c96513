/**
 * The user data header, 3GPP TS 23.040 §9.2.3.24: information elements kept as they came, and the meaning of those that
 * every receiver needs (concatenation, ports, national languages). Impossible concatenations are ignored, of elements
 * that exclude each other the last one counts.
 */
import { PduError } from './error.ts'

const IEI_CONCAT_8 = 0x00
const IEI_CONCAT_16 = 0x08
const IEI_PORTS_8 = 0x04
const IEI_PORTS_16 = 0x05
const IEI_SINGLE_SHIFT = 0x24
const IEI_LOCKING_SHIFT = 0x25

export interface InformationElement {
  iei: number
  data: Uint8Array
}

/** Part `seq` (1-based) of `total`. References of 8 and of 16 bits name different messages. */
export interface Concat {
  ref: number
  total: number
  seq: number
  refBits: 8 | 16
}

export interface Ports {
  dst: number
  src: number
  bits: 8 | 16
}

/** National language identifiers as received, known or not. */
export interface Language {
  singleShift?: number
  lockingShift?: number
}

export interface UserDataHeader {
  elements: readonly InformationElement[]
  concat: Concat | null
  ports: Ports | null
  language: Language | null
}

export const NO_HEADER: UserDataHeader = Object.freeze({ elements: [], concat: null, ports: null, language: null })

/**
 * Reads the elements of a header, its octets from `from` (after UDHL) to `to`. Where the last element does not end with
 * the header the whole header is ignored, as the clause asks: undefined.
 */
export function readHeader(octets: Uint8Array, from: number, to: number): UserDataHeader | undefined {
  const elements: InformationElement[] = []
  let at = from
  while (at < to) {
    const iei = octets[at] ?? 0
    const length = octets[at + 1] ?? 0
    if (at + 2 + length > to) return undefined
    elements.push({ iei, data: octets.slice(at + 2, at + 2 + length) })
    at += 2 + length
  }
  return meaningOf(elements)
}

/**
 * Octets of a header with its length in front; nothing at all for no elements, unless an empty one was announced.
 * Throws PduError `bad-value`.
 */
export function writeHeader(elements: readonly InformationElement[], announced: boolean): Uint8Array {
  if (elements.length === 0 && !announced) return new Uint8Array(0)
  const octets: number[] = [0]
  for (const { iei, data } of elements) {
    if (!Number.isInteger(iei) || iei < 0 || iei > 255 || data.length > 255) {
      throw new PduError('bad-value', 'TP-UDH', octets.length, 'an information element does not fit')
    }
    octets.push(iei, data.length, ...data)
  }
  octets[0] = octets.length - 1
  return Uint8Array.from(octets)
}

/** The element that marks a part of a concatenated message. */
export function concatElement(concat: Concat): InformationElement {
  const { ref, total, seq } = concat
  return concat.refBits === 8
    ? { iei: IEI_CONCAT_8, data: Uint8Array.of(ref, total, seq) }
    : { iei: IEI_CONCAT_16, data: Uint8Array.of(ref >> 8, ref, total, seq) }
}

/** The element that addresses an application by port. */
export function portsElement(ports: Ports): InformationElement {
  const { dst, src } = ports
  return ports.bits === 8
    ? { iei: IEI_PORTS_8, data: Uint8Array.of(dst, src) }
    : { iei: IEI_PORTS_16, data: Uint8Array.of(dst >> 8, dst, src >> 8, src) }
}

/** The elements that put national tables in force; 0 needs none. */
export function languageElements(locking: number, single: number): InformationElement[] {
  const elements: InformationElement[] = []
  if (single !== 0) elements.push({ iei: IEI_SINGLE_SHIFT, data: Uint8Array.of(single) })
  if (locking !== 0) elements.push({ iei: IEI_LOCKING_SHIFT, data: Uint8Array.of(locking) })
  return elements
}

function meaningOf(elements: readonly InformationElement[]): UserDataHeader {
  let concat: Concat | null = null
  let ports: Ports | null = null
  let language: Language | null = null
  for (const { iei, data } of elements) {
    const [a = 0, b = 0, c = 0, d = 0] = data
    if (iei === IEI_CONCAT_8 && data.length === 3) {
      concat = possible({ ref: a, total: b, seq: c, refBits: 8 }) ?? concat
    } else if (iei === IEI_CONCAT_16 && data.length === 4) {
      concat = possible({ ref: (a << 8) | b, total: c, seq: d, refBits: 16 }) ?? concat
    } else if (iei === IEI_PORTS_8 && data.length === 2) {
      ports = { dst: a, src: b, bits: 8 }
    } else if (iei === IEI_PORTS_16 && data.length === 4) {
      ports = { dst: (a << 8) | b, src: (c << 8) | d, bits: 16 }
    } else if (iei === IEI_SINGLE_SHIFT && data.length === 1) {
      language = { ...(language ?? {}), singleShift: a }
    } else if (iei === IEI_LOCKING_SHIFT && data.length === 1) {
      language = { ...(language ?? {}), lockingShift: a }
    }
  }
  return { elements, concat, ports, language }
}

/** §9.2.3.24.1: a total or number of zero, or a number above the total, is to be ignored. */
function possible(concat: Concat): Concat | null {
  return concat.seq >= 1 && concat.seq <= concat.total ? concat : null
}
