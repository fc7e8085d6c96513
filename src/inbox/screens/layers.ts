/** What lies over all screens when it is called for, and for whom. */
import { signal } from '@preact/signals'
import { session } from '../model/session.ts'

export const paletteOpen = signal(false)
export const simOpen = signal(false)

/** The simulator is there, for whom it is. */
export function maySimulate(): boolean {
  const now = session.value
  return now?.sandbox === true && now.user?.role === 'admin'
}
