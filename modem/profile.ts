/**
 * What is special about a family of modules, as data: one file a family in `profiles/`, each exception with its reason
 * and where that is known from. Code asks a profile for a property, never for a maker's name; a module that no file
 * knows gets `generic`. Reading is strict: a slip in a file is a ProfileError that names it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { type ErrorClass, isErrorClass } from './at/result.ts'
import type { NewMessageIndication } from './at/sms.ts'

/** How an exception is known: `manual` of the vendor, `source` of a program that drives it, a `report`, or from `memory`. */
const EVIDENCE = ['manual', 'source', 'report', 'memory', 'measured'] as const

interface Exception {
  why: string
  evidence: (typeof EVIDENCE)[number]
}

const URC_MEANINGS = ['noise', 'boot', 'memory-full'] as const

/** A line that this family says unasked. */
export interface ProfileUrc extends Exception {
  prefix: string
  meaning: (typeof URC_MEANINGS)[number]
}

/** How this family tells the PIN tries that are left: `command` is answered by `prefix`, the count is field `field`, that of the PUK `pukField`. */
export interface PinTriesQuery extends Exception {
  command: string
  prefix: string
  field: number
  pukField: number | undefined
}

export interface ModemProfile {
  id: string
  /** For people. */
  title: string
  match: { usbIds: readonly string[]; manufacturer: RegExp | undefined; model: RegExp | undefined }
  /** USB interface numbers: where AT answers, best first; which must not be opened for AT; which are for dialling. */
  ports: (Exception & { at: readonly number[]; avoid: readonly number[]; data: readonly number[] }) | undefined
  /** Restarts the module better than AT+CFUN=1,1. */
  reset: (Exception & { command: string }) | undefined
  /** Sent once it is known who answers; refusals do no harm. */
  startCommands: readonly (Exception & { command: string })[]
  pinTries: readonly PinTriesQuery[]
  urcs: readonly ProfileUrc[]
  /** Values of AT+CNMI to be tried before all others. */
  indications: (Exception & { first: readonly NewMessageIndication[] }) | undefined
  /** Memories for what comes in, in the order to be tried. */
  memories: (Exception & { order: readonly string[] }) | undefined
  /** What vendor codes mean: `cms-513` → class. */
  errors: ReadonlyMap<string, ErrorClass>
  /** Direct delivery with +CNMA was proven: nothing is lost though it is never stored. */
  directDelivery: Exception | undefined
}

class ProfileError extends Error {
  constructor(file: string, where: string, what: string) {
    super(`modem/profiles/${file}: ${where} ${what}`)
    this.name = 'ProfileError'
  }
}

const GENERIC = 'generic'
let shipped: readonly ModemProfile[] | undefined

/** All files of `profiles/`, read once. Throws ProfileError. */
export function shippedProfiles(): readonly ModemProfile[] {
  const folder = new URL('./profiles/', import.meta.url)
  shipped ??= readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => parseProfile(file, JSON.parse(readFileSync(new URL(file, folder), 'utf8'))))
  return shipped
}

/** What is known of a module before its profile is. */
export interface ModuleFacts {
  manufacturer: string | undefined
  model: string | undefined
  usbId: string | undefined
}

/** The profile of a module: by what it calls itself, else by its USB id, else the generic one. */
export function profileOf(profiles: readonly ModemProfile[], facts: ModuleFacts): ModemProfile {
  const fits = (pattern: RegExp | undefined, text: string | undefined) =>
    pattern === undefined || (text !== undefined && pattern.test(text))
  const found =
    profiles.find(
      ({ match }) =>
        match.model !== undefined && fits(match.manufacturer, facts.manufacturer) && fits(match.model, facts.model),
    ) ??
    usbProfile(profiles, facts.usbId) ??
    profiles.find(({ id }) => id === GENERIC)
  return found ?? parseProfile(`${GENERIC}.json`, { id: GENERIC, title: 'any module' })
}

/** By USB id alone (`1e0e:9001`, or `19d2:*` for all of a vendor); undefined where no file names it. */
export function usbProfile(profiles: readonly ModemProfile[], usbId: string | undefined): ModemProfile | undefined {
  if (usbId === undefined) return undefined
  const all = `${usbId.split(':')[0]}:*`
  return (
    profiles.find(({ match }) => match.usbIds.includes(usbId)) ??
    profiles.find(({ match }) => match.usbIds.includes(all))
  )
}

/** Checks one file's JSON. Throws ProfileError with the place and what is wrong there. */
export function parseProfile(file: string, json: unknown): ModemProfile {
  const root = new Fields(file, '', json)
  const match = root.optional('match')
  const profile: ModemProfile = {
    id: root.text('id'),
    title: root.text('title'),
    match: {
      usbIds: match?.list('usb', (item) => item.whole(/^[0-9a-f]{4}:([0-9a-f]{4}|\*)$/)) ?? [],
      manufacturer: match?.pattern('manufacturer'),
      model: match?.pattern('model'),
    },
    ports: root.exception('ports', (fields) => ({
      at: fields.list('at', (item) => item.wholeNumber()),
      avoid: fields.list('avoid', (item) => item.wholeNumber()),
      data: fields.list('data', (item) => item.wholeNumber()),
    })),
    reset: root.exception('reset', (fields) => ({ command: fields.text('command', /^AT[\x20-\x7e]+$/) })),
    startCommands: root.exceptions('startCommands', (fields) => ({
      command: fields.text('command', /^AT[\x20-\x7e]+$/),
    })),
    pinTries: root.exceptions('pinTries', (fields) => ({
      command: fields.text('command', /^AT[\x20-\x7e]+$/),
      prefix: fields.text('prefix', /:$/),
      field: fields.number('field'),
      pukField: fields.optional('pukField')?.wholeNumber(),
    })),
    urcs: root.exceptions('urcs', (fields) => ({
      prefix: fields.text('prefix'),
      meaning: fields.oneOf('meaning', URC_MEANINGS),
    })),
    indications: root.exception('indications', (fields) => ({
      first: fields.list('first', (item) => item.fiveNumbers()),
    })),
    memories: root.exception('memories', (fields) => ({
      order: fields.list('order', (item) => item.whole(/^[A-Z]{2}$/)),
    })),
    errors: new Map(
      root
        .exceptions('errors', (fields) => ({
          codes: fields.list('codes', (item) => item.whole(/^(cms|cme)-\d{1,5}$/)),
          class: fields.errorClass('class'),
        }))
        .flatMap((row) => row.codes.map((code): [string, ErrorClass] => [code, row.class])),
    ),
    directDelivery: root.exception('directDelivery', () => ({})),
  }
  root.end()
  if (`${profile.id}.json` !== file) throw new ProfileError(file, 'id', 'is not the name of the file')
  return profile
}

/** One JSON object, or one item of a list, with its place for errors. Keys that nobody asked for are an error. */
class Fields {
  readonly #file: string
  readonly #where: string
  readonly #value: unknown
  readonly #asked = new Set<string>()

  constructor(file: string, where: string, value: unknown) {
    this.#file = file
    this.#where = where
    this.#value = value
  }

  text(key: string, pattern = /\S/): string {
    return this.#at(key).whole(pattern)
  }

  number(key: string): number {
    return this.#at(key).wholeNumber()
  }

  pattern(key: string): RegExp | undefined {
    if (this.#get(key) === undefined) return undefined
    const source = this.text(key)
    try {
      return new RegExp(source, 'i')
    } catch {
      return this.#at(key).fail('is no regular expression')
    }
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    const value = this.#get(key)
    return values.find((each) => each === value) ?? this.#at(key).fail(`is none of ${values.join(', ')}`)
  }

  errorClass(key: string): ErrorClass {
    const value = this.#get(key)
    return isErrorClass(value) ? value : this.#at(key).fail('is no class of errors')
  }

  list<T>(key: string, read: (item: Fields) => T): readonly T[] {
    const value = this.#get(key)
    if (value === undefined) return []
    if (!Array.isArray(value)) return this.#at(key).fail('is no list')
    return value.map((item: unknown, at) => read(new Fields(this.#file, `${this.#where}${key}[${at}]`, item)))
  }

  optional(key: string): Fields | undefined {
    return this.#get(key) === undefined ? undefined : this.#at(key)
  }

  exception<T>(key: string, read: (fields: Fields) => T): (T & Exception) | undefined {
    const fields = this.optional(key)
    return fields === undefined ? undefined : readException(fields, read)
  }

  exceptions<T>(key: string, read: (fields: Fields) => T): readonly (T & Exception)[] {
    return this.list(key, (fields) => readException(fields, read))
  }

  whole(pattern: RegExp): string {
    return typeof this.#value === 'string' && pattern.test(this.#value) ? this.#value : this.fail(`must be ${pattern}`)
  }

  wholeNumber(): number {
    const value = this.#value
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : this.fail('must be a number')
  }

  fiveNumbers(): NewMessageIndication {
    const [mode, mt, bm, ds, bfr, ...more] = Array.isArray(this.#value) ? this.#value.map(Number) : []
    const isWhole = (each: number | undefined): each is number => Number.isInteger(each)
    if (isWhole(mode) && isWhole(mt) && isWhole(bm) && isWhole(ds) && isWhole(bfr) && more.length === 0) {
      return [mode, mt, bm, ds, bfr]
    }
    return this.fail('must be five numbers')
  }

  end(): void {
    for (const key of Object.keys(this.#object())) if (!this.#asked.has(key)) this.#at(key).fail('is not known')
  }

  fail(what: string): never {
    throw new ProfileError(this.#file, this.#where === '' ? 'the file' : this.#where.replace(/\.$/, ''), what)
  }

  #object(): Record<string, unknown> {
    const value = this.#value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.fail('must be an object')
    return { ...value }
  }

  #get(key: string): unknown {
    this.#asked.add(key)
    return this.#object()[key]
  }

  #at(key: string): Fields {
    const dot = this.#where === '' ? '' : '.'
    return new Fields(this.#file, `${this.#where}${dot}${key}`, this.#get(key))
  }
}

function readException<T>(fields: Fields, read: (fields: Fields) => T): T & Exception {
  const exception = { ...read(fields), why: fields.text('why'), evidence: fields.oneOf('evidence', EVIDENCE) }
  fields.end()
  return exception
}
