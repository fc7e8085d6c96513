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

/** Two-digit years from here on belong to the 1900s: no SMS is older. */
const CENTURY_PIVOT = 90
/** Bits 6…0 of the zone octet hold 0…79 quarters. */
const OFFSET_MINUTES_MAX = 79 * 15

/** Reads seven octets; undefined where they are no time that exists (filler, month 13 …). */
export function readTimestamp(octets: Uint8Array): Timestamp | undefined {
  const year = swappedBcd(octets[0])
  const month = swappedBcd(octets[1])
  const day = swappedBcd(octets[2])
  const hour = swappedBcd(octets[3])
  const minute = swappedBcd(octets[4])
  const second = swappedBcd(octets[5])
  const zone = octets[6] ?? 0xff
  const quarters = swappedBcd(zone & 0xf7)
  if (year > 99 || quarters > 79 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined
  const fullYear = year < CENTURY_PIVOT ? 2000 + year : 1900 + year
  if (day < 1 || day > daysOfMonth(fullYear, month)) return undefined
  const offsetMinutes = (zone & 0x08) !== 0 && quarters > 0 ? -quarters * 15 : quarters * 15
  const local = `${fullYear}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
  if (offsetMinutes === 0) return { local, offsetMinutes, utc: `${local}Z` }
  const utcMs = Date.UTC(fullYear, month - 1, day, hour, minute, second) - offsetMinutes * 60_000
  return { local, offsetMinutes, utc: secondsOf(utcMs) }
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
    local: secondsOf(instantMs + offsetMinutes * 60_000).slice(0, 19),
    offsetMinutes,
    utc: secondsOf(instantMs),
  }
}

/** The instant (ms since epoch) of a time. */
export function instantMs(time: Pick<Timestamp, 'utc'>): number {
  return Date.parse(time.utc)
}

function noTime(field: string): PduError {
  return new PduError('bad-time', field, 0, `${field} is not a time that the field can hold`)
}

function secondsOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
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
