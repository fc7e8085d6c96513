/** What `causeway doctor` found: one thing that is right, worth knowing, or wrong, and what to do about it. */

export const SEVERITIES = ['ok', 'info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Finding {
  /** Stable and documented: `modem.sim_pin`. */
  id: string
  severity: Severity
  /** What was seen, in one sentence. */
  what: string
  /** What to do; undefined when nothing is to be done. */
  fix: string | undefined
}
