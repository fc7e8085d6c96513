/**
 * Cell broadcast pages as a modem hands them on (23.041 §9.4.1.2): serial number, message identifier, coding, page, and
 * 82 octets of text each. Also reads what AT+CSCB lets through.
 */
import { septetsOfText, ucs2OfText } from '../pdu/alphabet.ts'
import { toHex } from '../pdu/octets.ts'
import { packSeptets } from '../pdu/septets.ts'

export interface Broadcast {
  /** 4370…4383 are warnings to the public (23.041 §9.4.1.2.2). */
  messageId: number
  serial?: number
  text: string
}

const PAGE_SEPTETS = 93
const PAGE_UNITS = 41
const PAGES_MAX = 15
/** 23.038 §5: GSM alphabet, language unspecified; UCS-2 without a class. */
const DCS_GSM = 0x0f
const DCS_UCS2 = 0x48
const CR = 0x0d

/** The pages in hex, 88 octets each. Throws RangeError for a text of more than 15 pages. */
export function pagesOf({ messageId, serial = 0x4000, text }: Broadcast): readonly string[] {
  const septets = septetsOfText(text)
  const contents = septets === undefined ? ucs2Pages(ucs2OfText(text)) : septetPages(septets)
  if (contents.length > PAGES_MAX) throw new RangeError(`a broadcast has at most ${PAGES_MAX} pages`)
  return contents.map((content, at) =>
    toHex(
      Uint8Array.of(
        (serial >> 8) & 0xff,
        serial & 0xff,
        (messageId >> 8) & 0xff,
        messageId & 0xff,
        septets === undefined ? DCS_UCS2 : DCS_GSM,
        ((at + 1) << 4) | contents.length,
        ...content,
      ),
    ),
  )
}

function septetPages(septets: Uint8Array): Uint8Array[] {
  const pages: Uint8Array[] = []
  for (let at = 0; at === 0 || at < septets.length; at += PAGE_SEPTETS) {
    const page = new Uint8Array(PAGE_SEPTETS).fill(CR)
    page.set(septets.subarray(at, at + PAGE_SEPTETS))
    pages.push(packSeptets(page))
  }
  return pages
}

function ucs2Pages(octets: Uint8Array): Uint8Array[] {
  const pages: Uint8Array[] = []
  for (let at = 0; at < octets.length; at += 2 * PAGE_UNITS) {
    const page = Uint8Array.from({ length: 2 * PAGE_UNITS }, (_, index) => (index % 2 === 0 ? 0 : CR))
    page.set(octets.subarray(at, at + 2 * PAGE_UNITS))
    pages.push(page)
  }
  return pages
}

/** Whether `AT+CSCB=<mode>,<mids>` lets this identifier through; nothing set lets all through. */
export function isWanted(selection: { mode: number; ids: string } | undefined, messageId: number): boolean {
  if (selection === undefined) return true
  const isNamed = selection.ids.split(',').some((range) => {
    const [from, to] = range.split('-').map(Number)
    return range !== '' && from !== undefined && messageId >= from && messageId <= (to ?? from)
  })
  return selection.mode === 0 ? isNamed : !isNamed
}
