/**
 * Addresses of people: E.164 numbers, short codes, alphanumeric senders (inbound only) and Signal account ids. The only
 * file that imports libphonenumber-js. Numbers are judged by shape (ITU-T E.164: at most 15 digits), not by allocation:
 * private plans and fictional test numbers are numbers too. Emergency numbers are never written to.
 */
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { CausewayError } from './errors.ts'

export type Address =
  | { kind: 'e164'; e164: string }
  | { kind: 'short-code'; code: string }
  | { kind: 'alphanumeric'; sender: string }
  | { kind: 'signal'; aci: string }

const E164 = /^\+[1-9]\d{6,14}$/
const SHORT_CODE = /^\d{3,6}$/
const ACI = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Longest alphanumeric sender is 11 characters (3GPP TS 23.040 §9.1.2.5); more is kept, up to here. */
const SENDER_LENGTH_MAX = 40
const INPUT_LENGTH_MAX = 64

/** Emergency numbers that every phone knows without a SIM (3GPP TS 22.101 §10.1.1)… */
const EMERGENCY = new Set(['112', '911', '000', '08', '110', '118', '119', '999'])
/** …and those of a region that are emergency numbers only there. */
const EMERGENCY_BY_REGION: Readonly<Record<string, readonly string[]>> = {
  AT: ['122', '133', '140', '144'],
  BR: ['190', '192', '193'],
  CH: ['117', '144'],
  ES: ['061', '062', '080', '085', '091', '092'],
  FR: ['114', '115', '191', '196'],
  IN: ['100', '101', '102', '108'],
  IT: ['113', '115'],
  NZ: ['111'],
  PL: ['997', '998'],
  RU: ['101', '102', '103', '104'],
}

/**
 * The address that a person typed. `region` (two-letter country code) reads numbers in national format.
 * Errors: CausewayError `invalid-number`, `emergency-number` (both `never`).
 */
export function parseAddress(input: string, region: string | undefined): Address {
  const text = input.trim()
  if (text === '' || text.length > INPUT_LENGTH_MAX) throw invalid('The recipient is empty or too long.')
  if (/^signal:/i.test(text)) {
    const aci = text.slice('signal:'.length).toLowerCase()
    if (!ACI.test(aci)) throw invalid('After "signal:" stands the account id, a UUID.')
    return { kind: 'signal', aci }
  }
  if (/\p{L}/u.test(text)) {
    throw invalid('Senders with letters in their name cannot be written to; give a number with its country code.')
  }
  const compact = text.replace(/[\s\-./()\u00a0]/g, '')
  if (isEmergency(compact.replace(/[#*]/g, ''), region)) {
    throw new CausewayError({
      code: 'emergency-number',
      message: 'This is an emergency number. Emergency calls must be made from a phone; nothing was sent.',
      retry: 'never',
    })
  }
  if (SHORT_CODE.test(compact)) return { kind: 'short-code', code: compact }
  const e164 = toE164(text, compact, region)
  if (e164 === undefined) {
    throw invalid(
      compact.startsWith('+')
        ? 'This is not a phone number: after "+" come 7 to 15 digits, the first of them not 0.'
        : 'This is not a phone number that can be read here; give it with "+" and its country code.',
    )
  }
  return { kind: 'e164', e164 }
}

/** The address that a network named as a sender. Never throws: what is no number is kept as a sender's name. */
export function parseSender(input: string, region: string | undefined): Address {
  const text = input.trim()
  if (/^\+?[\d\s\-./()]+$/.test(text)) {
    const compact = text.replace(/[\s\-./()]/g, '')
    if (/^\d{1,6}$/.test(compact)) return { kind: 'short-code', code: compact }
    const e164 = toE164(text, compact, region)
    if (e164 !== undefined) return { kind: 'e164', e164 }
  }
  return { kind: 'alphanumeric', sender: text.slice(0, SENDER_LENGTH_MAX) || 'unknown' }
}

/** The digits by which a status report names this recipient: a number without its "+", or a short code. */
export function addressDigits(input: string, region: string | undefined): string {
  const address = parseSender(input, region)
  if (address.kind === 'e164') return address.e164.slice(1)
  if (address.kind === 'short-code') return address.code
  return input.replace(/\D/g, '')
}

/** Numbers read before: the same few people write and are written to, and reading one takes most of a millisecond. */
const known = new Map<string, string | undefined>()
const KNOWN_MAX = 2_000

function toE164(text: string, compact: string, region: string | undefined): string | undefined {
  const key = `${region ?? ''} ${text}`
  if (known.has(key)) return known.get(key)
  if (known.size >= KNOWN_MAX) known.clear()
  const e164 = readE164(text, compact, region)
  known.set(key, e164)
  return e164
}

function readE164(text: string, compact: string, region: string | undefined): string | undefined {
  const country = region !== undefined && isSupportedCountry(region) ? (region as CountryCode) : undefined
  const parsed = parsePhoneNumberFromString(text, country)
  if (parsed !== undefined && E164.test(parsed.number)) {
    // A national number that its plan does not even have the length for was probably meant to carry a country code.
    if (compact.startsWith('+') || parsed.isPossible()) return parsed.number
    return undefined
  }
  return E164.test(compact) ? compact : undefined
}

function isEmergency(digits: string, region: string | undefined): boolean {
  const bare = digits.replace(/^\+/, '')
  return EMERGENCY.has(bare) || (region !== undefined && (EMERGENCY_BY_REGION[region]?.includes(bare) ?? false))
}

function invalid(message: string): CausewayError {
  return new CausewayError({ code: 'invalid-number', message, retry: 'never' })
}

/** Digits as dialled at home, without a trunk prefix; undefined for what no numbering plan has. */
export function nationalDigits(e164: string): string | undefined {
  return parsePhoneNumberFromString(e164)?.nationalNumber
}
