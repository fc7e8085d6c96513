/**
 * Until when each release line of Node gets security fixes. From `schedule.json` of github.com/nodejs/Release as it stood
 * in 2026; a line that is not in it yet is younger than this program, and nothing is said of it. Pure.
 */

/** The last day (UTC), by major version. */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  '20': '2026-04-30',
  '21': '2024-06-01',
  '22': '2027-04-30',
  '23': '2025-06-01',
  '24': '2028-04-30',
  '25': '2026-06-01',
  '26': '2029-04-30',
}
const DAY_MS = 86_400_000

/** End of the last day on which this version (`20.19.0`) is looked after, in ms since the epoch; undefined: not known. */
export function nodeEndsAtMs(version: string): number | undefined {
  const day = END_OF_LIFE[version.split('.', 1)[0] ?? '']
  return day === undefined ? undefined : Date.parse(day) + DAY_MS
}
