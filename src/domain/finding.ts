/** What `causeway doctor` found: one thing that is right, worth knowing, or wrong, and what to do about it. */

export const SEVERITIES = ['ok', 'info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

export const ACTIONS = [
  'restart-modem',
  'enter-pin',
  'resume-queue',
  'see-queue',
  'solve-captcha',
  'see-signal',
  'see-webhooks',
] as const

/** What mends it: a request that the program takes, or (`place`) where in the inbox a person does it. */
export type FindingAction = { readonly name: (typeof ACTIONS)[number] } & (
  | { readonly kind: 'request'; readonly method: 'POST'; readonly path: string; readonly body?: object }
  | { readonly kind: 'place'; readonly path: string }
)

/** Numbers (sizes in bytes), names, times as ISO 8601, words of others as they came. */
export type FindingValues = Readonly<Record<string, string | number>>

export interface Finding {
  /** Stable and documented: `modem.sim_pin`. */
  id: string
  /** Stable: which sentence it is. One id may have several. */
  code: string
  severity: Severity
  /** What was seen, in one sentence. */
  what: string
  /** What to do; undefined when nothing is to be done. */
  fix: string | undefined
  /** What is in the words, by name, for those who say it in another language. */
  values: FindingValues
  /** Left out: nothing that a button could do. */
  action?: FindingAction
}
