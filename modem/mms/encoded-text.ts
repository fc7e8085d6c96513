/**
 * Encoded-string-value, OMA-TS-MMS_ENC §7.3: a bare text, or a length, a character set and the text. In the second form
 * the length is the end, since UCS-2 is full of NULs and some senders leave the last one out.
 */
import { decodeHeaderText, MIB_US_ASCII, MIB_UTF_8 } from './charset.ts'
import { TEXT_OCTETS_MAX } from './limits.ts'
import type { WspReader } from './reader.ts'
import type { WspWriter } from './writer.ts'

export interface EncodedText {
  text: string
  /** MIBenum; undefined where none was given. */
  charset?: number
}

/** Throws MmsError. */
export function readEncodedText(reader: WspReader, field: string): EncodedText {
  // A text may begin above 0x7F where the sender forgot the Quote.
  if (reader.peek(field) > 0x1f) return { text: decodeHeaderText(reader.text(field)) }
  const value = reader.lengthed(field)
  if (value.remaining > TEXT_OCTETS_MAX) {
    throw value.fault('limit-exceeded', field, `${field} has a text of more than ${TEXT_OCTETS_MAX} octets`)
  }
  if (value.remaining === 0) return { text: '' }
  // A length in front of a text without character set is against the standard, and clear enough.
  if (value.isTextNext(field)) return { text: decodeHeaderText(value.rest()) }
  const charset = value.integer(field)
  return { text: decodeHeaderText(value.rest(), charset), charset }
}

/**
 * UTF-8, with its number unless all is ASCII and nobody asked for one. Throws MmsError `bad-value` for another character
 * set, which we read but never write.
 */
export function writeEncodedText(writer: WspWriter, { text, charset }: EncodedText, field: string): void {
  const isAscii = /^[\x00-\x7e]*$/.test(text)
  if (charset === undefined && isAscii) {
    writer.text(text, field)
    return
  }
  const written = charset === undefined || charset === 0 ? MIB_UTF_8 : charset
  if (written !== MIB_UTF_8 && !(written === MIB_US_ASCII && isAscii)) {
    throw writer.fault(field, 'is written in UTF-8 (106) only')
  }
  writer.lengthed(field, (inner) => {
    inner.integer(written, field)
    inner.text(text, field)
  })
}
