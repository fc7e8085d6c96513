/**
 * Lines that a modem sends unasked (27.005 §3.4.1, 27.007 §6–8, and what families add). Data: which carry a second line,
 * which mean that the modem has just restarted. A line that is not in here is passed on as unknown, never an error.
 */
import { splitFields } from './fields.ts'

export interface UrcRule {
  prefix: string
  /** A PDU line follows, perhaps later (H2). */
  body?: true
  /**
   * `sure`: only a restart says this. `maybe`: also said after AT+CFUN=1 or AT+CPIN, so a restart only when nobody
   * asked for one.
   */
  boot?: 'sure' | 'maybe'
  /** Its quoted text may go on over several lines. */
  quoted?: true
  /** The line is exactly this, nothing behind it. */
  whole?: true
}

const URC_RULES: readonly UrcRule[] = [
  { prefix: '+CMTI:' },
  { prefix: '+CDSI:' },
  { prefix: '+CMT:', body: true },
  { prefix: '+CDS:', body: true },
  { prefix: '+CBM:', body: true },
  { prefix: '+CBMI:' },
  // What is left of a list that was ended too soon by an entry reading as a final result: nobody's, and its lines too.
  { prefix: '+CMGL:', body: true },
  { prefix: '+CMGR:', body: true },
  { prefix: '+CREG:' },
  { prefix: '+CGREG:' },
  { prefix: '+CEREG:' },
  { prefix: '+CIREGU:' },
  { prefix: '+CUSD:', quoted: true },
  { prefix: '+SMS FULL' },
  { prefix: '^SMMEMFULL' },
  { prefix: '+QIND:' },
  { prefix: 'RING', whole: true },
  { prefix: '+CRING:' },
  { prefix: '+CLIP:' },
  { prefix: '+CCWA:' },
  { prefix: 'NO CARRIER', whole: true },
  { prefix: 'BUSY', whole: true },
  { prefix: 'NO ANSWER', whole: true },
  { prefix: 'MISSED_CALL:' },
  { prefix: 'VOICE CALL:' },
  { prefix: '^CEND:' },
  { prefix: '+CPIN:' },
  { prefix: '+CIEV:' },
  { prefix: '+CGEV:' },
  { prefix: '+CTZV:' },
  { prefix: 'Call Ready', whole: true },
  { prefix: 'SMS Ready', whole: true },
  { prefix: 'SMS DONE', whole: true },
  { prefix: 'PB DONE', whole: true },
  { prefix: 'UNDER-VOLTAGE' },
  { prefix: 'RDY', boot: 'sure', whole: true },
  { prefix: '^SYSSTART', boot: 'sure' },
  { prefix: '^SHUTDOWN', boot: 'sure' },
  { prefix: '*ATREADY:', boot: 'sure' },
  { prefix: '+AT: READY', boot: 'sure' },
  { prefix: 'POWERED DOWN', boot: 'sure', whole: true },
  { prefix: 'NORMAL POWER DOWN', boot: 'sure', whole: true },
  { prefix: '+MBAN:', boot: 'sure' },
  { prefix: '+CFUN: 1', boot: 'maybe', whole: true },
]

/** What families of modules say besides what all do. */
export interface FamilyUrcs {
  own: readonly UrcRule[]
  others: readonly UrcRule[]
}

/** Rules by how they begin. A modem says thousands of lines: look at the few that begin alike, not at all of them. */
type UrcIndex = ReadonlyMap<string, readonly UrcRule[]>

const RULES: UrcIndex = indexOf(URC_RULES)

function indexOf(rules: readonly UrcRule[]): UrcIndex {
  const found = new Map<string, UrcRule[]>()
  for (const rule of rules) {
    const start = rule.prefix.slice(0, 2)
    found.set(start, [...(found.get(start) ?? []), rule])
  }
  return found
}

/** A line that nobody asked for. */
export interface Urc {
  /** `+CMTI:`; the whole line where it is not in the table. */
  name: string
  known: boolean
  text: string
  /** What stands behind the prefix. */
  fields: readonly string[]
  /** The PDU line of +CMT, +CDS and +CBM as it came. */
  body: string | undefined
  /** Whether the PDU line has the length that its head named; true where there is no body. */
  bodyFits: boolean
}

export interface UrcMatch {
  rule: UrcRule
  urc: Urc
}

/** The rules that hold on one channel. */
export class UrcTable {
  readonly #own: UrcIndex
  readonly #others: UrcIndex

  /**
   * `own`: what this modem's family says besides what all say, which counts first. `others`: what other families say,
   * which counts last, and never as a restart.
   */
  constructor({ own, others }: FamilyUrcs = { own: [], others: [] }) {
    this.#own = indexOf(own)
    this.#others = indexOf(others)
  }

  /** Looks a line up; undefined when no rule has its prefix. */
  match(text: string): UrcMatch | undefined {
    const start = text.slice(0, 2)
    const fits = (rule: UrcRule) => (rule.whole ? text === rule.prefix : text.startsWith(rule.prefix))
    const rule = this.#own.get(start)?.find(fits) ?? RULES.get(start)?.find(fits) ?? this.#others.get(start)?.find(fits)
    if (rule === undefined) return undefined
    const fields = splitFields(text.slice(rule.prefix.length).trim())
    return { rule, urc: { name: rule.prefix, known: true, text, fields, body: undefined, bodyFits: true } }
  }
}

/** A line that no rule knows. */
export function unknownUrc(text: string): Urc {
  return { name: text, known: false, text, fields: [], body: undefined, bodyFits: true }
}
