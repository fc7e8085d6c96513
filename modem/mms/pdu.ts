/**
 * Reading MMS PDUs, OMA-TS-MMS_ENC 1.3: strict about lengths, lenient about order and about what carriers leave out.
 * Every fault is an `MmsError` with field and offset; nothing half-made comes out. Work and memory are bounded by the
 * octets that were handed in.
 *
 * The codec at a glance (all pure):
 *
 *   decodePdu(octets) → MmsPdu                    encodePdu(pdu) → octets (encode.ts)
 *   decodePush(octets) → Push, encodePush (push.ts)      push.body is a PDU where its content type is MEDIA_MMS (media.ts)
 *   contentOf(part), textOf(part) (content.ts)    without transfer encoding; as text under its character set
 *   presentationOf(pdu), nameOf(part) (presentation.ts)  what to show and in which order; a name that is safe on a disk
 *   scanSmil / buildSmil (smil.ts)                slides and what they refer to
 *   responseClass, retrieveClass, deliveryClass (status.ts)   what a status octet asks of us
 *   pduToJson / jsonToPdu (json.ts, from-json.ts) the fixed form of `causeway mms decode` and `encode`
 */
import { decodeHeaderText } from './charset.ts'
import { type ContentType, readContentType } from './content-type.ts'
import { MmsError } from './error.ts'
import { FIELD_CONTENT_TYPE, FIELD_MESSAGE_TYPE, fieldOf, labelOf } from './fields.ts'
import { HEADERS_MAX, PDU_OCTETS_MAX } from './limits.ts'
import { isMultipart } from './media.ts'
import { type Body, readMultipart } from './multipart.ts'
import { type Work, WspReader } from './reader.ts'
import { isFailedRetrieval } from './status.ts'
import {
  MESSAGE_TYPES,
  type MmsHeaders,
  type MmsPdu,
  type MmsType,
  missingIn,
  type Part,
  TYPES_WITH_BODY,
} from './types.ts'

/** X-Mms-Message-Type must be among the first so many headers, else this is something else than a PDU. */
const TYPE_WITHIN_HEADERS = 3

/**
 * @param octets one whole PDU
 * @param work counts what reading it cost
 * Throws MmsError and nothing else; with `transactionId` where that was read before the fault.
 */
export function decodePdu(octets: Uint8Array, work?: Work): MmsPdu {
  const headers: MmsHeaders = {}
  try {
    if (octets.length > PDU_OCTETS_MAX) {
      throw new MmsError('limit-exceeded', 'PDU', 0, `the PDU has more than ${PDU_OCTETS_MAX} octets`)
    }
    // One copy, into which the data of all parts looks, so that nobody can change it later.
    return readPdu(new WspReader(octets.slice(), work), headers)
  } catch (error) {
    if (error instanceof MmsError) error.transactionId = headers.transactionId
    throw error
  }
}

function readPdu(reader: WspReader, headers: MmsHeaders): MmsPdu {
  const body: Body = { parts: 0, warnings: new Set() }
  let type: MmsType | undefined
  let parts: Part[] | undefined
  reader.peek('X-Mms-Message-Type')
  for (let count = 0; reader.remaining > 0; count++) {
    if (count >= HEADERS_MAX) throw reader.fault('limit-exceeded', 'header', `more than ${HEADERS_MAX} headers`)
    if (type === undefined && count >= TYPE_WITHIN_HEADERS) throw noType(reader)
    const first = reader.peek('header')
    if (first === 0 && type !== undefined && isFiller(reader)) {
      body.warnings.add('trailing-bytes')
      break
    }
    if (first < 0x80) {
      readNamed(reader, headers, type)
      continue
    }
    const number = reader.octet('header') & 0x7f
    if (number === FIELD_MESSAGE_TYPE) {
      const read = readType(reader)
      // Of two types the first counts, here as with every header.
      type ??= read
    } else if (number === FIELD_CONTENT_TYPE) {
      headers.contentType = readContentType(reader, 'Content-Type')
      parts = readBody(reader, headers.contentType, body)
      break
    } else readField(reader, headers, number)
  }
  if (type === undefined) throw noType(reader)
  return whole(reader, type, headers, parts, [...body.warnings])
}

function readField(reader: WspReader, headers: MmsHeaders, number: number): void {
  const field = fieldOf(number)
  const from = reader.offset
  if (field === undefined) reader.anyValue(`header 0x${number.toString(16)}`)
  else if (field.read(reader, headers)) return
  headers.otherHeaders ??= []
  headers.otherHeaders.push({ field: number, value: reader.octets.subarray(from, reader.offset) })
}

/** Application-header: name, NUL, value. */
function readNamed(reader: WspReader, headers: MmsHeaders, type: MmsType | undefined): void {
  const first = reader.peek('header')
  if (first <= 0x1f || first === 0x7f) {
    if (type === undefined) throw noType(reader)
    throw reader.fault('malformed', 'header', 'a shift to another code page is not for MMS')
  }
  const name = decodeHeaderText(nameBefore(reader, type))
  headers.appHeaders ??= []
  const isText = reader.isTextNext('header') || reader.peek('header') === 0
  const value = isText ? decodeHeaderText(reader.text('header')) : reader.anyValue('header')
  headers.appHeaders.push({ name, value })
}

/** A text without end where the type has not come yet is a web page or the like, not a PDU that was cut. */
function nameBefore(reader: WspReader, type: MmsType | undefined): Uint8Array {
  try {
    return reader.text('header')
  } catch (error) {
    throw type === undefined ? noType(reader) : error
  }
}

function readType(reader: WspReader): MmsType {
  const at = reader.offset
  const octet = reader.octet('X-Mms-Message-Type')
  const type = MESSAGE_TYPES[octet - 0x80]
  if (type === undefined) {
    const message = `X-Mms-Message-Type 0x${octet.toString(16).padStart(2, '0')} is unknown`
    throw reader.fault('unexpected-type', 'X-Mms-Message-Type', message, at)
  }
  return type
}

/** What is not a multipart is one part, if it is anything. */
function readBody(reader: WspReader, { media, params }: ContentType, body: Body): Part[] {
  if (isMultipart(media)) return readMultipart(reader, body)
  return reader.remaining === 0 ? [] : [{ media, params, headers: [], data: reader.rest() }]
}

/** Checks that nothing is missing which the type needs. */
function whole(
  reader: WspReader,
  type: MmsType,
  headers: MmsHeaders,
  parts: Part[] | undefined,
  warnings: MmsPdu['warnings'],
): MmsPdu {
  const missing = missingIn(type, headers)
  if (missing !== undefined) {
    const label = labelOf(missing)
    throw reader.fault('missing-mandatory', label, `${type} has no ${label}`)
  }
  const hasBody = TYPES_WITH_BODY.has(type)
  if (hasBody && !(type === 'm-retrieve-conf' && isFailedRetrieval(headers.retrieveStatus))) {
    if (headers.contentType === undefined) {
      throw reader.fault('missing-mandatory', 'Content-Type', `${type} has no Content-Type`)
    }
    if (parts?.length === 0 && !isMultipart(headers.contentType.media)) {
      throw reader.fault('truncated', 'Content-Type', `${type} has no body`)
    }
  }
  const pdu = { type, ...headers, ...(parts || hasBody ? { parts: parts ?? [] } : {}), warnings }
  // The table of mandatory headers, just checked, is what tells the types of the union apart.
  return pdu as MmsPdu
}

/** Operators fill up pushes with NULs. */
function isFiller(reader: WspReader): boolean {
  return reader
    .ahead()
    .rest()
    .every((octet) => octet === 0)
}

function noType(reader: WspReader): MmsError {
  const message = 'no X-Mms-Message-Type where one must be: this is not an MMS PDU'
  return reader.fault(reader.remaining === 0 ? 'truncated' : 'unexpected-type', 'X-Mms-Message-Type', message)
}
