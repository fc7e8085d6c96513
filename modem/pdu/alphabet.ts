/**
 * Characters of 3GPP TS 23.038: the GSM 7-bit default alphabet with its extension table and every national single and
 * locking shift table (Annex A), both ways, and UCS-2 read as UTF-16. Septets are one an octet here; `septets.ts` packs.
 *
 * Every table maps one septet to one UTF-16 unit, so a `Shift` (which tables are in force) is all the state there is.
 */
import { DEFAULT_ALPHABET, EXTENSION } from './tables/default.ts'
import { LOCKING_SHIFT } from './tables/locking.ts'
import { SINGLE_SHIFT } from './tables/single.ts'

/** National language identifiers in force; 0 is the default alphabet and its extension table. */
export interface Shift {
  locking: number
  single: number
}

export const NO_SHIFT: Shift = Object.freeze({ locking: 0, single: 0 })

/** Escapes to the single shift table. */
export const ESCAPE = 0x1b
/** U+FFFF marks a code that a table leaves open. */
const OPEN = 0xffff
const SPACE = 0x20
const REPLACEMENT = 0xfffd

const DEFAULT_UNITS = unitsOfTable(DEFAULT_ALPHABET)
const EXTENSION_UNITS = unitsOfRuns(EXTENSION)
const LOCKING = new Map<number, Uint16Array>([[0, DEFAULT_UNITS]])
const SINGLE = new Map<number, Uint16Array>([[0, EXTENSION_UNITS]])
for (const [language, table] of Object.entries(LOCKING_SHIFT)) LOCKING.set(Number(language), unitsOfTable(table))
for (const [language, runs] of Object.entries(SINGLE_SHIFT)) SINGLE.set(Number(language), unitsOfRuns(runs))

/**
 * Text of septets. An unknown language falls back to the default tables (§6.2.1.2.5), an escape to an open code shows the
 * character of the basic table, an escape before an escape or at the end shows a space (§6.2.1.1).
 */
export function textOfSeptets(septets: Uint8Array, shift: Shift = NO_SHIFT): string {
  const basic = LOCKING.get(shift.locking) ?? DEFAULT_UNITS
  const count = septets.length
  const units = new Array<number>(count)
  for (let i = 0; i < count; i++) {
    const septet = septets[i] ?? 0
    if (septet === ESCAPE) return escapedText(septets, basic, SINGLE.get(shift.single) ?? EXTENSION_UNITS)
    units[i] = shown(basic[septet])
  }
  return stringOf(units)
}

/** The same with escapes, which most texts have not. */
function escapedText(septets: Uint8Array, basic: Uint16Array, shifted: Uint16Array): string {
  const units: number[] = []
  for (let i = 0; i < septets.length; i++) {
    const septet = septets[i] ?? 0
    if (septet !== ESCAPE) {
      units.push(shown(basic[septet]))
      continue
    }
    const code = septets[++i] ?? ESCAPE
    const unit = shifted[code] ?? OPEN
    units.push(unit === OPEN ? shown(basic[code]) : unit)
  }
  return stringOf(units)
}

/** An open code shows as a space; so does the escape itself, whose code is open in every table. */
function shown(unit: number | undefined): number {
  return unit === undefined || unit === OPEN ? SPACE : unit
}

/** Septets of one UTF-16 unit: a basic code, or `0x1b00 | code` behind an escape; undefined where no table has it. */
export type SeptetLookup = (unit: number) => number | undefined

const lookups = new Map<number, Map<number, number>>()

/** How units are written under these tables. The basic table wins where both have a character. */
export function septetLookup(shift: Shift): SeptetLookup {
  const key = (shift.locking << 8) | shift.single
  let codes = lookups.get(key)
  if (codes === undefined) {
    codes = new Map()
    const shifted = SINGLE.get(shift.single) ?? EXTENSION_UNITS
    const basic = LOCKING.get(shift.locking) ?? DEFAULT_UNITS
    for (let code = 127; code >= 0; code--) {
      const unit = shifted[code] ?? OPEN
      if (unit !== OPEN && code !== ESCAPE) codes.set(unit, (ESCAPE << 8) | code)
    }
    for (let code = 127; code >= 0; code--) {
      const unit = basic[code] ?? OPEN
      if (unit !== OPEN && code !== ESCAPE) codes.set(unit, code)
    }
    lookups.set(key, codes)
  }
  const map = codes
  return (unit) => map.get(unit)
}

/** Septets of a text, or undefined when a character is in none of the tables. */
export function septetsOfText(text: string, shift: Shift = NO_SHIFT): Uint8Array | undefined {
  const lookup = septetLookup(shift)
  const septets = new Uint8Array(text.length * 2)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = lookup(text.charCodeAt(i))
    if (code === undefined) return undefined
    if (code > 0x7f) septets[length++] = ESCAPE
    septets[length++] = code & 0x7f
  }
  return septets.slice(0, length)
}

/** Whether 23.038 has a table of this kind for the language. */
export function hasTable(kind: 'locking' | 'single', language: number): boolean {
  return (kind === 'locking' ? LOCKING : SINGLE).has(language)
}

/** UTF-16 text of an even number of octets; surrogates stay as they come, alone or not. */
export function textOfUcs2(octets: Uint8Array): string {
  const units = new Array<number>(octets.length >> 1)
  for (let i = 0; i < units.length; i++) units[i] = ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)
  return stringOf(units)
}

/** UTF-16 octets of a text, high octet first. */
export function ucs2OfText(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 2)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    octets[2 * i] = unit >> 8
    octets[2 * i + 1] = unit & 0xff
  }
  return octets
}

/** The text with U+FFFD for every surrogate that has no partner. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, String.fromCharCode(REPLACEMENT))
}

/** Whether a surrogate has no partner. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text)
}

function unitsOfTable(table: string): Uint16Array {
  return Uint16Array.from(table, (character) => character.charCodeAt(0))
}

function unitsOfRuns(runs: readonly (readonly [number, string])[]): Uint16Array {
  const units = new Uint16Array(128).fill(OPEN)
  for (const [start, characters] of runs) units.set(unitsOfTable(characters), start)
  return units
}

/** In pieces, since arguments have a limit; the units of one PDU are far under it. */
function stringOf(units: readonly number[]): string {
  const pieceUnits = 4096
  if (units.length <= pieceUnits) return String.fromCharCode(...units)
  let text = ''
  for (let at = 0; at < units.length; at += pieceUnits) text += stringOf(units.slice(at, at + pieceUnits))
  return text
}
