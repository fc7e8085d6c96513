/** Times as people say them, in the language of the screen. */
import { t } from '../languages/translate.ts'

const DAY_MS = 86_400_000
const WEEK_DAYS = 6

/** "14:05" today, "Monday" this week, "3 Oct" before that. */
export function shortTime(at: string | null): string {
  if (at === null) return ''
  const date = new Date(at)
  const days = daysAgo(date)
  if (days === 0) return t('time.time', { at: date })
  if (days > 0 && days <= WEEK_DAYS) return t('time.weekday', { at: date })
  return t('time.short', { at: date })
}

/** "14:05". */
export function clockTime(at: string | null): string {
  return at === null ? '' : t('time.time', { at: new Date(at) })
}

/** "Mon 3 Oct, 14:05". */
export function fullTime(at: string | null): string {
  return at === null ? '' : t('time.full', { at: new Date(at) })
}

/** What stands above the messages of a day. */
export function dayName(at: string | null): string {
  const date = new Date(at ?? 0)
  const days = daysAgo(date)
  if (days === 0) return t('time.today')
  if (days === 1) return t('time.yesterday')
  return days > 0 && days <= WEEK_DAYS ? t('time.weekday', { at: date }) : t('time.date', { at: date })
}

/** Calendar days, not spans of 24 hours. */
function daysAgo(date: Date): number {
  const midnight = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime()
  return Math.round((midnight(new Date()) - midnight(date)) / DAY_MS)
}

/** How long it still is: "6 days 4 hours", "3 minutes". */
export function leftWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  return spanWords(hours === 0 ? `PT${minutes}M` : `P${Math.floor(hours / 24)}DT${hours % 24}H`)
}

/** What is offered as the wait for a receipt before a text follows. */
export const WAITS = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'P1D'] as const

/** ISO 8601 span in words: "1 hour", by the largest unit that is whole. */
export function spanWords(span: string): string {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(span)
  if (match === null) return span
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return [
    days > 0 ? t('span.days', { count: days }) : '',
    hours > 0 ? t('span.hours', { count: hours }) : '',
    minutes > 0 ? t('span.minutes', { count: minutes }) : '',
    seconds > 0 ? t('span.seconds', { count: seconds }) : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}
