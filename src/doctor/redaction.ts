/**
 * Takes out of a support bundle what is nobody else's business: numbers, accounts, addresses, keys, the name of the user.
 * A number or account becomes a mark that is the same all over one bundle, so that what belongs together can be seen, and
 * that tells nothing: it is keyed with octets that are forgotten with the bundle.
 */
import { createHmac } from 'node:crypto'
import { masked } from '../domain/masking.ts'

const MARK_HEX_CHARS = 6
/** Days and times are no numbers of phones. */
const TIME = /\b20\d\d-[01]\d-[0-3]\d(?![\d-])(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?/
const UUID = /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi
const MAIL = /[^\s@<>:]+@[^\s@<>/]+\.[^\s@<>/]+/g
const USER_IN_URL = /(\b[a-z][a-z+]*:\/\/)[^/@\s]+@/gi
const HOME = /(\/home|\/Users)\/[^/\s]+/g
/** Beyond this nothing is a sentence of ours. */
const CHARS_MAX = 4_000
const DEPTH_MAX = 12
/** Shorter ones are parts of other words. */
const NAME_CHARS_MIN = 3

export class Redaction {
  readonly #key: Uint8Array
  readonly #names: readonly string[]

  /** `key`: random octets, to be forgotten; `names`: what people have called things. */
  constructor(key: Uint8Array, names: readonly string[] = []) {
    this.#key = key
    this.#names = names.filter((name) => name.length >= NAME_CHARS_MIN).sort((a, b) => b.length - a.length)
  }

  text(text: string): string {
    const nameless = this.#names.reduce(
      (left, name) => left.replaceAll(name, () => this.#mark('name', name)),
      text.slice(0, CHARS_MAX),
    )
    return nameless
      .replaceAll(USER_IN_URL, '$1…@')
      .replaceAll(MAIL, '[address]')
      .replaceAll(UUID, (found) => this.#mark('account', found.toLowerCase()))
      .replaceAll(HOME, '$1/…')
      .split(new RegExp(`(${TIME.source})`))
      .map((part, i) => (i % 2 === 1 ? part : masked(part, (found) => this.#mark('number', found))))
      .join('')
  }

  /** All text in it, names of fields too. */
  all(value: unknown, depth = 0): unknown {
    if (depth > DEPTH_MAX) return '…'
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((entry) => this.all(entry, depth + 1))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([name, inner]) => [this.text(name), this.all(inner, depth + 1)])
    return Object.fromEntries(entries)
  }

  #mark(what: string, found: string): string {
    const same = what === 'number' ? found.replaceAll(/\D/g, '') : found
    const mark = createHmac('sha256', this.#key).update(same).digest('hex').slice(0, MARK_HEX_CHARS)
    return `[${what} ${mark}]`
  }
}
