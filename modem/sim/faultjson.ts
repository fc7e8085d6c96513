/**
 * Faults out of JSON, or out of words where people write them: every field checked, unknown ones refused with what would
 * be known.
 */
import { FAULT_PHASES, type Fault, type FaultKind } from './faults.ts'

interface Check {
  is: (value: unknown) => boolean
  wants: string
  optional?: true
  /** What a word stands for; itself unless said otherwise. */
  read?: (word: string) => unknown
}

const NUMBER_MAX = 1_000_000_000

const text: Check = { is: (value) => typeof value === 'string', wants: 'a string' }
const count: Check = {
  is: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= NUMBER_MAX,
  wants: `a whole number from 0 to ${NUMBER_MAX}`,
  read: asCount,
}
const flag: Check = {
  is: (value) => typeof value === 'boolean',
  wants: 'true or false',
  read: (word) => (word === 'true' ? true : word === 'false' ? false : word),
}
const lines: Check = {
  is: (value) => Array.isArray(value) && value.every((line) => typeof line === 'string'),
  wants: 'a list of strings',
  read: (word) => word.split('\n'),
}
const hex: Check = {
  is: (value) => typeof value === 'string' && /^(?:[0-9A-Fa-f]{2})+$/.test(value),
  wants: 'octets in hex',
}

function oneOf(...values: readonly string[]): Check {
  return { is: (value) => typeof value === 'string' && values.includes(value), wants: `one of ${values.join(', ')}` }
}

function optional(check: Check): Check {
  return { ...check, optional: true }
}

const times: Check = {
  is: (value) => value === 'always' || count.is(value),
  wants: 'a whole number or "always"',
  read: asCount,
}
const CONDITION = { command: optional(text), skip: optional(count), times: optional(times) }
const phase = oneOf(...FAULT_PHASES)

const FIELDS: Readonly<Record<FaultKind, Readonly<Record<string, Check>>>> = {
  'no-answer': {},
  'lost-result': {},
  error: {
    family: oneOf('cms', 'cme', 'plain'),
    code: optional(count),
    at: optional(oneOf('prompt', 'body')),
  },
  'double-answer': { line: text },
  garbage: { where: oneOf('before', 'inside', 'after'), hex },
  urc: { where: oneOf('before', 'inside', 'after', 'prompt'), lines },
  chunks: { bytes: count },
  'late-answer': { delayMs: count },
  'no-prompt': { delayMs: optional(count) },
  unplug: { phase, forMs: optional(count), power: optional(oneOf('lost', 'kept')) },
  reboot: { phase, silent: optional(flag) },
  'storage-full': {},
  hang: { cure: oneOf('reopen', 'restart', 'power') },
  answer: { text, line: optional(text) },
  'late-body': { delayMs: count, lines: optional(lines) },
  connect: {},
  report: { fate: oneOf('lost', 'slow', 'duplicate'), delayMs: optional(count) },
}

/** Every field that some kind of fault has beside its kind. */
export const FAULT_FIELDS: readonly string[] = [
  ...new Set([CONDITION, ...Object.values(FIELDS)].flatMap((fields) => Object.keys(fields))),
]

/** What a fault's fields, written as words, stand for; still to be checked like any JSON. Lines end at line ends. */
export function faultOfWords(kind: string, words: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const checks = new Map(Object.entries({ ...CONDITION, ...new Map(Object.entries(FIELDS)).get(kind) }))
  const fields = Object.entries(words).map(([name, word]) => [name, checks.get(name)?.read?.(word) ?? word])
  return { kind, ...Object.fromEntries(fields) }
}

/** What is wrong with a fault, in words, or undefined where it is one. */
export function faultProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a fault is an object with a kind'
  const fields = new Map(Object.entries(value))
  const kind = fields.get('kind')
  const known = new Map(Object.entries(FIELDS)).get(typeof kind === 'string' ? kind : '')
  if (known === undefined) return `the kind of a fault is one of ${Object.keys(FIELDS).join(', ')}`
  const checks = new Map(Object.entries({ ...CONDITION, ...known }))
  for (const name of fields.keys()) {
    if (name !== 'kind' && !checks.has(name)) {
      return `a fault of kind ${kind} has no field ${name}; it has ${[...checks.keys()].join(', ')}`
    }
  }
  for (const [name, check] of checks) {
    const field = fields.get(name)
    if (field === undefined && check.optional === true) continue
    if (!check.is(field)) return `${name} of a fault of kind ${kind} must be ${check.wants}`
  }
  return undefined
}

/** Whether it is a fault, all fields checked. */
export function isFault(value: unknown): value is Fault {
  return faultProblem(value) === undefined
}

function asCount(word: string): unknown {
  return /^\d{1,10}$/.test(word) ? Number(word) : word
}
