/**
 * One line of `causeway mms decode`, explained: `[mms|wsp|sms] HEX…` to a JSON object in the fixed form; and one line of
 * `causeway mms encode`. Whatever the line is, a line comes out.
 */
import { PduError } from '../pdu/error.ts'
import { fromHex, toHex } from '../pdu/octets.ts'
import { encodePdu } from './encode.ts'
import { MmsError } from './error.ts'
import { jsonToPdu } from './from-json.ts'
import { type JsonObject, type JsonOptions, pduToJson } from './json.ts'
import { PDU_OCTETS_MAX } from './limits.ts'
import { MEDIA_MMS } from './media.ts'
import { decodePdu } from './pdu.ts'
import { decodePush } from './push.ts'
import { readSet, type SetMessage } from './sms-set.ts'

/** The longest line that is read: the hex of the longest PDU, its word and some blanks. */
export const LINE_CHARS_MAX = 2 * PDU_OCTETS_MAX + 64
/** As much again for everything else in the JSON. */
export const JSON_LINE_CHARS_MAX = 2 * LINE_CHARS_MAX

/**
 * The fields of what the line holds, in the names of the fixed form; `{"error":{"code","field","offset","message"}}` for
 * what is none. `mms` where no word stands in front.
 */
export function explainLine(line: string, options: JsonOptions): JsonObject {
  try {
    return explained(line, options)
  } catch (error) {
    return errorToJson(error)
  }
}

/**
 * One line of `causeway mms encode`: the hex of the PDU that a JSON object describes (see `jsonToPdu`), or JSON of the
 * error.
 */
export function encodeLine(line: string): string {
  try {
    return toHex(encodePdu(jsonToPdu(parsed(line))))
  } catch (error) {
    return JSON.stringify(errorToJson(error))
  }
}

function parsed(line: string): unknown {
  if (line.length > JSON_LINE_CHARS_MAX) {
    throw new MmsError('limit-exceeded', 'line', 0, `a line has at most ${JSON_LINE_CHARS_MAX} characters`)
  }
  try {
    return JSON.parse(line)
  } catch {
    throw new MmsError('bad-value', 'JSON', 0, 'the line is not JSON')
  }
}

/** Anything that was thrown; what is no error of a codec is a bug of ours, and costs one line. */
function errorToJson(error: unknown): JsonObject {
  if (!(error instanceof MmsError || error instanceof PduError)) {
    return { error: { code: 'internal', field: 'PDU', offset: 0, message: String(error) } }
  }
  const { code, field, offset, message } = error
  const transactionId = error instanceof MmsError ? error.transactionId : undefined
  return { error: { code, field, offset, message, ...(transactionId === undefined ? {} : { transactionId }) } }
}

function explained(line: string, options: JsonOptions): JsonObject {
  if (line.length > LINE_CHARS_MAX) {
    throw new MmsError('limit-exceeded', 'line', LINE_CHARS_MAX, `a line has at most ${LINE_CHARS_MAX} characters`)
  }
  const trimmed = line.trim()
  const [prefix = '', word = 'mms'] = /^(mms|wsp|sms)(?:\s+|$)/i.exec(trimmed) ?? []
  const hex = trimmed.slice(prefix.length)
  switch (word.toLowerCase()) {
    case 'wsp':
      return pushToJson(octetsOf(hex), options)
    case 'sms': {
      const { messages, pending } = readSet(hex.split(/\s+/))
      return { messages: messages.map((message) => messageToJson(message, options)), pending }
    }
    default:
      return pduToJson(decodePdu(octetsOf(hex)), options)
  }
}

function pushToJson(octets: Uint8Array, options: JsonOptions): JsonObject {
  const { transactionId, contentType, applicationId, body } = decodePush(octets)
  return {
    pushTid: transactionId,
    contentType: contentType.media,
    ...(applicationId === undefined ? {} : { applicationId }),
    pdu: contentType.media === MEDIA_MMS ? pduToJson(decodePdu(body), options) : null,
  }
}

function messageToJson({ ports, data, pdu, error }: SetMessage, options: JsonOptions): JsonObject {
  return {
    dstPort: ports?.dst ?? null,
    srcPort: ports?.src ?? null,
    wspHex_sha256_16: options.digest(data),
    pdu: pdu === null ? null : pduToJson(pdu, options),
    ...(error === undefined ? {} : errorToJson(error)),
  }
}

/** An empty PDU is one that was cut at its first octet. */
function octetsOf(hex: string): Uint8Array {
  return hex === '' ? new Uint8Array(0) : fromHex(hex, 'PDU', PDU_OCTETS_MAX)
}
