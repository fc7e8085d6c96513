/**
 * TP-SCTS and its kind, 3GPP TS 23.040 §9.2.3.11: seven octets of swapped BCD with a zone in quarters of an hour.
 * Times are computed as integers; the zone of this machine is never asked.
 */
import { PduError } from './error.ts'

/** A time as the network wrote it: wall clock there, and its distance to UTC. */
export interface Timestamp {
  /** `YYYY-MM-DDTHH:MM:SS`. */
  local: string
  offsetMinutes: number
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  utc: string
}

/** Two-digit years from here on belong to the 1900s: a service centre whose clock was never set says 1970 or 1980. */
const CENTURY_PIVOT = 70
/** Bits 6…0 of the zone octet hold 0…79 quarters. */
const OFFSET_MINUTES_MAX = 79 * 15

const MINUTES_OF_DAY = 24 * 60
/** The calendar repeats after 400 years. */
const DAYS_OF_ERA = 146_097
/** From 0000-03-01 to 1970-01-01. */
const DAYS_TO_EPOCH = 719_468

/** Reads seven octets from `at`; undefined where they are no time that exists (filler, month 13 …). */
export function readTimestamp(octets: Uint8Array, at = 0): Timestamp | undefined {
  const year = swappedBcd(octets[at])
  const month = swappedBcd(octets[at + 1])
  const day = swappedBcd(octets[at + 2])
  const hour = swappedBcd(octets[at + 3])
  const minute = swappedBcd(octets[at + 4])
  const second = swappedBcd(octets[at + 5])
  const zone = octets[at + 6] ?? 0xff
  const quarters = swappedBcd(zone & 0xf7)
  if (year > 99 || quarters > 79 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined
  const fullYear = year < CENTURY_PIVOT ? 2000 + year : 1900 + year
  if (day < 1 || day > daysOfMonth(fullYear, month)) return undefined
  const offsetMinutes = (zone & 0x08) !== 0 && quarters > 0 ? -quarters * 15 : quarters * 15
  const local = `${fullYear}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
  if (offsetMinutes === 0) return { local, offsetMinutes, utc: `${local}Z` }
  const utcMinutes = daysSinceEpoch(fullYear, month, day) * MINUTES_OF_DAY + hour * 60 + minute - offsetMinutes
  return { local, offsetMinutes, utc: `${printed(utcMinutes, second)}Z` }
}

/** Seven octets of a time. Throws PduError `bad-time` when `local` or `offsetMinutes` cannot be written. */
export function writeTimestamp(time: Pick<Timestamp, 'local' | 'offsetMinutes'>, field: string): Uint8Array {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(time.local)
  const quarters = Math.abs(time.offsetMinutes) / 15
  if (match === null || !Number.isInteger(quarters) || quarters * 15 > OFFSET_MINUTES_MAX) throw noTime(field)
  const [year = 0, ...rest] = match.slice(1).map(Number)
  const zone = swap(quarters) | (time.offsetMinutes < 0 ? 0x08 : 0)
  const octets = Uint8Array.from([...[year % 100, ...rest].map(swap), zone])
  if (readTimestamp(octets)?.local !== time.local) throw noTime(field)
  return octets
}

/**
 * The time of an instant (ms since epoch) as a clock shows it that is `offsetMinutes` (multiple of 15) ahead of UTC.
 * Parts of a second are dropped.
 */
export function timestampOf(instantMs: number, offsetMinutes: number): Timestamp {
  return {
    local: printedInstant(instantMs + offsetMinutes * 60_000),
    offsetMinutes,
    utc: `${printedInstant(instantMs)}Z`,
  }
}

/** The instant (ms since epoch) of a time. */
export function instantMs(time: Pick<Timestamp, 'utc'>): number {
  return Date.parse(time.utc)
}

function noTime(field: string): PduError {
  return new PduError('bad-time', field, 0, `${field} is not a time that the field can hold`)
}

function printedInstant(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return printed(minutes, seconds - minutes * 60)
}

/** Days since 1970-01-01 in the Gregorian calendar; years are counted from March, so that leap days come last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * DAYS_OF_ERA + yearOfEra * 365 + leapDays + dayOfYear - DAYS_TO_EPOCH
}

/** The wall clock of a count of minutes since 1970-01-01T00:00. */
function printed(minutes: number, second: number): string {
  const days = Math.floor(minutes / MINUTES_OF_DAY)
  const minuteOfDay = minutes - days * MINUTES_OF_DAY
  const shifted = days + DAYS_TO_EPOCH
  const era = Math.floor(shifted / DAYS_OF_ERA)
  const dayOfEra = shifted - era * DAYS_OF_ERA
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${year}-${two(month)}-${two(day)}T${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}:${two(second)}`
}

/** 0…99, or more where a nibble is no decimal digit. */
function swappedBcd(octet: number | undefined): number {
  if (octet === undefined) return 0xfff
  const tens = octet & 15
  const ones = octet >> 4
  return tens > 9 || ones > 9 ? 0xfff : tens * 10 + ones
}

function swap(value: number): number {
  return ((value % 10) << 4) | Math.floor(value / 10)
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
