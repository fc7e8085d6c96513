/**
 * Addresses of MMS, OMA-TS-MMS_ENC §8: a number with `/TYPE=PLMN` behind it, an IP address with its type, an e-mail
 * address or a short code bare. They are kept as the sender wrote them; who somebody is, is not decided here.
 */
import { decodeHeaderText } from './charset.ts'
import { type EncodedText, readEncodedText, writeEncodedText } from './encoded-text.ts'
import type { WspReader } from './reader.ts'
import type { WspWriter } from './writer.ts'

export interface Address {
  address: string
  /** `PLMN`, `IPv4`, `IPv6`, or what stood there. */
  addressType?: string
}

/** The sender; `insertAddress` asks the MMSC to fill it in, and received means: unknown. */
export type From = Address | { insertAddress: true }

const TYPE_MARK = '/TYPE='
const ADDRESS_PRESENT = 0x80
const INSERT_ADDRESS = 0x81

/** Splits at the last `/TYPE=`. */
function addressOf(text: string): Address {
  const at = text.toUpperCase().lastIndexOf(TYPE_MARK)
  return at < 0 ? { address: text } : { address: text.slice(0, at), addressType: text.slice(at + TYPE_MARK.length) }
}

/** Encoded-string-value. Throws MmsError. */
export function readAddress(reader: WspReader, field: string): Address {
  return addressOf(readEncodedText(reader, field).text)
}

/** An address as OMA-TS-MMS_ENC §8 writes it. Throws MmsError. */
export function writeAddress(writer: WspWriter, { address, addressType }: Address, field: string): void {
  const whole: EncodedText = { text: addressType === undefined ? address : `${address}${TYPE_MARK}${addressType}` }
  writeEncodedText(writer, whole, field)
}

/** From-value (§7.3.12). Throws MmsError. */
export function readFrom(reader: WspReader, field: string): From {
  const value = reader.lengthed(field)
  const token = value.octet(field)
  if (token === INSERT_ADDRESS) return { insertAddress: true }
  if (token !== ADDRESS_PRESENT)
    throw value.fault('malformed', field, `${field} has an unknown token`, value.offset - 1)
  if (value.remaining === 0) return { address: '' }
  // The length around it ends a text that forgot its NUL.
  if (value.isTextNext(field)) return addressOf(decodeHeaderText(value.textOrRest(field)))
  return readAddress(value, field)
}

/** From-value (§7.3.12). Throws MmsError. */
export function writeFrom(writer: WspWriter, from: From, field: string): void {
  writer.lengthed(field, (inner) => {
    if ('insertAddress' in from) return inner.octet(INSERT_ADDRESS, field)
    inner.octet(ADDRESS_PRESENT, field)
    writeAddress(inner, from, field)
  })
}
