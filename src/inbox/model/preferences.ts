/** What somebody prefers in this browser; kept in its local storage, and never sent anywhere. */
import { effect, signal } from '@preact/signals'
import { type Language, preferredLanguage, speak } from '../languages/translate.ts'

const KEY = 'causeway-preferences'

export interface Preferences {
  theme: 'system' | 'light' | 'dark'
  language: Language
  /** Enter sends; otherwise Ctrl-Enter does. */
  enterSends: boolean
  /** What senders say of the pages that they link to is shown. Nothing is ever fetched for it. */
  previews: boolean
}

export const preferences = signal<Preferences>(read())

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change }
}

/** Applies them now and whenever they change. */
export function applyPreferences(): void {
  effect(() => {
    const chosen = preferences.value
    const { dataset } = document.documentElement
    if (chosen.theme === 'system') delete dataset['theme']
    else dataset['theme'] = chosen.theme
    void speak(chosen.language).catch(() => {})
    try {
      localStorage.setItem(KEY, JSON.stringify(chosen))
    } catch {
      // This browser keeps nothing; then it holds until the next reload.
    }
  })
}

function read(): Preferences {
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
