/** What people may change while the gateway runs; what they have not changed is as the configuration says. Pure. */
import type { ContactPolicy } from './contact.ts'
import type { Mode } from './route.ts'

/** Texts while only roaming modems could carry them: a person is asked, they go all the same, or they wait. */
export const WHEN_ROAMING = ['ask', 'always', 'never'] as const
export type WhenRoaming = (typeof WHEN_ROAMING)[number]

/** What is taken for it. */
export const FALLBACK_AFTER_MS = { min: 1_000, max: 30 * 86_400_000 } as const

export interface LiveValues {
  mode: Mode
  /** Time without a delivery receipt over Signal before a text follows. */
  fallbackAfterMs: number
  /** Of contacts that have no policy of their own. */
  defaultPolicy: ContactPolicy
  whenRoaming: WhenRoaming
  /** `HH:MM-HH:MM`, in which no text follows by itself; `off`: there are none. */
  quietHours: string
  /** IANA name of the zone of those hours. */
  timeZone: string
}

/** null: as the configuration says. */
export type SettingsChange = { readonly [Name in keyof LiveValues]?: LiveValues[Name] | null | undefined }
