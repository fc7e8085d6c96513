/**
 * The WSP push PDU (WAP-230-WSP §8.2.4.1) that brings an MMS PDU in the user data of text messages, both ways:
 * transaction, type, length of the headers, content type, headers, body. Usually `06 06 03 BE AF 84` and the PDU.
 */
import { decodeHeaderText } from './charset.ts'
import { type ContentType, readContentType, writeContentType } from './content-type.ts'
import { HEADERS_MAX, PDU_OCTETS_MAX } from './limits.ts'
import { type Work, WspReader } from './reader.ts'
import { WspWriter } from './writer.ts'

/** Where MMSCs send their pushes (WAP-259-WDP appendix B). */
export const PUSH_PORT = 2948
/** X-Wap-Application-Id of MMS user agents. */
export const APPLICATION_MMS = 4

export interface Push {
  /** TID, 0…255. */
  transactionId: number
  /** ConfirmedPush, which over text messages nobody can confirm. */
  confirmed: boolean
  contentType: ContentType
  /** A registered number, or the URI of one that has none; undefined where the push does not say. */
  applicationId: number | string | undefined
  /** Not copied. */
  body: Uint8Array
}

const PUSH = 0x06
const CONFIRMED_PUSH = 0x07
const HEADER_APPLICATION_ID = 0x2f
const MMS_URI = 'x-wap-application:mms.ua'

/** Throws MmsError and nothing else. */
export function decodePush(octets: Uint8Array, work?: Work): Push {
  const reader = new WspReader(octets, work)
  if (octets.length > PDU_OCTETS_MAX) {
    throw reader.fault('limit-exceeded', 'push', `the push has more than ${PDU_OCTETS_MAX} octets`)
  }
  const transactionId = reader.octet('TID')
  const type = reader.octet('PDU type')
  if (type !== PUSH && type !== CONFIRMED_PUSH) {
    throw reader.fault('unexpected-type', 'PDU type', `WSP PDU type ${type} is not a push`, 1)
  }
  const headers = reader.within(reader.uintvar('headersLen'), 'headersLen')
  const contentType = readContentType(headers, 'Content-Type')
  let applicationId: number | string | undefined
  for (let count = 0; headers.remaining > 0; count++) {
    if (count >= HEADERS_MAX) throw headers.fault('limit-exceeded', 'headers', `more than ${HEADERS_MAX} headers`)
    const isApplicationId = readHeaderName(headers) === HEADER_APPLICATION_ID
    if (headers.remaining === 0) break
    if (isApplicationId && applicationId === undefined) applicationId = readApplicationId(headers)
    else headers.anyValue('push header')
  }
  if (reader.remaining === 0) throw reader.fault('truncated', 'push', 'the push has no body')
  return { transactionId, confirmed: type === CONFIRMED_PUSH, contentType, applicationId, body: reader.rest() }
}

/** Throws MmsError `bad-value`. */
export function encodePush(push: Pick<Push, 'transactionId' | 'contentType' | 'applicationId' | 'body'>): Uint8Array {
  const headers = new WspWriter()
  writeContentType(headers, push.contentType, 'Content-Type')
  if (push.applicationId !== undefined) {
    headers.shortInteger(HEADER_APPLICATION_ID, 'X-Wap-Application-Id')
    if (typeof push.applicationId === 'string') headers.text(push.applicationId, 'X-Wap-Application-Id')
    else headers.integer(push.applicationId, 'X-Wap-Application-Id')
  }
  const writer = new WspWriter()
  writer.octet(push.transactionId, 'TID')
  writer.octet(PUSH, 'PDU type')
  writer.uintvar(headers.offset, 'headersLen')
  writer.all(headers.finish(), 'headers')
  writer.all(push.body, 'body')
  return writer.finish()
}

/** The number of a header; undefined for one by name. A change of the code page is not for pushes of MMS. */
function readHeaderName(headers: WspReader): number | undefined {
  const first = headers.peek('push header')
  if (first >= 0x80) return headers.octet('push header') & 0x7f
  if (first <= 0x1f || first === 0x7f) {
    throw headers.fault('malformed', 'push header', 'a shift to another code page is not for MMS')
  }
  headers.text('push header')
  return undefined
}

function readApplicationId(headers: WspReader): number | string {
  if (!headers.isTextNext('X-Wap-Application-Id')) return headers.integer('X-Wap-Application-Id')
  const uri = decodeHeaderText(headers.text('X-Wap-Application-Id'))
  return uri.toLowerCase() === MMS_URI ? APPLICATION_MMS : uri
}
