/**
 * Cell broadcast pages, 3GPP TS 23.041 §9.4, as +CBM gives them: the 88-octet page of GSM (§9.4.1.2), and the whole
 * message of UMTS and LTE (§9.4.2.2). Pages of one message have the same identifier and serial number; networks repeat
 * them, so joining is the receiver's business (`joinPages`).
 */
import { textOfSeptets } from './alphabet.ts'
import { cbsCoding, septetsWithoutFiller, textOfFilledUcs2 } from './cbs.ts'
import { PduError } from './error.ts'
import { fromHex, joinOctets, OctetReader } from './octets.ts'

/** Serial number, identifier, coding scheme, page parameter. */
const GSM_HEADER_OCTETS = 6
const GSM_PAGE_OCTETS = 88
const PAGE_DATA_OCTETS = 82
const PAGES_MAX = 15
/** Type, identifier, serial number, coding scheme, count, and 15 pages with their lengths. */
const MESSAGE_OCTETS_MAX = 7 + PAGES_MAX * (PAGE_DATA_OCTETS + 1)
/** §9.4.2.1: CBS message. */
const UMTS_CBS_MESSAGE = 1

export interface BroadcastPage {
  /** Message identifier: what it is about (§9.4.1.2.2). */
  messageId: number
  /** Serial number as a whole: scope, message code, update number (§9.4.1.2.1). */
  serial: number
  dcs: number
  /** 1-based, of `total` (at most 15). */
  page: number
  total: number
  data: Uint8Array
}

/**
 * The pages that a +CBM line holds: one of GSM, or all of a UMTS message. Throws PduError `not-hex`, `empty`,
 * `too-long`, `truncated`, `bad-length`, `unsupported-type`.
 */
export function decodeBroadcast(hex: string): readonly BroadcastPage[] {
  const octets = fromHex(hex, 'CBS', MESSAGE_OCTETS_MAX)
  const reader = new OctetReader(octets)
  return octets.length <= GSM_PAGE_OCTETS ? [readGsmPage(reader)] : readUmtsMessage(reader)
}

function readGsmPage(reader: OctetReader): BroadcastPage {
  const serial = readNumber(reader, 'serial number')
  const messageId = readNumber(reader, 'message identifier')
  const dcs = reader.octet('DCS')
  const parameter = reader.octet('page parameter')
  const data = reader.octets.subarray(GSM_HEADER_OCTETS)
  const [page, total] = [parameter >> 4, parameter & 15]
  // §9.4.1.2.4: a page that cannot be is to be taken for a message of one.
  const isPossible = page >= 1 && page <= total
  return { messageId, serial, dcs, page: isPossible ? page : 1, total: isPossible ? total : 1, data }
}

function readUmtsMessage(reader: OctetReader): readonly BroadcastPage[] {
  const type = reader.octet('message type')
  if (type !== UMTS_CBS_MESSAGE) {
    throw new PduError('unsupported-type', 'message type', 0, `a cell broadcast of type ${type} is not read here`)
  }
  const messageId = readNumber(reader, 'message identifier')
  const serial = readNumber(reader, 'serial number')
  const dcs = reader.octet('DCS')
  const countAt = reader.offset
  const total = reader.octet('number of pages')
  if (total < 1 || total > PAGES_MAX) {
    throw new PduError('bad-length', 'number of pages', countAt, `${total} pages; a broadcast has 1 to ${PAGES_MAX}`)
  }
  return Array.from({ length: total }, (_, index) => {
    const from = reader.pass(PAGE_DATA_OCTETS, 'page')
    const lengthAt = reader.offset
    const length = reader.octet('page length')
    if (length > PAGE_DATA_OCTETS) {
      throw new PduError('bad-length', 'page length', lengthAt, `a page of ${length} octets, at most 82 fit`)
    }
    return { messageId, serial, dcs, page: index + 1, total, data: reader.octets.slice(from, from + length) }
  })
}

function readNumber(reader: OctetReader, field: string): number {
  return (reader.octet(field) << 8) | reader.octet(field)
}

/** Text of the pages in their order; null where it is data. `language` as ISO 639, where it stands in front. */
export function joinPages(pages: readonly BroadcastPage[]): { text: string | null; language: string | null } {
  const { alphabet, compressed, languageInFront } = cbsCoding(pages[0]?.dcs ?? 0)
  if (compressed || alphabet === '8bit') return { text: null, language: null }
  if (alphabet === 'ucs2') {
    const octets = joinOctets(pages.map(({ data }) => data))
    if (!languageInFront) return { text: textOfFilledUcs2(octets), language: null }
    return {
      text: textOfFilledUcs2(octets.subarray(2)),
      language: textOfSeptets(septetsWithoutFiller(octets.subarray(0, 2))),
    }
  }
  const text = textOfSeptets(joinOctets(pages.map(({ data }) => septetsWithoutFiller(data))))
  if (!languageInFront) return { text, language: null }
  return { text: text.slice(3), language: text.slice(0, 2) }
}
