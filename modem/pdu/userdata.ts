/**
 * TP-User-Data under its TP-DCS, 3GPP TS 23.040 §9.2.3.16 and §9.2.3.24: length checks, header, text.
 *
 * `data` is what lies behind the header, exact enough to write the same octets again: septets one an octet for the 7-bit
 * alphabet, plain octets for everything else.
 */
import { hasLoneSurrogate, NO_SHIFT, type Shift, textOfSeptets, textOfUcs2, wellFormed } from './alphabet.ts'
import { type Alphabet, type DataCoding, dataCoding, type MessageClass, type WaitingIndication } from './dcs.ts'
import { PduError } from './error.ts'
import type { OctetReader, OctetWriter } from './octets.ts'
import { fillBitsAfter, octetsOfSeptets, packSeptets, septetsOfHeader, unpackSeptets } from './septets.ts'
import {
  type Concat,
  type InformationElement,
  type Language,
  NO_HEADER,
  type Ports,
  readHeader,
  writeHeader,
} from './udh.ts'

const LENGTH_FIELD = 'TP-UDL'
const DATA_FIELD = 'TP-UD'
const HEADER_FIELD = 'TP-UDH'

/** §9.2.3.24: the user data of one TPDU. */
export const USER_DATA_OCTETS_MAX = 140
export const USER_DATA_SEPTETS_MAX = 160

export interface UserData {
  /** TP-DCS as received; the fields after it are its meaning (see `dcs.ts`). */
  dcs: number
  alphabet: Alphabet
  class: MessageClass | null
  compressed: boolean
  mwi: WaitingIndication | null
  autoDelete: boolean
  /** TP-UDHI. */
  udhi: boolean
  /** Every information element in order; empty without a header. */
  udh: readonly InformationElement[]
  /** The header's last element ran over its end, so the header was ignored (§9.2.3.24) and only its room skipped. */
  udhIgnored: boolean
  concat: Concat | null
  ports: Ports | null
  language: Language | null
  /** Null for 8-bit or compressed data. Half a surrogate pair at an edge shows as U+FFFD: join parts by `data`. */
  text: string | null
  /** `text` stands in for octets that hold a surrogate without its partner. */
  loneSurrogate: boolean
  data: Uint8Array
}

/** What an encoder needs of `UserData`; a decoded one will do, and so will a part from `segments.ts`. */
export interface Payload {
  dcs: number
  /** Only an announced header without any element needs this. */
  udhi?: boolean
  udh: readonly InformationElement[]
  data: Uint8Array
}

/** The tables that a header puts in force. */
export function shiftOf(language: Language | null): Shift {
  if (language === null) return NO_SHIFT
  return { locking: language.lockingShift ?? 0, single: language.singleShift ?? 0 }
}

/** Whether TP-UDL counts septets (23.040 §9.2.3.16): compressed 7-bit text counts octets. */
export function countsSeptets(coding: DataCoding): boolean {
  return coding.alphabet === 'gsm7' && !coding.compressed
}

/** Reads TP-UDL and TP-UD. Throws PduError `truncated`, `bad-length` or `bad-text`. */
export function readUserData(reader: OctetReader, dcs: number, udhi: boolean): UserData {
  const coding = dataCoding(dcs)
  const septets = countsSeptets(coding)
  const lengthAt = reader.offset
  const length = reader.octet(LENGTH_FIELD)
  const lengthMax = septets ? USER_DATA_SEPTETS_MAX : USER_DATA_OCTETS_MAX
  if (length > lengthMax) {
    throw new PduError('bad-length', LENGTH_FIELD, lengthAt, `${LENGTH_FIELD} is ${length}, at most ${lengthMax} fit`)
  }
  const userDataAt = reader.offset
  const octetCount = septets ? octetsOfSeptets(length) : length
  const from = reader.pass(octetCount, DATA_FIELD)
  const { octets } = reader

  let header = NO_HEADER
  let headerOctets = 0
  let udhIgnored = false
  if (udhi) {
    headerOctets = 1 + (octets[from] ?? 0)
    if (headerOctets > octetCount) {
      const message = `the header of ${headerOctets} octets is longer than the ${octetCount} octets of user data`
      throw new PduError('bad-length', HEADER_FIELD, userDataAt, message)
    }
    const read = readHeader(octets, from + 1, from + headerOctets)
    udhIgnored = read === undefined
    header = read ?? NO_HEADER
  }

  let data: Uint8Array
  let text: string | null = null
  let loneSurrogate = false
  if (septets) {
    const headerSeptets = septetsOfHeader(headerOctets)
    data = unpackSeptets(octets, Math.max(0, length - headerSeptets), from * 8 + headerSeptets * 7)
    text = textOfSeptets(data, shiftOf(header.language))
  } else {
    data = octets.slice(from + headerOctets, from + octetCount)
    if (coding.alphabet === 'ucs2' && !coding.compressed) {
      if (data.length % 2 === 1) {
        const message = 'UCS-2 text has an odd number of octets'
        throw new PduError('bad-text', DATA_FIELD, userDataAt + octetCount - 1, message)
      }
      text = textOfUcs2(data)
      loneSurrogate = hasLoneSurrogate(text)
      if (loneSurrogate) text = wellFormed(text)
    }
  }

  return {
    dcs,
    alphabet: coding.alphabet,
    class: coding.class,
    compressed: coding.compressed,
    mwi: coding.mwi,
    autoDelete: coding.autoDelete,
    udhi,
    udh: header.elements,
    udhIgnored,
    concat: header.concat,
    ports: header.ports,
    language: header.language,
    text,
    loneSurrogate,
    data,
  }
}

/** User data as it goes on the air: TP-UDL and the octets that follow it, at most 140. Throws PduError `bad-length`. */
export function packUserData(payload: Payload): { length: number; octets: Uint8Array } {
  const header = writeHeader(payload.udh, payload.udhi === true)
  const septets = countsSeptets(dataCoding(payload.dcs))
  let length = header.length + payload.data.length
  let body = payload.data
  if (septets) {
    length = septetsOfHeader(header.length) + payload.data.length
    body = packSeptets(payload.data, fillBitsAfter(header.length))
  }
  if (length > (septets ? USER_DATA_SEPTETS_MAX : USER_DATA_OCTETS_MAX)) {
    throw new PduError('bad-length', DATA_FIELD, 0, `user data of ${length} units does not fit into one message`)
  }
  const octets = new Uint8Array(header.length + body.length)
  octets.set(header)
  octets.set(body, header.length)
  return { length, octets }
}

/** Writes TP-UDL and TP-UD. */
export function writeUserData(writer: OctetWriter, payload: Payload): void {
  const { length, octets } = packUserData(payload)
  writer.octet(length, LENGTH_FIELD)
  writer.octets(octets, DATA_FIELD)
}
