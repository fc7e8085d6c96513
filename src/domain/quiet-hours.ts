/**
 * Hours in which nobody is to be woken by a text that follows by itself. By the clock on the wall of a time zone: a window
 * over midnight, and the days on which that clock is put forward or back, come out as people read it. Pure.
 */

/** Written `HH:MM-HH:MM`, from the first minute up to, not including, the last; `off`: never quiet. */
export const NEVER_QUIET = 'off'
/** Code of a text that waits for their end. */
export const QUIET_HOURS = 'quiet-hours'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
/** Bounds the way to their end: the minutes of a day, and of the widest leap of a clock. */
const STEPS_MAX = 1_500

interface QuietWindow {
  /** Minutes since midnight. */
  from: number
  to: number
}

const WINDOW = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/

function windowOf(hours: string): QuietWindow | undefined {
  const [, fromHour, fromMinute, toHour, toMinute] = (WINDOW.exec(hours) ?? []).map(Number)
  if (fromHour === undefined || fromMinute === undefined || toHour === undefined || toMinute === undefined) {
    return undefined
  }
  const window = { from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute }
  return window.from === window.to ? undefined : window
}

/** `off`, or a window that is neither empty nor a whole day. */
export function isQuietHours(hours: string): boolean {
  return hours === NEVER_QUIET || windowOf(hours) !== undefined
}

/** An IANA name that this machine knows. */
export function isTimeZone(name: string): boolean {
  try {
    return wallClock(name).format(0) !== ''
  } catch {
    return false
  }
}

/** When the quiet hours that this moment falls into end, in ms since epoch; undefined: it is not quiet. */
export function quietUntil(nowMs: number, hours: string, timeZone: string): number | undefined {
  const window = windowOf(hours)
  if (window === undefined) return undefined
  const clock = wallClock(timeZone)
  const isQuietAt = (ms: number) => isWithin(window, minuteOfDay(clock, ms))
  if (!isQuietAt(nowMs)) return undefined
  let end = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
  for (let step = 0; step < STEPS_MAX && isQuietAt(end); step++) {
    end += ((window.to - minuteOfDay(clock, end) + DAY_MINUTES) % DAY_MINUTES) * MINUTE_MS
  }
  // The clock was put forward on the way: the end that people wait for is the leap, or the hour before.
  for (let step = 0; step < STEPS_MAX && end - MINUTE_MS > nowMs && !isQuietAt(end - MINUTE_MS); step++) {
    end -= MINUTE_MS
  }
  return end
}

function isWithin({ from, to }: QuietWindow, minute: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

function wallClock(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

function minuteOfDay(clock: Intl.DateTimeFormat, ms: number): number {
  const [hour = 0, minute = 0] = clock.format(ms).split(':').map(Number)
  return hour * 60 + minute
}
