/** What somebody prefers in this browser, and what follows from it for the page. */
import { effect, signal } from '@preact/signals'
import { speak } from '../languages/translate.ts'
import { keepPreferences, type Preferences, readPreferences } from './kept-preferences.ts'

export const preferences = signal<Preferences>(readPreferences())

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change }
}

/**
 * Applies them now and whenever they change. Resolves once there are words to show: English ones where those of the chosen
 * language cannot be fetched. Rejects where there are none at all.
 */
export async function applyPreferences(): Promise<void> {
  let words = Promise.resolve()
  effect(() => {
    const chosen = preferences.value
    const { dataset } = document.documentElement
    if (chosen.theme === 'system') delete dataset['theme']
    else dataset['theme'] = chosen.theme
    words = speak(chosen.language)
    // Then the language stays what it is.
    words.catch(() => {})
    keepPreferences(chosen)
  })
  await words.catch(() => speak('en'))
}
