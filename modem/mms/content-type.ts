/**
 * Content-Type and Content-Disposition with their parameters, WAP-230-WSP §8.4.2.24, §8.4.2.4 and §8.4.2.53, both ways.
 * Numbers of old and of new encoding versions are read, the old ones are written: every phone knows them.
 */
import { decodeHeaderText } from './charset.ts'
import { TEXT_OCTETS_MAX } from './limits.ts'
import { codeOfMedia, mediaOfCode } from './media.ts'
import type { WspReader } from './reader.ts'
import type { WspWriter } from './writer.ts'

/** `charset` is a MIBenum, or a text where it came as one. Of a parameter that comes twice the first counts. */
export type Parameters = ReadonlyMap<string, string | number>

export interface ContentType {
  /** Lower case. */
  media: string
  params: Parameters
}

export interface Disposition {
  /** `form-data`, `attachment`, `inline`, or another word. */
  type: string
  params: Parameters
}

const NO_PARAMETERS: Parameters = new Map()

type ParameterForm = 'q' | 'integer' | 'charset' | 'version' | 'media' | 'text' | 'text-value' | 'none'

const PARAMETERS: ReadonlyMap<number, readonly [name: string, form: ParameterForm]> = new Map([
  [0x00, ['q', 'q']],
  [0x01, ['charset', 'charset']],
  [0x02, ['level', 'version']],
  [0x03, ['type', 'media']],
  [0x05, ['name', 'text']],
  [0x06, ['filename', 'text']],
  [0x07, ['differences', 'text']],
  [0x08, ['padding', 'integer']],
  [0x09, ['type', 'media']],
  [0x0a, ['start', 'text-value']],
  [0x0b, ['start-info', 'text']],
  [0x0c, ['comment', 'text']],
  [0x0d, ['domain', 'text']],
  [0x0e, ['max-age', 'integer']],
  [0x0f, ['path', 'text']],
  [0x10, ['secure', 'none']],
  [0x11, ['sec', 'integer']],
  [0x12, ['mac', 'text-value']],
  [0x13, ['creation-date', 'integer']],
  [0x14, ['modification-date', 'integer']],
  [0x15, ['read-date', 'integer']],
  [0x16, ['size', 'integer']],
  [0x17, ['name', 'text-value']],
  [0x18, ['filename', 'text-value']],
  [0x19, ['start', 'text-value']],
  [0x1a, ['start-info', 'text-value']],
  [0x1b, ['comment', 'text-value']],
  [0x1c, ['domain', 'text-value']],
  [0x1d, ['path', 'text-value']],
])

const DISPOSITIONS: readonly string[] = ['form-data', 'attachment', 'inline']
const STRING_QUOTE = 0x22
/** RFC 2616's token: what needs no quotes. */
const TOKEN = /^[!#$%&'*+\-.^`|~\w]+$/

/** Content-type-value: constrained or general form. Throws MmsError. */
export function readContentType(reader: WspReader, field: string): ContentType {
  const first = reader.peek(field)
  if (first >= 0x80) return { media: mediaOfCode(reader.octet(field) & 0x7f), params: NO_PARAMETERS }
  if (first > 0x1f) return fromText(decodeHeaderText(reader.text(field)))
  const value = reader.lengthed(field)
  const named: ContentType = value.isTextNext(field)
    ? fromText(decodeHeaderText(value.textOrRest(field)))
    : { media: mediaOfCode(value.integer(field)), params: NO_PARAMETERS }
  const params = new Map(named.params)
  readParameters(value, field, params)
  return { media: named.media, params }
}

/** The constrained form where there are no parameters. Throws MmsError `bad-value`. */
export function writeContentType(writer: WspWriter, { media, params }: ContentType, field: string): void {
  if (params.size === 0) writeMedia(writer, media, field)
  else writeGeneral(writer, { media, params }, field)
}

function writeGeneral(writer: WspWriter, { media, params }: ContentType, field: string): void {
  writer.lengthed(field, (inner) => {
    writeMedia(inner, media, field)
    writeParameters(inner, params, field)
  })
}

/** Throws MmsError. */
export function readDisposition(reader: WspReader, field: string): Disposition {
  // Seen without its length, as a word alone.
  if (reader.isTextNext(field))
    return { type: decodeHeaderText(reader.text(field)).toLowerCase(), params: NO_PARAMETERS }
  const value = reader.lengthed(field)
  const type = value.isTextNext(field)
    ? decodeHeaderText(value.textOrRest(field)).toLowerCase()
    : (DISPOSITIONS[value.octet(field) - 0x80] ?? 'attachment')
  const params = new Map<string, string | number>()
  readParameters(value, field, params)
  return { type, params }
}

/** As `readDisposition` reads it. Throws MmsError. */
export function writeDisposition(writer: WspWriter, { type, params }: Disposition, field: string): void {
  writer.lengthed(field, (inner) => {
    const code = DISPOSITIONS.indexOf(type)
    if (code < 0) inner.text(type, field)
    else inner.octet(0x80 + code, field)
    writeParameters(inner, params, field)
  })
}

/** `text/plain; charset=utf-8` in one text is seen from gateways to mail. */
function fromText(text: string): ContentType {
  const [media = '', ...pieces] = text.split(';', TEXT_OCTETS_MAX)
  const params = new Map<string, string | number>()
  for (const piece of pieces) {
    const at = piece.indexOf('=')
    const name = piece.slice(0, Math.max(0, at)).trim().toLowerCase()
    const value = piece.slice(at + 1).trim()
    if (name !== '' && !params.has(name)) params.set(name, value.replace(/^"(.*)"$/s, '$1'))
  }
  return { media: media.trim().toLowerCase(), params }
}

function readParameters(reader: WspReader, field: string, into: Map<string, string | number>): void {
  while (reader.remaining > 0) {
    const [name, value] = reader.isTextNext(field) ? untyped(reader, field) : typed(reader, field)
    if (name !== undefined && value !== undefined && !into.has(name)) into.set(name, value)
  }
}

function untyped(reader: WspReader, field: string): readonly [string, string | number | undefined] {
  const name = decodeHeaderText(reader.textOrRest(field)).toLowerCase()
  if (reader.remaining === 0) return [name, undefined]
  const isNumber = reader.peek(field) >= 0x80 || (reader.peek(field) > 0 && reader.peek(field) <= 0x1f)
  return [name, isNumber ? reader.integer(field) : textValue(reader, field)]
}

function typed(reader: WspReader, field: string): readonly [string | undefined, string | number | undefined] {
  const [name, form] = PARAMETERS.get(reader.integer(field)) ?? []
  // A token whose value was forgotten says nothing, and spoils nothing.
  if (reader.remaining === 0) return [name, undefined]
  switch (form) {
    case undefined:
      reader.anyValue(field)
      return [undefined, undefined]
    case 'q':
      return [name, quality(reader.uintvar(field))]
    case 'integer':
    case 'charset':
      return [name, reader.isTextNext(field) ? textValue(reader, field) : reader.integer(field)]
    case 'version':
      return [name, reader.isTextNext(field) ? textValue(reader, field) : versionOf(reader.integer(field))]
    case 'media':
      return [
        name,
        reader.isTextNext(field)
          ? decodeHeaderText(reader.textOrRest(field)).toLowerCase()
          : mediaOfCode(reader.integer(field)),
      ]
    case 'text':
      return [name, decodeHeaderText(reader.textOrRest(field))]
    case 'text-value':
      return [name, textValue(reader, field)]
    case 'none':
      reader.octet(field)
      return [name, '']
  }
}

/** Text-value: nothing, a token, or a text behind an opening quote. */
function textValue(reader: WspReader, field: string): string {
  const octets = reader.textOrRest(field)
  return decodeHeaderText(octets[0] === STRING_QUOTE ? octets.subarray(1) : octets)
}

/** §8.4.2.3: hundredths from 1 on, thousandths from 101 on. */
function quality(coded: number): number {
  return coded <= 100 ? Math.max(0, coded - 1) / 100 : (coded - 100) / 1000
}

function codedQuality(value: number): number {
  const hundredths = Math.round(value * 100)
  const isHundredths = hundredths < 100 && hundredths === Math.round(value * 1000) / 10
  return isHundredths ? hundredths + 1 : Math.round(value * 1000) + 100
}

/** §8.4.2.3 Version-value: three bits before the point, four behind it; 15 is none. */
export function versionOf(coded: number): string {
  const [major, minor] = [(coded >> 4) & 7, coded & 0xf]
  return minor === 15 ? `${major}` : `${major}.${minor}`
}

function writeMedia(writer: WspWriter, media: string, field: string): void {
  const code = codeOfMedia(media)
  if (code !== undefined) writer.shortInteger(code, field)
  else if (/^[\x21-\x3a\x3c-\x7e]+$/.test(media)) writer.text(media, field)
  else throw writer.fault(field, 'is not a content type')
}

function writeParameters(writer: WspWriter, params: Parameters, field: string): void {
  for (const [name, value] of params) writeParameter(writer, name, value, field)
}

/** Well-known numbers of parameters with a text; what is not here goes by its name, which is as legal. */
const WRITTEN_CODES: ReadonlyMap<string, number> = new Map([
  ['name', 0x85],
  ['filename', 0x86],
  ['start', 0x8a],
  ['start-info', 0x8b],
])

function writeParameter(writer: WspWriter, name: string, value: string | number, field: string): void {
  const code = WRITTEN_CODES.get(name)
  if (name === 'charset' && typeof value === 'number') {
    writer.octet(0x81, field)
    writer.integer(value, field)
  } else if (name === 'q' && typeof value === 'number') {
    writer.octet(0x80, field)
    writer.uintvar(codedQuality(value), field)
  } else if (name === 'type' && typeof value === 'string') {
    writer.octet(0x89, field)
    writeMedia(writer, value, field)
  } else if (code !== undefined && typeof value === 'string') {
    writer.octet(code, field)
    writer.text(value, field)
  } else {
    if (!TOKEN.test(name)) throw writer.fault(field, 'has a parameter whose name is no token')
    writer.text(name, field)
    if (typeof value === 'number' && Number.isInteger(value)) writer.integer(value, field)
    else if (TOKEN.test(String(value))) writer.text(String(value), field)
    else writer.quotedText(String(value), field)
  }
}
