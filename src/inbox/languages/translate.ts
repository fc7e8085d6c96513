/**
 * The words on the screen: `t(key, values)` in the language of the moment. English is always here; the other catalogues
 * are fetched when they are chosen. Reading a word subscribes to the language, so that a change repaints everything.
 */
import { signal } from '@preact/signals'
import english from './en.json' with { type: 'json' }
import { type MessageArguments, type MessagePart, parseMessage, writeMessage } from './icu.ts'

export type MessageKey = keyof typeof english

/** Languages as they call themselves; `qps` is the pseudo-language of the tests. */
export const LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  pt: 'Português',
  ar: 'العربية',
} as const
export type Language = keyof typeof LANGUAGES | 'qps'

type Catalogue = Readonly<Partial<Record<MessageKey, string>>>

/** Data, not script: files beside the page's own. */
const catalogues: Readonly<Partial<Record<Language, URL>>> = {
  de: new URL('./de.json', import.meta.url),
  es: new URL('./es.json', import.meta.url),
  fr: new URL('./fr.json', import.meta.url),
  pt: new URL('./pt.json', import.meta.url),
  ar: new URL('./ar.json', import.meta.url),
}
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar'])

interface Words {
  language: Language
  /** For `Intl`. */
  locale: string
  parse: (key: MessageKey) => readonly MessagePart[]
}

const words = signal<Words>(wordsOf('en', {}))

/** BCP 47, for `Intl`. */
export function currentLocale(): string {
  return words.value.locale
}

/** Whether the words on the screen are those that the server speaks, too. */
export function speaksEnglish(): boolean {
  return words.value.language === 'en'
}

/** The words for `key`; English where the catalogue has none. */
export function t(key: MessageKey, values: MessageArguments = {}): string {
  const { parse, locale } = words.value
  return writeMessage(parse(key), values, locale)
}

/** The words for a key that is made of a code, if there are any. */
export function maybeT(key: string, values?: MessageArguments): string | undefined {
  return key in english ? t(key as MessageKey, values) : undefined
}

/** Shows another language from now on. Rejects when its catalogue cannot be fetched; the language stays what it was. */
export async function speak(language: Language): Promise<void> {
  if (language === 'qps') {
    const { pseudoMessage } = await import('./pseudo.ts')
    words.value = { language, locale: 'en', parse: remembered((key) => pseudoMessage(english[key])) }
  } else {
    words.value = wordsOf(language, await catalogueOf(language))
  }
  document.documentElement.lang = language === 'qps' ? 'en' : language
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
}

async function catalogueOf(language: Language): Promise<Catalogue> {
  const address = catalogues[language]
  if (address === undefined) return {}
  const response = await fetch(address)
  if (!response.ok) throw new Error(`no words: ${response.status}`)
  return (await response.json()) as Catalogue
}

/** The first of the browser's languages that there is. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language = ''] = tag.toLowerCase().split('-')
    if (language in LANGUAGES) return language as Language
  }
  return 'en'
}

function wordsOf(language: Exclude<Language, 'qps'>, catalogue: Catalogue): Words {
  return {
    language,
    locale: localeOf(language),
    parse: remembered((key) => parseMessage(catalogue[key] ?? english[key])),
  }
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
