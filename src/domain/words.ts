/** Durations in words, and sentences within sentences, for reasons that people read. */
import { formatDuration } from './duration.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A duration in ms as "15 min", "2 h", "1 day"; at most one unit below the largest that fits. */
export function durationInWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (ms < MINUTE_MS) return `${seconds} s`
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`
  if (ms < DAY_MS) return `${Math.round(ms / HOUR_MS)} h`
  const days = Math.round(ms / DAY_MS)
  return days === 1 ? '1 day' : `${days} days`
}

/** A duration in ms as `durationInWords` rounds it, in ISO 8601: `PT15M`, `PT2H`, `P1D`. */
export function roundedSpan(ms: number): string {
  const unit = ms < MINUTE_MS ? 1_000 : ms < HOUR_MS ? MINUTE_MS : ms < DAY_MS ? HOUR_MS : DAY_MS
  return formatDuration(Math.max(0, Math.round(ms / unit)) * unit)
}

/** Names, which keep their capital. */
const NAMES = /^(?:Signal|Causeway|Redis)\b/

/** A sentence of a driver's as a clause within one of ours. What stands in brackets at its end is for the ledger alone. */
export function asClause(sentence: string): string {
  const clause = sentence.replace(/ \[[^\]]*\]$/, '').replace(/\.$/, '')
  return NAMES.test(clause) || !/^[A-Z][a-z ]/.test(clause)
    ? clause
    : `${clause.charAt(0).toLowerCase()}${clause.slice(1)}`
}

/** A sentence with what the other side said behind it, as the ledger keeps both. */
export function withDetail(sentence: string, detail: string | undefined): string {
  return detail === undefined ? sentence : `${sentence} [${detail.replaceAll(']', ')')}]`
}
