import { describe, expect, test } from 'vitest'
import { isQuietHours, isTimeZone, quietUntil } from '../../../src/domain/quiet-hours.ts'

const until = (now: string, hours: string, zone: string) => {
  const end = quietUntil(Date.parse(now), hours, zone)
  return end === undefined ? undefined : new Date(end).toISOString()
}

describe('quiet hours', () => {
  // Berlin: UTC+1, and UTC+2 from 2026-03-29 01:00Z to 2026-10-25 01:00Z.
  test.each<[string, string, string, string, string | undefined]>([
    ['before them', '2026-01-10T20:59:59Z', '22:00-07:00', 'Europe/Berlin', undefined],
    ['their first moment', '2026-01-10T21:00:00Z', '22:00-07:00', 'Europe/Berlin', '2026-01-11T06:00:00.000Z'],
    ['after midnight', '2026-01-11T00:30:12Z', '22:00-07:00', 'Europe/Berlin', '2026-01-11T06:00:00.000Z'],
    ['their last minute', '2026-01-11T05:59:59.999Z', '22:00-07:00', 'Europe/Berlin', '2026-01-11T06:00:00.000Z'],
    ['their end', '2026-01-11T06:00:00Z', '22:00-07:00', 'Europe/Berlin', undefined],
    ['within a day', '2026-01-10T12:10:00Z', '13:00-15:00', 'Europe/Berlin', '2026-01-10T14:00:00.000Z'],
    ['before those of a day', '2026-01-10T11:59:00Z', '13:00-15:00', 'Europe/Berlin', undefined],
    ['up to midnight', '2026-01-10T22:59:00Z', '22:00-00:00', 'Europe/Berlin', '2026-01-10T23:00:00.000Z'],
    ['all day but a minute', '2026-01-10T07:00:00Z', '08:00-07:59', 'Europe/Berlin', '2026-01-11T06:59:00.000Z'],
    ['a night shorter by an hour', '2026-03-28T22:00:00Z', '22:00-07:00', 'Europe/Berlin', '2026-03-29T05:00:00.000Z'],
    ['a night longer by an hour', '2026-10-24T22:00:00Z', '22:00-07:00', 'Europe/Berlin', '2026-10-25T06:00:00.000Z'],
    [
      'an end that the leap swallows',
      '2026-03-29T00:30:00Z',
      '22:00-02:30',
      'Europe/Berlin',
      '2026-03-29T01:00:00.000Z',
    ],
    ['an end that comes twice', '2026-10-25T00:10:00Z', '22:00-02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['between the two', '2026-10-25T00:45:00Z', '22:00-02:30', 'Europe/Berlin', undefined],
    ['the hour that comes again', '2026-10-25T01:10:00Z', '22:00-02:30', 'Europe/Berlin', '2026-10-25T01:30:00.000Z'],
    ['a window inside the leap', '2026-03-29T01:10:00Z', '02:00-03:00', 'Europe/Berlin', undefined],
    ['a zone of half hours', '2026-01-10T17:00:00Z', '22:00-07:00', 'Asia/Kolkata', '2026-01-11T01:30:00.000Z'],
    [
      'a leap of half an hour',
      '2026-10-03T15:00:00Z',
      '22:00-07:00',
      'Australia/Lord_Howe',
      '2026-10-03T20:00:00.000Z',
    ],
    ['west of UTC', '2026-01-11T04:00:00Z', '22:00-07:00', 'America/New_York', '2026-01-11T12:00:00.000Z'],
    ['switched off', '2026-01-11T00:30:00Z', 'off', 'UTC', undefined],
  ])('%s', (_, now, hours, zone, end) => {
    expect(until(now, hours, zone)).toBe(end)
  })

  test('always end at a minute that is not quiet, after one that is, at most a day and a leap later', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu']
    for (let n = 0; n < 600; n++) {
      const now = Date.parse('2026-03-01T00:00:00Z') + n * 40_000_007
      const zone = zones[n % zones.length] ?? 'UTC'
      const clock = (minutes: number) =>
        `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
      const hours = `${clock((n * 37) % 1_440)}-${clock((n * 37 + 1 + ((n * 101) % 1_438)) % 1_440)}`
      const end = quietUntil(now, hours, zone)
      if (end === undefined) continue
      expect(end, `${hours} ${zone} ${now}`).toBeGreaterThan(now)
      expect(end - now).toBeLessThan(26 * 3_600_000)
      expect(quietUntil(end, hours, zone)).toBeUndefined()
      expect(quietUntil(end - 60_000 < now ? now : end - 60_000, hours, zone)).toBe(end)
    }
  })

  test('are written as two times of day that differ', () => {
    expect(['off', '22:00-07:00', '00:00-23:59'].every(isQuietHours)).toBe(true)
    expect(['', 'on', '22-7', '24:00-07:00', '22:00-22:00', '22:60-07:00', '22:00-07:00 '].some(isQuietHours)).toBe(
      false,
    )
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Base'), isTimeZone('')]).toEqual([true, false, false])
  })
})
