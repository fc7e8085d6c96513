/**
 * Final results of AT commands and what they mean for the caller: V.250 §5.7, +CME ERROR (27.007 §9.2), +CMS ERROR
 * (27.005 §3.2.5, with the RP causes of 24.011 and the TP-FCS of 23.040 §9.2.3.22 below 300). The codes' classes are
 * data; codes above 511 are vendor space and only the widely shared ones are here.
 */

const ERROR_CLASSES = [
  'not-ready', // the same command in a moment
  'transient', // the network cannot now: later, or over another modem
  'permanent', // this message or command will never work
  'sim', // a person must see to the SIM or its settings
  'storage', // make room, then again
  'unknown',
] as const
/** What a caller can do about a refusal. */
export type ErrorClass = (typeof ERROR_CLASSES)[number]

/** Whether it is one of the classes that profiles may name. */
export function isErrorClass(value: unknown): value is ErrorClass {
  return ERROR_CLASSES.some((each) => each === value)
}

type Family = 'cms' | 'cme'

interface CodeRow {
  class: ErrorClass
  codes: readonly number[]
}

const CMS_CLASSES: readonly CodeRow[] = [
  // 8 operator determined barring, 21 rejected, 28 unidentified subscriber, 69 not implemented, 305 bad text parameter …
  {
    class: 'permanent',
    codes: [1, 8, 10, 21, 28, 30, 50, 69, 81, 95, 96, 97, 98, 99, 111, 128, 129, 130, 143, 144, 145],
  },
  // 197: the SMSC has this very message already. 303, 304, 305, 325: the modem cannot do what was asked.
  { class: 'permanent', codes: [159, 176, 195, 196, 197, 198, 199, 303, 304, 305, 325, 340] },
  { class: 'sim', codes: [193, 310, 311, 312, 313, 315, 316, 317, 318, 330] },
  // 302 comes from modems whose SMS part is still starting; 515 is "wait, initialising" (vendor space, widely shared).
  { class: 'not-ready', codes: [301, 302, 314, 320, 515, 527] },
  { class: 'transient', codes: [27, 29, 38, 41, 42, 47, 192, 194, 331, 332, 512, 513, 514] },
  { class: 'storage', codes: [208, 209, 211, 322] },
]

const CME_CLASSES: readonly CodeRow[] = [
  { class: 'permanent', codes: [3, 4, 50, 132, 133, 134] },
  { class: 'sim', codes: [10, 11, 12, 13, 15, 16, 17, 18] },
  { class: 'not-ready', codes: [14, 515] },
  { class: 'transient', codes: [30, 31, 32] },
  { class: 'storage', codes: [20] },
]

const CLASS_BY_CODE: ReadonlyMap<string, ErrorClass> = new Map([
  ...rows('cms', CMS_CLASSES),
  ...rows('cme', CME_CLASSES),
])

function rows(family: Family, table: readonly CodeRow[]): [string, ErrorClass][] {
  return table.flatMap((row) => row.codes.map((code): [string, ErrorClass] => [`${family}-${code}`, row.class]))
}

/** Words that modems say in place of a number although +CMEE=1 was asked for; in lower case. */
const CODE_BY_WORDS: ReadonlyMap<string, number> = new Map([
  ['operation not allowed', 3],
  ['operation not supported', 4],
  ['sim not inserted', 10],
  ['sim pin required', 11],
  ['sim puk required', 12],
  ['sim failure', 13],
  ['sim busy', 14],
  ['sim wrong', 15],
  ['incorrect password', 16],
  ['no network service', 30],
  ['network timeout', 31],
])

export type FinalResult =
  | { kind: 'ok' }
  | { kind: 'error' }
  | { kind: 'cms' | 'cme'; code: number | undefined; text: string }
  /** The port has become a data line (H16). */
  | { kind: 'connect' }

const PLAIN_ERRORS: ReadonlySet<string> = new Set([
  'ERROR',
  'COMMAND NOT SUPPORT',
  'TOO MANY PARAMETERS',
  'NA',
  'MODEM ERROR',
])

/** Recognises a line that ends a command; undefined for every other line. */
export function parseFinal(line: string): FinalResult | undefined {
  if (line === 'OK') return { kind: 'ok' }
  if (PLAIN_ERRORS.has(line) || line.startsWith('MODEM ERROR:')) return { kind: 'error' }
  const coded = /^\+(CMS|CME) ERROR:?\s*(.*)$/.exec(line)
  if (coded !== null) {
    const text = (coded[2] ?? '').trim()
    const code = /^\d{1,5}$/.test(text) ? Number(text) : CODE_BY_WORDS.get(text.toLowerCase())
    return { kind: coded[1] === 'CMS' ? 'cms' : 'cme', code, text }
  }
  if (/^CONNECT(?: [\w /.:-]*)?$/.test(line)) return { kind: 'connect' }
  return undefined
}

/** How an AT command failed. */
export type AtErrorKind =
  | 'cms'
  | 'cme'
  | 'error'
  | 'timeout'
  | 'prompt-timeout'
  | 'aborted' // withdrawn before its end
  | 'reset' // the modem restarted
  | 'gone' // the port has ended
  | 'garbled' // an answer that cannot be the answer
  | 'connect' // the port became a data line
  | 'queue-full'
  | 'forbidden' // not a command that a person may type

/** How far a failed command got: what was handed to the port when it failed. */
export type AtStage = 'queued' | 'command' | 'body'

export class AtError extends Error {
  readonly kind: AtErrorKind
  readonly stage: AtStage
  /** The number behind +CMS ERROR or +CME ERROR, where there is one. */
  readonly code: number | undefined

  constructor(kind: AtErrorKind, stage: AtStage, message: string, options: { code?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AtError'
    this.kind = kind
    this.stage = stage
    this.code = options.code
  }

  /** `cms-38`, `cme-14`, `error`, `timeout` … */
  get label(): string {
    return this.code === undefined ? this.kind : `${this.kind}-${this.code}`
  }

  get class(): ErrorClass {
    return errorClass(this.label)
  }
}

/** The class of a label as AtError and ModemSubmitError carry it: `cms-38` → `transient`. */
export function errorClass(label: string): ErrorClass {
  return CLASS_BY_CODE.get(label) ?? 'unknown'
}
