/**
 * The MMS PDU that a JSON object describes, in the names of `pduToJson`: what decoding with the octets of parts gives can
 * be written again. Of a part either `dataHex`, `parts` (a multipart inside) or `text` (UTF-8, or the character set of its
 * parameter, which then must be UTF-8 or ASCII) says what is in it.
 */
import { PduError } from '../pdu/error.ts'
import { fromHex } from '../pdu/octets.ts'
import { MIB_US_ASCII, MIB_UTF_8, utf8 } from './charset.ts'
import type { ContentType, Disposition, Parameters } from './content-type.ts'
import type { NewPdu } from './encode.ts'
import { MmsError } from './error.ts'
import { FIELDS } from './fields.ts'
import { DEPTH_MAX, PARTS_MAX, PDU_OCTETS_MAX } from './limits.ts'
import { multipartData } from './multipart.ts'
import { isMailboxType, MESSAGE_TYPES, type NamedHeader, type NumberedHeader, type Part } from './types.ts'

type Fields = Readonly<Record<string, unknown>>

/** Which JSON a field of `MmsHeaders` takes, where it is not a plain value: checked here, so that writing can trust it. */
const SHAPES: Readonly<Record<string, (value: unknown, field: string) => unknown>> = {
  from: (value, field) =>
    fieldsOf(value, field)['insertAddress'] === true ? { insertAddress: true } : address(value, field),
  to: addresses,
  cc: addresses,
  bcc: addresses,
  subject: encoded,
  responseText: encoded,
  retrieveText: encoded,
  statusText: encoded,
  recommendedRetrievalModeText: encoded,
  expiry: time,
  deliveryTime: time,
  replyChargingDeadline: time,
  previouslySentBy: (value, field) =>
    list(value, field).map((item) => {
      const { count, from } = fieldsOf(item, field)
      return { count: number(count, field), from: address(from, field) }
    }),
  previouslySentDate: (value, field) =>
    list(value, field).map((item) => {
      const { count, epoch } = fieldsOf(item, field)
      return { count: number(count, field), epoch: number(epoch, field) }
    }),
}

const NUMBERS: ReadonlySet<string> = new Set([
  'date',
  'messageSize',
  'responseStatus',
  'retrieveStatus',
  'status',
  'readStatus',
  'replyCharging',
  'replyChargingSize',
  'limit',
  'recommendedRetrievalMode',
  'contentClass',
  'cancelStatus',
])

const FLAGS: ReadonlySet<string> = new Set([
  'deliveryReport',
  'readReport',
  'reportAllowed',
  'distributionIndicator',
  'drmContent',
  'adaptationAllowed',
])

/** Throws MmsError `bad-value` with the name of the field. What must be there is for `encodePdu` to say. */
export function jsonToPdu(value: unknown): NewPdu {
  const json = fieldsOf(value, 'JSON')
  const type = MESSAGE_TYPES.find((known) => known === json['type'])
  if (type === undefined) throw bad('type', 'is not the type of an MMS PDU')
  if (isMailboxType(type)) throw bad('type', 'is of a mailbox, which is not written here')
  const pdu: Record<string, unknown> = { type }
  for (const { name } of FIELDS) {
    const given = json[name]
    if (given !== undefined && given !== null) pdu[name] = (SHAPES[name] ?? plain)(given, name)
  }
  if (json['contentType'] !== undefined) pdu['contentType'] = contentType(json['contentType'])
  if (json['parts'] !== undefined) pdu['parts'] = parts(json['parts'], 1)
  if (json['appHeaders'] !== undefined) pdu['appHeaders'] = list(json['appHeaders'], 'appHeaders').map(namedHeader)
  if (json['otherHeaders'] !== undefined) pdu['otherHeaders'] = list(json['otherHeaders'], 'otherHeaders').map(numbered)
  // Every value has the shape of its field; that none is missing is checked by who writes it.
  return pdu as NewPdu
}

function plain(value: unknown, field: string): unknown {
  if (NUMBERS.has(field)) return number(value, field)
  if (FLAGS.has(field)) {
    if (typeof value !== 'boolean') throw bad(field, 'is not true or false')
    return value
  }
  return string(value, field)
}

function parts(value: unknown, depth: number): Part[] {
  const given = list(value, 'parts')
  if (given.length > PARTS_MAX) throw new MmsError('limit-exceeded', 'parts', 0, `more than ${PARTS_MAX} parts`)
  if (depth > DEPTH_MAX) throw new MmsError('limit-exceeded', 'parts', 0, `more than ${DEPTH_MAX} multiparts inside`)
  return given.map((item) => part(item, depth))
}

function part(value: unknown, depth: number): Part {
  const {
    media,
    params,
    contentId,
    contentLocation,
    disposition,
    headers,
    parts: nested,
    ...rest
  } = fieldsOf(value, 'parts')
  const made: Part = {
    media: string(media, 'media').toLowerCase(),
    params: parameters(params),
    headers: headers === undefined ? [] : list(headers, 'headers').map(namedHeader),
    data: nested === undefined ? data(rest, parameters(params)) : multipartData(parts(nested, depth + 1)),
  }
  if (contentId !== undefined) made.contentId = string(contentId, 'contentId')
  if (contentLocation !== undefined) made.contentLocation = string(contentLocation, 'contentLocation')
  if (disposition !== undefined) made.disposition = dispositionOf(disposition)
  return made
}

function data({ dataHex, text }: Fields, params: Parameters): Uint8Array {
  if (dataHex !== undefined) return hex(dataHex, 'dataHex')
  if (text === undefined) throw bad('parts', 'have a part without dataHex, text or parts')
  const charset = params.get('charset') ?? MIB_UTF_8
  const isUtf8 = charset === MIB_UTF_8 || (typeof charset === 'string' && /^utf-?8$/i.test(charset))
  const written = utf8(string(text, 'text'))
  if (!isUtf8 && !(charset === MIB_US_ASCII && written.every((octet) => octet < 0x80))) {
    throw bad('text', 'is written in UTF-8 (106) only; give dataHex for another character set')
  }
  return written
}

function contentType(value: unknown): ContentType {
  const { media, params } = fieldsOf(value, 'contentType')
  return { media: string(media, 'media').toLowerCase(), params: parameters(params) }
}

function dispositionOf(value: unknown): Disposition {
  const { type, params } = fieldsOf(value, 'disposition')
  return { type: string(type, 'disposition').toLowerCase(), params: parameters(params) }
}

function parameters(value: unknown): Parameters {
  if (value === undefined) return new Map()
  return new Map(
    Object.entries(fieldsOf(value, 'params')).map(([name, given]): [string, string | number] => {
      if (typeof given !== 'string' && typeof given !== 'number') throw bad('params', 'are texts or numbers')
      return [name, given]
    }),
  )
}

function namedHeader(value: unknown): NamedHeader {
  const { name, value: text, valueHex } = fieldsOf(value, 'headers')
  return {
    name: string(name, 'headers'),
    value: valueHex === undefined ? string(text, 'headers') : hex(valueHex, 'headers'),
  }
}

function numbered(value: unknown): NumberedHeader {
  const { field, valueHex } = fieldsOf(value, 'otherHeaders')
  return { field: number(field, 'otherHeaders'), value: hex(valueHex, 'otherHeaders') }
}

function encoded(value: unknown, field: string) {
  const { text, charset } = fieldsOf(value, field)
  return { text: string(text, field), ...(charset === undefined ? {} : { charset: number(charset, field) }) }
}

function address(value: unknown, field: string) {
  const given = fieldsOf(value, field)
  const type = given['addressType']
  const written = string(given['address'], field)
  return { address: written, ...(type === undefined ? {} : { addressType: string(type, field) }) }
}

function addresses(value: unknown, field: string) {
  return list(value, field).map((item) => address(item, field))
}

function time(value: unknown, field: string) {
  const { kind, epoch, seconds } = fieldsOf(value, field)
  if (kind === 'absolute') return { kind, epoch: number(epoch, field) }
  if (kind === 'relative') return { kind, seconds: number(seconds, field) }
  throw bad(field, 'is neither absolute nor relative')
}

function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(field, 'is not an object')
  return Object.fromEntries(Object.entries(value))
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(field, 'is not a list')
  return value
}

function string(value: unknown, field: string): string {
  if (typeof value !== 'string') throw bad(field, 'is not a text')
  return value
}

function number(value: unknown, field: string): number {
  if (typeof value !== 'number') throw bad(field, 'is not a number')
  return value
}

function hex(value: unknown, field: string): Uint8Array {
  const digits = string(value, field)
  if (digits === '') return new Uint8Array(0)
  try {
    return fromHex(digits, field, PDU_OCTETS_MAX)
  } catch (error) {
    throw error instanceof PduError ? bad(field, 'is not hexadecimal, or too long') : error
  }
}

function bad(field: string, what: string): MmsError {
  return new MmsError('bad-value', field, 0, `${field} ${what}`)
}
