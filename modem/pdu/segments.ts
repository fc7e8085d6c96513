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
  NO_SHIFT,
  type Shift,
  septetLookup,
  septetsOfText,
  textOfSeptets,
  textOfUcs2,
  ucs2OfText,
  wellFormed,
} from './alphabet.ts'
import { type Alphabet, dcsOf, type MessageClass } from './dcs.ts'
import { cheapest, type EncodingOptions } from './encoding.ts'
import { PduError } from './error.ts'
import { fromHex, joinOctets, toHex } from './octets.ts'
import { type Concat, concatElement, type InformationElement, type Language, languageElements } from './udh.ts'
import { type Payload, shiftOf, type UserData } from './userdata.ts'

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
  /** Null when the parts are data. Missing parts show as `gapMark` makes of their number and how many there are. */
  text: string | null
  /** Null when the parts are text. Missing parts are left out. */
  data: Uint8Array | null
  /** Numbers of the parts that are not there. */
  missing: readonly number[]
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
    const data = (alphabet === 'gsm7' ? septetsOfText(partText, shift) : undefined) ?? ucs2OfText(partText)
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
export function reassemble(
  segments: readonly Segment[],
  gapMark = (seq: number, total: number) => `[…${seq}/${total}]`,
): Reassembled {
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
    if (segment === undefined) text += gapMark(seq, first.total)
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

function firstOutside(text: string): { character: string; index: number } | null {
  const lookup = septetLookup(NO_SHIFT)
  let index = 0
  for (const character of text) {
    if (lookup(character.charCodeAt(0)) === undefined) return { character, index }
    index += character.length
  }
  return null
}
