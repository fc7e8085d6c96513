/**
 * Multipart bodies, WAP-230-WSP §8.5, both ways: a count, then of each part the length of its headers, the length of its
 * data, content type, headers, data. The count is believed where it says that parts are missing (a cut download); a count
 * that no message can have is not, nor one that is too small when more parts fill the body to its last octet.
 */
import { decodeHeaderText } from './charset.ts'
import { readContentType, readDisposition, writeContentType, writeDisposition } from './content-type.ts'
import { MmsError } from './error.ts'
import { DEPTH_MAX, HEADERS_MAX, PARTS_MAX } from './limits.ts'
import { isMultipart, isWapMultipart } from './media.ts'
import type { WspReader } from './reader.ts'
import type { NamedHeader, Part, Warning } from './types.ts'
import { WspWriter } from './writer.ts'

/** What all multiparts of one message share. */
export interface Body {
  parts: number
  warnings: Set<Warning>
}

const HEADER_CONTENT_LOCATION = 0x0e
const HEADER_CONTENT_ID = 0x40
/** Of encoding version 1.1, and of 1.4. */
const HEADER_DISPOSITION_OLD = 0x2e
const HEADER_DISPOSITION = 0x45
const STRING_QUOTE = 0x22

/** Reads to the end of `reader`. Throws MmsError. `depth` of the outermost is 1. */
export function readMultipart(reader: WspReader, body: Body, depth = 1): Part[] {
  if (depth > DEPTH_MAX) throw reader.fault('limit-exceeded', 'multipart', `more than ${DEPTH_MAX} multiparts inside`)
  const entries = reader.uintvar('nEntries')
  const parts: Part[] = []
  while (parts.length < entries) {
    if (reader.remaining === 0) {
      if (entries <= PARTS_MAX) {
        const message = `${entries} parts were announced, ${parts.length} are there`
        throw reader.fault('truncated', 'nEntries', message)
      }
      body.warnings.add('entries-mismatch')
      return parts
    }
    parts.push(readPart(reader, body, depth))
  }
  return reader.remaining === 0 ? parts : [...parts, ...beyond(reader, body, depth)]
}

/** Parts behind the announced ones, if that is what fills the rest; else it is nothing. */
function beyond(reader: WspReader, body: Body, depth: number): Part[] {
  const more: Part[] = []
  const ahead = reader.ahead()
  const counted = body.parts
  try {
    while (ahead.remaining > 0) more.push(readPart(ahead, body, depth))
    body.warnings.add('entries-mismatch')
    return more
  } catch (error) {
    if (!(error instanceof MmsError) || error.code === 'limit-exceeded') throw error
    body.parts = counted
    body.warnings.add('trailing-bytes')
    return []
  }
}

function readPart(reader: WspReader, body: Body, depth: number): Part {
  body.parts += 1
  if (body.parts > PARTS_MAX) throw reader.fault('limit-exceeded', 'nEntries', `more than ${PARTS_MAX} parts`)
  const headersLength = reader.uintvar('headersLen')
  const dataLength = reader.uintvar('dataLen')
  const headers = reader.within(headersLength, 'headersLen')
  const { media, params } = readContentType(headers, 'part Content-Type')
  const part: Part = { media, params, headers: [], data: NOTHING }
  readPartHeaders(headers, part)
  const inside = reader.within(dataLength, 'dataLen')
  const nested = isMultipart(media) && dataLength > 0 ? readNested(inside.ahead(), media, body, depth) : undefined
  part.data = inside.rest()
  return nested === undefined ? part : { ...part, parts: nested }
}

const NOTHING = new Uint8Array(0)

/** A multipart of mail (`multipart/*` by name) may be MIME text, which is a part like any other. */
function readNested(reader: WspReader, media: string, body: Body, depth: number): Part[] | undefined {
  const counted = body.parts
  try {
    return readMultipart(reader, body, depth + 1)
  } catch (error) {
    if (isWapMultipart(media) || !(error instanceof MmsError) || error.code === 'limit-exceeded') throw error
    body.parts = counted
    return undefined
  }
}

function readPartHeaders(reader: WspReader, part: Part): void {
  const named: NamedHeader[] = []
  for (let count = 0; reader.remaining > 0; count++) {
    if (count >= HEADERS_MAX) throw reader.fault('limit-exceeded', 'part header', `more than ${HEADERS_MAX} headers`)
    const first = reader.peek('part header')
    if (first >= 0x80) readNumbered(reader, part, reader.octet('part header') & 0x7f)
    else if (first > 0x1f && first !== 0x7f) readNamed(reader, part, named)
    else throw reader.fault('malformed', 'part header', 'a shift to another code page is not for MMS')
  }
  part.headers = named
}

function readNumbered(reader: WspReader, part: Part, number: number): void {
  switch (number) {
    case HEADER_CONTENT_LOCATION:
      part.contentLocation ??= decodeHeaderText(reader.text('Content-Location'))
      return
    case HEADER_CONTENT_ID:
      part.contentId ??= contentIdOf(reader.text('Content-ID'))
      return
    case HEADER_DISPOSITION:
    case HEADER_DISPOSITION_OLD:
      part.disposition ??= readDisposition(reader, 'Content-Disposition')
      return
    default:
      reader.anyValue('part header')
  }
}

function readNamed(reader: WspReader, part: Part, named: NamedHeader[]): void {
  const name = decodeHeaderText(reader.text('part header'))
  const isText = reader.isTextNext(name) || reader.peek(name) === 0
  if (!isText) {
    named.push({ name, value: reader.anyValue('part header') })
    return
  }
  const octets = reader.text('part header')
  const value = decodeHeaderText(octets)
  switch (name.toLowerCase()) {
    case 'content-id':
      part.contentId ??= contentIdOf(octets)
      return
    case 'content-location':
      part.contentLocation ??= value
      return
    default:
      named.push({ name, value })
  }
}

/** A Quoted-string has no closing quote, and some senders write one. */
function contentIdOf(octets: Uint8Array): string {
  const text = decodeHeaderText(octets[0] === STRING_QUOTE ? octets.subarray(1) : octets)
  return octets[0] === STRING_QUOTE && text.endsWith('"') ? text.slice(0, -1) : text
}

/** Throws MmsError `bad-value` or `limit-exceeded`. */
export function writeMultipart(writer: WspWriter, parts: readonly Part[]): void {
  if (parts.length > PARTS_MAX) {
    throw new MmsError('limit-exceeded', 'nEntries', writer.offset, `more than ${PARTS_MAX} parts`)
  }
  writer.uintvar(parts.length, 'nEntries')
  for (const part of parts) {
    const headers = new WspWriter()
    writeContentType(headers, { media: part.media, params: part.params }, 'part Content-Type')
    writePartHeaders(headers, part)
    writer.uintvar(headers.offset, 'headersLen')
    writer.uintvar(part.data.length, 'dataLen')
    writer.all(headers.finish(), 'part header')
    writer.all(part.data, 'data')
  }
}

/** The data of a part that is itself a multipart. */
export function multipartData(parts: readonly Part[]): Uint8Array {
  const writer = new WspWriter()
  writeMultipart(writer, parts)
  return writer.finish()
}

function writePartHeaders(writer: WspWriter, part: Part): void {
  if (part.contentId !== undefined) {
    writer.shortInteger(HEADER_CONTENT_ID, 'Content-ID')
    writer.quotedText(part.contentId, 'Content-ID')
  }
  if (part.contentLocation !== undefined) {
    writer.shortInteger(HEADER_CONTENT_LOCATION, 'Content-Location')
    writer.text(part.contentLocation, 'Content-Location')
  }
  if (part.disposition !== undefined) {
    writer.shortInteger(HEADER_DISPOSITION_OLD, 'Content-Disposition')
    writeDisposition(writer, part.disposition, 'Content-Disposition')
  }
  for (const { name, value } of part.headers) writeNamed(writer, name, value)
}

/** A header by name: name, NUL, value. */
export function writeNamed(writer: WspWriter, name: string, value: string | Uint8Array): void {
  if (!/^[\x20-\x7e]+$/.test(name)) throw writer.fault('header', 'has a name that is not ASCII')
  writer.text(name, name)
  if (typeof value === 'string') writer.text(value, name)
  else writer.all(value, name)
}
