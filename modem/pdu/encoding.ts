/**
 * How a text is best written: the alphabet and tables with the fewest parts, and where the parts begin. Pure.
 * `segments.ts` makes the parts; this file only chooses and counts.
 */
import { hasTable, NO_SHIFT, type SeptetLookup, type Shift, septetLookup, wellFormed } from './alphabet.ts'
import { PduError } from './error.ts'
import { septetsOfHeader } from './septets.ts'
import { transliterate } from './transliterate.ts'
import { concatElement, type InformationElement, languageElements, writeHeader } from './udh.ts'
import { USER_DATA_OCTETS_MAX, USER_DATA_SEPTETS_MAX } from './userdata.ts'

/** The total of a concatenation is one octet. */
const PARTS_MAX = 255
const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' })

export interface EncodingOptions {
  /**
   * National languages (23.038 identifiers: 1 Turkish, 2 Spanish, 3 Portuguese, 4 Bengali … 13 Urdu) whose tables may be
   * used where that saves a part. None by default: a phone without the table shows other letters.
   */
  nationalLanguages?: readonly number[]
  /** Replace typographic and accented characters by plain ones where that saves a part. Off by default. */
  transliterate?: boolean
}

/** One way to write a text: an alphabet, its tables, and what a part holds under them. */
export interface Encoding {
  alphabet: 'gsm7' | 'ucs2'
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
 * The encoding with the fewest parts; of equals the one that most phones can show: default alphabet, UCS-2, national
 * tables; and the text itself before its transliteration.
 */
export function cheapest(text: string, bits: 8 | 16, options: EncodingOptions): Encoding {
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
  for (const single of [0, ...languages.filter((language) => hasTable('single', language))]) {
    for (const locking of [0, ...languages.filter((language) => hasTable('locking', language))]) {
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
  const graphemes = GRAPHEMES.segment(text)
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
