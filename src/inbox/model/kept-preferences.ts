/**
 * What somebody prefers in this browser, as its local storage keeps it; never sent anywhere. Part of the script that runs
 * first (`begin.ts`), so it imports no more than the languages.
 */
import { type Language, preferredLanguage } from '../languages/catalogues.ts'

const KEY = 'causeway-preferences'

export interface Preferences {
  theme: 'system' | 'light' | 'dark'
  language: Language
  /** Enter sends; otherwise Ctrl-Enter does. */
  enterSends: boolean
  /** What senders say of the pages that they link to is shown. Nothing is ever fetched for it. */
  previews: boolean
}

/** What was kept, and what this browser suggests for the rest. */
export function readPreferences(): Preferences {
  const standard: Preferences = {
    theme: 'system',
    language: preferredLanguage(navigator.languages),
    enterSends: !matchMedia('(pointer: coarse)').matches,
    previews: false,
  }
  try {
    return { ...standard, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) }
  } catch {
    return standard
  }
}

export function keepPreferences(chosen: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen))
  } catch {
    // This browser keeps nothing; then it holds until the next reload.
  }
}
