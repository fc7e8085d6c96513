/**
 * Spans of time as people and the API write them: ISO 8601 (`PT15M`, `P1D`, `P1DT2H`) or short (`15m`, `2h30m`).
 * Months and years have no fixed length and are refused.
 */

const ISO = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?)$/
const SHORT = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/
const MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }

/** The span in milliseconds, or undefined when `text` is none. An empty span (`P`, `PT`, ``) is none either. */
export function parseDuration(text: string): number | undefined {
  const iso = ISO.exec(text.toUpperCase())
  if (iso !== null && text.length > 1) return sum(iso.slice(1, 6))
  const short = SHORT.exec(text)
  if (short !== null && text !== '') return sum(short.slice(1, 6)) + Number(short[6] ?? 0)
  return undefined
}

/** `ms` as ISO 8601, in the largest units that say it exactly: 900000 → `PT15M`, 86400000 → `P1D`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return 'PT0S'
  const days = Math.floor(ms / MS.d)
  const hours = Math.floor((ms % MS.d) / MS.h)
  const minutes = Math.floor((ms % MS.h) / MS.m)
  const seconds = (ms % MS.m) / MS.s
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`
}

function sum(parts: readonly (string | undefined)[]): number {
  const [weeks, days, hours, minutes, seconds] = parts.map((part) => Number(part ?? 0))
  return Math.round(
    (weeks ?? 0) * MS.w + (days ?? 0) * MS.d + (hours ?? 0) * MS.h + (minutes ?? 0) * MS.m + (seconds ?? 0) * MS.s,
  )
}
