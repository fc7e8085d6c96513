/**
 * The words on the screen: `t(key, values)` in the language of the moment, out of its catalogue alone. Reading a word
 * subscribes to the language, so that a change repaints everything.
 */
import { signal } from '@preact/signals'
import { addressOf, catalogueOf, type Language, type MessageKey } from './catalogues.ts'
import { type MessageArguments, type MessagePart, parseMessage, writeMessage } from './icu.ts'

const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar'])

interface Words {
  language: Language
  /** For `Intl`. */
  locale: string
  has: (key: string) => boolean
  parse: (key: MessageKey) => readonly MessagePart[]
}

/** Until the first words are there, nothing is shown. */
const words = signal<Words>({ language: 'en', locale: 'en', has: () => false, parse: (key) => [key] })
/** What was asked for last: words that come later than those of the next language are too late. */
let wanted: Language | undefined

/** BCP 47, for `Intl`. */
export function currentLocale(): string {
  return words.value.locale
}

/** Whether the words on the screen are those that the server speaks, too. */
export function speaksEnglish(): boolean {
  return words.value.language === 'en'
}

/** The words for `key`. */
export function t(key: MessageKey, values: MessageArguments = {}): string {
  const { parse, locale } = words.value
  return writeMessage(parse(key), values, locale)
}

/** The words for a key that is made of a code, if there are any. */
export function maybeT(key: string, values?: MessageArguments): string | undefined {
  return words.value.has(key) ? t(key as MessageKey, values) : undefined
}

/** Shows another language from now on. Rejects when its catalogue cannot be fetched; the language stays what it was. */
export async function speak(language: Language): Promise<void> {
  wanted = language
  const [catalogue, parse] = await Promise.all([catalogueOf(language), parserFor(language)])
  if (wanted !== language) return
  words.value = {
    language,
    locale: language === 'qps' ? 'en' : localeOf(language),
    has: (key) => key in catalogue,
    // A catalogue that lacks a key is a fault; its name says which, where the whole page would be gone otherwise.
    parse: remembered((key) => parse(catalogue[key] ?? key)),
  }
  document.documentElement.lang = language === 'qps' ? 'en' : language
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
}

/** Fetches the words of now once more, over a service worker that came after them, so that it keeps them. */
export async function fetchForWorker(): Promise<void> {
  await fetch(addressOf(words.peek().language))
}

async function parserFor(language: Language): Promise<(source: string) => readonly MessagePart[]> {
  return language === 'qps' ? (await import('./pseudo.ts')).pseudoMessage : parseMessage
}

/** Dates and numbers as at home: en-GB rather than en where the browser says so. */
function localeOf(language: string): string {
  return globalThis.navigator?.languages?.find((tag) => tag.toLowerCase().startsWith(language)) ?? language
}

function remembered(parse: (key: MessageKey) => readonly MessagePart[]): (key: MessageKey) => readonly MessagePart[] {
  const parsed = new Map<MessageKey, readonly MessagePart[]>()
  return (key) => {
    const known = parsed.get(key) ?? parse(key)
    parsed.set(key, known)
    return known
  }
}
