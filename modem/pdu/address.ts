/**
 * Addresses, 3GPP TS 23.040 §9.1.2.5: TP-OA, TP-DA, TP-RA (length in semi-octets) and the service centre address
 * (length in octets, 24.011 §8.2.5). Numbers keep their type; alphanumeric senders are GSM 7-bit text.
 */
import { septetsOfText, textOfSeptets } from './alphabet.ts'
import { PduError } from './error.ts'
import type { OctetReader, OctetWriter } from './octets.ts'
import { octetsOfSeptets, packSeptets, unpackSeptets } from './septets.ts'

/** Type of number 5: the address is text. */
const TON_ALPHANUMERIC = 5
const TON_INTERNATIONAL = 1
const NPI_ISDN = 1
const NPI_UNKNOWN = 0
/** §9.1.2.5: an address value is at most ten octets. */
const SEMI_OCTETS_MAX = 20
/** The type octet and ten octets of digits, plus one spare that some networks use. */
const SCA_OCTETS_MAX = 12

const DIGITS = '0123456789*#abc'
const FILLER = 15

export interface Address {
  /** Without plus sign; may hold `*#abc`. Null for an alphanumeric address. */
  digits: string | null
  /** Null for a number. */
  text: string | null
  /** Type of number, 0…7: 1 international, 2 national, 5 alphanumeric … */
  ton: number
  /** Numbering plan, 0…15: 1 ISDN/E.164. */
  npi: number
  /** What to show and to answer to: `+447700900123`, `60606`, `Vodafone`; empty when there is no address. */
  display: string
}

/**
 * The address that a person writes: `+` and digits is international, digits (and `*#abc`) of unknown type, anything else
 * alphanumeric. Throws PduError `bad-value` when it is too long or has characters outside the GSM 7-bit alphabet.
 */
export function addressOf(display: string): Address {
  if (/^\+[0-9]{1,20}$/.test(display)) {
    return numberAddress(display.slice(1), TON_INTERNATIONAL, NPI_ISDN)
  }
  if (/^[0-9*#abc]{1,20}$/.test(display)) return numberAddress(display, 0, NPI_ISDN)
  const address: Address = { digits: null, text: display, ton: TON_ALPHANUMERIC, npi: NPI_UNKNOWN, display }
  packedText(display, 'address')
  return address
}

/** Reads length, type and value. `field` is the name for errors. */
export function readAddress(reader: OctetReader, field: string): Address {
  const at = reader.offset
  const semiOctets = reader.octet(field)
  if (semiOctets > SEMI_OCTETS_MAX) {
    throw new PduError(
      'bad-length',
      field,
      at,
      `${field} has ${semiOctets} semi-octets, at most ${SEMI_OCTETS_MAX} fit`,
    )
  }
  const type = reader.octet(field)
  const from = reader.pass((semiOctets + 1) >> 1, field)
  const ton = (type >> 4) & 7
  const npi = type & 15
  if (ton === TON_ALPHANUMERIC) {
    const text = textOfSeptets(unpackSeptets(reader.octets, Math.floor((semiOctets * 4) / 7), from * 8))
    return { digits: null, text, ton, npi, display: text }
  }
  return numberAddress(digitsOf(reader.octets, from, semiOctets), ton, npi)
}

/** Reads the service centre address; null when the PDU leaves it to the modem (length 0). */
export function readServiceCentre(reader: OctetReader): Address | null {
  const field = 'SCA'
  const at = reader.offset
  const length = reader.octet(field)
  if (length === 0) return null
  if (length > SCA_OCTETS_MAX) {
    throw new PduError('bad-length', field, at, `${field} has ${length} octets, at most ${SCA_OCTETS_MAX} are allowed`)
  }
  const type = reader.octet(field)
  const from = reader.pass(length - 1, field)
  return numberAddress(digitsOf(reader.octets, from, (length - 1) * 2), (type >> 4) & 7, type & 15)
}

/** Writes length, type and value. Throws PduError `bad-value`. */
export function writeAddress(writer: OctetWriter, address: Address, field: string): void {
  const type = typeOctet(address, field)
  if (address.text !== null) {
    const { octets, semiOctets } = packedText(address.text, field)
    writer.octet(semiOctets, field)
    writer.octet(type, field)
    writer.octets(octets, field)
    return
  }
  const digits = address.digits ?? ''
  if (digits.length > SEMI_OCTETS_MAX) throw badAddress(field, `has more than ${SEMI_OCTETS_MAX} digits`)
  writer.octet(digits.length, field)
  writer.octet(type, field)
  writer.octets(semiOctetsOf(digits, field), field)
}

/** Writes the service centre address, or a single zero octet for null. */
export function writeServiceCentre(writer: OctetWriter, address: Address | null): void {
  const field = 'SCA'
  if (address === null) {
    writer.octet(0, field)
    return
  }
  const octets = semiOctetsOf(address.digits ?? '', field)
  if (address.digits === null || octets.length >= SCA_OCTETS_MAX) throw badAddress(field, 'is not a number that fits')
  writer.octet(octets.length + 1, field)
  writer.octet(typeOctet(address, field), field)
  writer.octets(octets, field)
}

function numberAddress(digits: string, ton: number, npi: number): Address {
  const display = ton === TON_INTERNATIONAL && digits !== '' ? `+${digits}` : digits
  return { digits, text: null, ton, npi, display }
}

function typeOctet(address: Address, field: string): number {
  const { ton, npi } = address
  if ((ton & ~7) !== 0 || (npi & ~15) !== 0 || (ton === TON_ALPHANUMERIC) !== (address.text !== null)) {
    throw badAddress(field, 'has a type that does not fit')
  }
  return 0x80 | (ton << 4) | npi
}

/** Digits up to the first filler nibble. */
function digitsOf(octets: Uint8Array, from: number, semiOctets: number): string {
  let digits = ''
  for (let i = 0; i < semiOctets; i++) {
    const octet = octets[from + (i >> 1)] ?? 0xff
    const nibble = i % 2 === 0 ? octet & 15 : octet >> 4
    if (nibble === FILLER) break
    digits += DIGITS.charAt(nibble)
  }
  return digits
}

function semiOctetsOf(digits: string, field: string): Uint8Array {
  const octets = new Uint8Array((digits.length + 1) >> 1)
  for (let i = 0; i < octets.length; i++) {
    const low = DIGITS.indexOf(digits.charAt(2 * i))
    const high = 2 * i + 1 < digits.length ? DIGITS.indexOf(digits.charAt(2 * i + 1)) : FILLER
    if (low < 0 || high < 0) throw badAddress(field, 'holds something else than 0-9, *, #, a, b and c')
    octets[i] = (high << 4) | low
  }
  return octets
}

function packedText(text: string, field: string): { octets: Uint8Array; semiOctets: number } {
  const septets = septetsOfText(text)
  if (septets === undefined) throw badAddress(field, 'has characters outside the GSM 7-bit default alphabet')
  const semiOctets = Math.ceil((septets.length * 7) / 4)
  if (octetsOfSeptets(septets.length) > SEMI_OCTETS_MAX / 2) throw badAddress(field, 'is longer than 11 characters')
  return { octets: packSeptets(septets), semiOctets }
}

function badAddress(field: string, what: string): PduError {
  return new PduError('bad-value', field, 0, `${field} ${what}`)
}
