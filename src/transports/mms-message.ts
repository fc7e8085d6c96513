/** Pure: a message of ours as an m-send-req (OMA-TS-MMS_ENC §6.1): its text and files, shown in order by a SMIL. */
import { utf8 } from '../../modem/mms/charset.ts'
import { encodePdu } from '../../modem/mms/encode.ts'
import { MEDIA_SMIL } from '../../modem/mms/media.ts'
import { buildSmil, type MediaKind, type MediaReference } from '../../modem/mms/smil.ts'
import type { Part } from '../../modem/mms/types.ts'
import type { MmsPart } from '../domain/mms-fitting.ts'
import { MMS_VERSION } from './mms-answers.ts'

const CHARSET_UTF_8 = 106
const RELATED = 'application/vnd.wap.multipart.related'
const SMIL_ID = 'smil'
const TEXT_ID = 'text'
const CLASS = 'personal'

export interface MmsToSend {
  transactionId: string
  /** E.164, or short codes. All see each other. */
  to: readonly string[]
  text: string
  parts: readonly MmsPart[]
  deliveryReport: boolean
  readReport: boolean
  /** ms since epoch. */
  atMs: number
}

/** Throws MmsError where something has no place in a PDU. */
export function sendReq(message: MmsToSend): Uint8Array {
  const { transactionId, to, text, parts, deliveryReport, readReport, atMs } = message
  const words = text === '' ? [] : [textPart(text)]
  const files = parts.map(filePart)
  return encodePdu({
    type: 'm-send-req',
    transactionId,
    version: MMS_VERSION,
    date: Math.floor(atMs / 1_000),
    // The MMSC knows who asks, by the bearer.
    from: { insertAddress: true },
    to: to.map((address) => ({ address, addressType: 'PLMN' })),
    messageClass: CLASS,
    deliveryReport,
    readReport,
    contentType: {
      media: RELATED,
      params: new Map([
        ['type', MEDIA_SMIL],
        ['start', `<${SMIL_ID}>`],
      ]),
    },
    parts: [smilPart(parts, text !== ''), ...words, ...files],
  })
}

/** A `par` for each file, the text with the first of them. */
function smilPart(parts: readonly MmsPart[], hasText: boolean): Part {
  const text: MediaReference[] = hasText ? [{ kind: 'text', src: `cid:${TEXT_ID}` }] : []
  const shown = parts.map(({ contentType, contentId }, index) => ({
    media: [{ kind: kindOf(contentType), src: `cid:${contentId}` }, ...(index === 0 ? text : [])],
  }))
  const smil = buildSmil(shown.length > 0 ? shown : [{ media: text }])
  return {
    media: MEDIA_SMIL,
    params: new Map<string, string | number>([
      ['charset', CHARSET_UTF_8],
      ['name', 'smil.xml'],
    ]),
    contentId: `<${SMIL_ID}>`,
    contentLocation: 'smil.xml',
    headers: [],
    data: utf8(smil),
  }
}

function textPart(text: string): Part {
  return {
    media: 'text/plain',
    params: new Map<string, string | number>([
      ['charset', CHARSET_UTF_8],
      ['name', 'text.txt'],
    ]),
    contentId: `<${TEXT_ID}>`,
    contentLocation: 'text.txt',
    headers: [],
    data: utf8(text),
  }
}

function filePart({ contentType, name, contentId, octets }: MmsPart): Part {
  const ascii =
    name
      .normalize('NFKD')
      .replaceAll(/[^\x20-\x7e]/g, '')
      .trim() || contentId
  return {
    media: contentType.toLowerCase(),
    params: new Map([['name', ascii]]),
    contentId: `<${contentId}>`,
    contentLocation: ascii,
    headers: [],
    data: octets,
  }
}

function kindOf(contentType: string): MediaKind {
  const [major = ''] = contentType.split('/')
  return ({ image: 'img', video: 'video', audio: 'audio', text: 'text' } as const)[major.toLowerCase()] ?? 'ref'
}
