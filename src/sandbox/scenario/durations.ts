/** Spans of time as scenario files write them: `300ms`, `2s`, `1.5s`, `1m`. */
import { ActionError } from '../action.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }
/** A file that waits longer is no test. */
const SPAN_MS_MAX = 10 * 60_000

/** In ms. Throws ActionError `bad-argument` with what would be right. */
export function spanMs(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? []
  const ms = Math.round(Number(count) * (UNITS[unit] ?? Number.NaN))
  if (count !== '' && ms <= SPAN_MS_MAX) return ms
  throw new ActionError('bad-argument', `${text} is no time: write 300ms, 2s or 1m, at most 10m`)
}
