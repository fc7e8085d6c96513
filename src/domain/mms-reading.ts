/**
 * Pure: how often a sender is told that their picture message was read. Nobody waits for the report as an MMSC waits for an
 * answer, and one that came twice is shown twice: so it is never given again once it may have left.
 */

/** After each failure in a row; the last one holds for all further ones. */
const WAITS_MS = [15_000, 60_000, 5 * 60_000, 20 * 60_000, 3_600_000] as const
/** Some four days; after that nobody cares. */
const TRIES_MAX = 100

/** When a report that has not left is tried again; undefined: never. `tries`: so far. */
export function reportAgainAtMs(tries: number, nowMs: number): number | undefined {
  if (tries >= TRIES_MAX) return undefined
  return nowMs + (WAITS_MS[Math.min(tries, WAITS_MS.length) - 1] ?? WAITS_MS[0])
}
