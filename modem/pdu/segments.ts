/**
 * Texts in parts: the cheapest alphabet, parts of at most 140 octets, and back. Pure.
 *
 *   split(text, { reference, referenceBits }) → Part[]      a Part is a `Payload`: encodeSubmit({ address, ...part })
 *   countSegments(text)                        → what it costs, and which character made it expensive
 *   segmentOf(tpdu)                            → Segment (plain JSON) to keep until its siblings are here
 *   reassemble(segments)                       → { text, data, missing }, in any order of arrival
 *
 * A break never falls into an escape or a surrogate pair, and into a grapheme only where the grapheme alone is longer
 * than a part. Who collects segments, and for how long, is the store's business; no clock is needed here.
 */
import {
  ESCAPE,
  NO_SHIFT,
  type SeptetLookup,
  type Shift,
  septetLookup,
  textOfSeptets,
  textOfUcs2,
  ucs2OfText,
  wellFormed,
} from './alphabet.ts'
import { type Alphabet, dcsOf, type MessageClass } from './dcs.ts'
import { PduError } from './error.ts'
import { fromHex, joinOctets, toHex } from './octets.ts'
import { septetsOfHeader } from './septets.ts'
import { transliterate } from './transliterate.ts'
import {
  type Concat,
  concatElement,
  type InformationElement,
  type Language,
  languageElements,
  writeHeader,
} from './udh.ts'
import { type Payload, shiftOf, USER_DATA_OCTETS_MAX, USER_DATA_SEPTETS_MAX, type UserData } from './userdata.ts'

/** The total of a concatenation is one octet. */
const PARTS_MAX = 255

export interface EncodingOptions {
  /**
   * National languages (23.038 identifiers: 1 Turkish, 2 Spanish, 3 Portuguese, 4 Bengali … 13 Urdu) whose tables may be
   * used where that saves a part. None by default: a phone without the table shows other letters.
   */
  nationalLanguages?: readonly number[]
  /** Replace typographic and accented characters by plain ones where that saves a part. Off by default. */
  transliterate?: boolean
}

export interface SplitOptions extends EncodingOptions {
  /** Of the concatenation, 0…255 or 0…65535; not used for a text that fits into one part. */
  reference: number
  /** 8 (default) leaves one septet more a part, 16 wraps later. */
  referenceBits?: 8 | 16
  /** 0 is a flash message. */
  messageClass?: MessageClass
}

/** One part, ready for `encodeSubmit` or `encodeDeliver`. */
export interface Part extends Payload {
  alphabet: Alphabet
  text: string
  concat: Concat | null
}

export interface SegmentCount {
  alphabet: Alphabet
  /** National tables in force, zeros for none. */
  shift: Shift
  parts: number
  /** Septets (gsm7, escapes count) or UTF-16 units (ucs2) of the text. */
  units: number
  /** Units that one part of this text holds. */
  unitsPerPart: number
  /** Units still free in the last part. */
  unitsLeft: number
  /** The first character that the 7-bit tables lack; null when the text is gsm7. `index` in UTF-16 units. */
  forcedBy: { character: string; index: number } | null
}

/** A received part in JSON, with all that joining needs. `data`: septets one an octet, or octets, as hex. */
export interface Segment {
  seq: number
  total: number
  alphabet: Alphabet
  language: Language | null
  /** False where the data cannot be shown as text (8-bit, compressed). */
  isText: boolean
  data: string
}

export interface Reassembled {
  /** Null when the parts are data. Missing parts show as `gapMark`. */
  text: string | null
  /** Null when the parts are text. Missing parts are left out. */
  data: Uint8Array | null
  /** Numbers of the parts that are not there. */
  missing: readonly number[]
}

/** One way to write a text: an alphabet, its tables, and what a part holds under them. */
interface Encoding {
  alphabet: Alphabet
  shift: Shift
  text: string
  lookup: SeptetLookup | undefined
  units: number
  /** Where parts begin, in UTF-16 units; the first is 0. */
  starts: readonly number[]
  unitsPerPart: number
  unitsInLastPart: number
}

/**
 * Splits a text into the fewest parts. Surrogates without partner become U+FFFD.
 * Throws PduError `too-many-parts` above 255 parts, `bad-value` for a reference that does not fit.
 */
export function split(text: string, options: SplitOptions): readonly Part[] {
  const bits = options.referenceBits ?? 8
  if (!Number.isInteger(options.reference) || options.reference < 0 || options.reference >= 2 ** bits) {
    throw new PduError('bad-value', 'TP-UDH', 0, `the concatenation reference does not fit into ${bits} bits`)
  }
  const encoding = cheapest(text, bits, options)
  const { alphabet, shift, starts } = encoding
  const dcs = dcsOf(alphabet, options.messageClass ?? null)
  const language = languageElements(shift.locking, shift.single)
  return starts.map((start, index) => {
    const partText = encoding.text.slice(start, starts[index + 1])
    const concat: Concat | null =
      starts.length === 1 ? null : { ref: options.reference, total: starts.length, seq: index + 1, refBits: bits }
    const udh: InformationElement[] = concat === null ? language : [concatElement(concat), ...language]
    const data = encoding.lookup === undefined ? ucs2OfText(partText) : septetsUnder(encoding.lookup, partText)
    return { dcs, udh, data, alphabet, text: partText, concat }
  })
}

/** What a text costs with these options and references of `referenceBits`. Throws as `split` does. */
export function countSegments(text: string, options: EncodingOptions & { referenceBits?: 8 | 16 } = {}): SegmentCount {
  const encoding = cheapest(text, options.referenceBits ?? 8, options)
  const { alphabet, shift, units, unitsPerPart } = encoding
  return {
    alphabet,
    shift,
    parts: encoding.starts.length,
    units,
    unitsPerPart,
    unitsLeft: unitsPerPart - encoding.unitsInLastPart,
    forcedBy: alphabet === 'ucs2' ? firstOutside(encoding.text) : null,
  }
}

/** What to keep of a decoded part; a text without concatenation is part 1 of 1. */
export function segmentOf(part: UserData): Segment {
  return {
    seq: part.concat?.seq ?? 1,
    total: part.concat?.total ?? 1,
    alphabet: part.alphabet,
    language: part.language,
    isText: part.text !== null,
    data: toHex(part.data),
  }
}

/**
 * Joins the parts of one message, in any order; of twins the first counts. Surrogate pairs and escapes that a sender broke
 * over two parts are whole again, since joining happens before decoding.
 * Throws PduError `parts-mismatch` for no parts, or parts that disagree about the total.
 */
export function reassemble(segments: readonly Segment[], gapMark = '[…]'): Reassembled {
  const [first] = segments
  if (first === undefined || segments.some((segment) => segment.total !== first.total)) {
    throw new PduError('parts-mismatch', 'TP-UDH', 0, 'these parts are not of one message')
  }
  const bySeq = new Map<number, Segment>()
  for (const segment of segments) if (!bySeq.has(segment.seq)) bySeq.set(segment.seq, segment)
  const numbers = Array.from({ length: first.total }, (_, index) => index + 1)
  const missing = numbers.filter((seq) => !bySeq.has(seq))

  if (segments.every((segment) => !segment.isText)) {
    const pieces = numbers.flatMap((seq) => bySeq.get(seq) ?? []).map(octetsOf)
    return { text: null, data: joinOctets(pieces), missing }
  }
  let text = ''
  let run: Segment[] = []
  for (const seq of numbers) {
    const segment = bySeq.get(seq)
    const last = run.at(-1)
    if (last !== undefined && (segment === undefined || !joinable(last, segment))) {
      text += textOfRun(run)
      run = []
    }
    if (segment === undefined) text += gapMark
    else run.push(segment)
  }
  return { text: text + textOfRun(run), data: null, missing }
}

function octetsOf(segment: Segment): Uint8Array {
  return segment.data === '' ? new Uint8Array(0) : fromHex(segment.data, 'TP-UD')
}

/** Parts of other alphabets or tables are decoded apart. */
function joinable(a: Segment, b: Segment): boolean {
  const [left, right] = [shiftOf(a.language), shiftOf(b.language)]
  return (
    a.alphabet === b.alphabet && a.isText === b.isText && left.locking === right.locking && left.single === right.single
  )
}

function textOfRun(run: readonly Segment[]): string {
  const [first] = run
  if (first === undefined || !first.isText) return ''
  const octets = joinOctets(run.map(octetsOf))
  return first.alphabet === 'gsm7' ? textOfSeptets(octets, shiftOf(first.language)) : wellFormed(textOfUcs2(octets))
}

/**
 * The encoding with the fewest parts; of equals the one that most phones can show: default alphabet, UCS-2, national
 * tables; and the text itself before its transliteration.
 */
function cheapest(text: string, bits: 8 | 16, options: EncodingOptions): Encoding {
  const whole = wellFormed(text)
  const plain = encode(whole, 'gsm7', NO_SHIFT, bits)
  if (plain !== undefined && plain.starts.length === 1) return plain
  const texts = [whole]
  if (options.transliterate === true) texts.push(transliterate(whole))
  const shifts = shiftsOf(options.nationalLanguages ?? [])
  let best: Encoding | undefined
  for (const candidate of texts) {
    const encodings = [
      candidate === whole ? plain : encode(candidate, 'gsm7', NO_SHIFT, bits),
      encode(candidate, 'ucs2', NO_SHIFT, bits),
      ...shifts.map((shift) => encode(candidate, 'gsm7', shift, bits)),
    ]
    for (const encoding of encodings) {
      if (encoding !== undefined && (best === undefined || encoding.starts.length < best.starts.length)) best = encoding
    }
  }
  if (best === undefined || best.starts.length > PARTS_MAX) {
    throw new PduError('too-many-parts', 'TP-UD', 0, `the text needs more than ${PARTS_MAX} parts`)
  }
  return best
}

function shiftsOf(languages: readonly number[]): readonly Shift[] {
  const shifts: Shift[] = []
  for (const single of [0, ...languages]) {
    for (const locking of [0, ...languages]) {
      if (single !== 0 || locking !== 0) shifts.push({ locking, single })
    }
  }
  return shifts
}

function encode(text: string, alphabet: 'gsm7' | 'ucs2', shift: Shift, bits: 8 | 16): Encoding | undefined {
  const lookup = alphabet === 'gsm7' ? septetLookup(shift) : undefined
  const units = lookup === undefined ? text.length : septetCount(lookup, text)
  if (units === undefined) return undefined
  const language = languageElements(shift.locking, shift.single)
  const alone = capacity(alphabet, language)
  if (units <= alone) {
    return { alphabet, shift, text, lookup, units, starts: [0], unitsPerPart: alone, unitsInLastPart: units }
  }
  const concat = concatElement({ ref: 0, total: 1, seq: 1, refBits: bits })
  const unitsPerPart = capacity(alphabet, [concat, ...language])
  const { starts, unitsInLastPart } = breaks(text, lookup, unitsPerPart)
  return { alphabet, shift, text, lookup, units, starts, unitsPerPart, unitsInLastPart }
}

/** Units that fit into a part behind such a header. */
function capacity(alphabet: 'gsm7' | 'ucs2', elements: readonly InformationElement[]): number {
  const headerOctets = writeHeader(elements, false).length
  return alphabet === 'gsm7'
    ? USER_DATA_SEPTETS_MAX - septetsOfHeader(headerOctets)
    : (USER_DATA_OCTETS_MAX - headerOctets) >> 1
}

/** Fills parts in order, taking back from each what would break a grapheme. */
function breaks(
  text: string,
  lookup: SeptetLookup | undefined,
  unitsPerPart: number,
): { starts: readonly number[]; unitsInLastPart: number } {
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text)
  const starts: number[] = []
  let start = 0
  let unitsInLastPart = 0
  while (start < text.length && starts.length <= PARTS_MAX) {
    starts.push(start)
    let end = start
    unitsInLastPart = 0
    while (end < text.length) {
      const cost = unitCost(lookup, text.charCodeAt(end))
      if (unitsInLastPart + cost > unitsPerPart) break
      unitsInLastPart += cost
      end++
    }
    if (end < text.length) {
      const grapheme = graphemes.containing(end)
      if (grapheme !== undefined && grapheme.index > start) end = grapheme.index
      else if (isLowSurrogate(text.charCodeAt(end))) end--
    }
    start = end
  }
  return { starts, unitsInLastPart }
}

function unitCost(lookup: SeptetLookup | undefined, unit: number): number {
  return lookup !== undefined && (lookup(unit) ?? 0) > 0x7f ? 2 : 1
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function septetCount(lookup: SeptetLookup, text: string): number | undefined {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const code = lookup(text.charCodeAt(i))
    if (code === undefined) return undefined
    count += code > 0x7f ? 2 : 1
  }
  return count
}

function septetsUnder(lookup: SeptetLookup, text: string): Uint8Array {
  const septets: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = lookup(text.charCodeAt(i)) ?? 0
    if (code > 0x7f) septets.push(ESCAPE)
    septets.push(code & 0x7f)
  }
  return Uint8Array.from(septets)
}

function firstOutside(text: string): { character: string; index: number } | null {
  const lookup = septetLookup(NO_SHIFT)
  let index = 0
  for (const character of text) {
    if (lookup(character.charCodeAt(0)) === undefined) return { character, index }
    index += character.length
  }
  return null
}
