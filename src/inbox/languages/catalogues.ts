/**
 * The catalogues: which languages there are, and fetching the words of one. They are data, not script: the page names
 * where each lies, and only those are fetched that are spoken. Part of the script that runs first (`begin.ts`), so it
 * imports nothing.
 */
import type english from './en.json'

export type MessageKey = keyof typeof english
export type Catalogue = Readonly<Record<MessageKey, string>>

/** Languages as they call themselves; `qps` is the pseudo-language of the tests, made of the English words. */
export const LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  pt: 'Português',
  ar: 'العربية',
} as const
export type Language = keyof typeof LANGUAGES | 'qps'

/** Of some 15 kB, over whatever line there is. */
const FETCH_TIMEOUT_MS = 20_000

/** Asked for already; as many as there are languages. */
const asked = new Map<string, Promise<Catalogue>>()

/** The words of a language, fetched once. Rejects when they cannot be had; whoever asks then asks anew. */
export function catalogueOf(language: Language): Promise<Catalogue> {
  const address = addressOf(language)
  const known = asked.get(address)
  if (known !== undefined) return known
  const fetching = fetchWords(address)
  asked.set(address, fetching)
  fetching.catch(() => asked.delete(address))
  return fetching
}

async function fetchWords(address: string): Promise<Catalogue> {
  const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
  if (!response.ok) throw new Error(`no words: ${response.status}`)
  return (await response.json()) as Catalogue
}

/** Where its words lie: `<link rel="alternate" hreflang="…">` of the page. */
export function addressOf(language: Language): string {
  const name = language === 'qps' ? 'en' : language
  const links = document.querySelectorAll<HTMLLinkElement>('link[hreflang]')
  return [...links].find(({ hreflang }) => hreflang === name)?.href ?? ''
}

/** The first of the browser's languages that there is. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language = ''] = tag.toLowerCase().split('-')
    if (language in LANGUAGES) return language as Language
  }
  return 'en'
}
