/**
 * MMS PDUs as JSON: the fixed form of `causeway mms decode`. What is not there has no key. Parts show their length, the
 * first 16 digits of their SHA-256, and their text; their octets only where asked for.
 */
import { toHex } from '../pdu/octets.ts'
import { textOf } from './content.ts'
import type { Parameters } from './content-type.ts'
import type { MmsPdu, NamedHeader, NumberedHeader, Part } from './types.ts'

export type JsonObject = { readonly [name: string]: unknown }

export interface JsonOptions {
  /** The first 16 hex digits of SHA-256. */
  digest(octets: Uint8Array): string
  /** Whether parts have their octets, as `dataHex`. */
  data?: boolean
}

/** A PDU as `causeway mms` prints it: its headers as they are, of each part its kind, length and digest. */
export function pduToJson(pdu: MmsPdu, options: JsonOptions): JsonObject {
  const { type, contentType, parts, appHeaders, otherHeaders, warnings, ...headers } = pdu
  return {
    type,
    ...headers,
    ...(appHeaders === undefined ? {} : { appHeaders: appHeaders.map(namedToJson) }),
    ...(otherHeaders === undefined ? {} : { otherHeaders: otherHeaders.map(numberedToJson) }),
    ...(contentType === undefined
      ? {}
      : { contentType: { media: contentType.media, params: paramsToJson(contentType.params) } }),
    ...(parts === undefined ? {} : { parts: parts.map((part) => partToJson(part, options)) }),
    ...(warnings.length === 0 ? {} : { warnings }),
  }
}

function partToJson(part: Part, options: JsonOptions): JsonObject {
  const { media, params, contentId, contentLocation, disposition, headers, data, parts } = part
  const text = textOf(part)
  return {
    media,
    length: data.length,
    sha256_16: options.digest(data),
    ...(params.size === 0 ? {} : { params: paramsToJson(params) }),
    ...(contentId === undefined ? {} : { contentId }),
    ...(contentLocation === undefined ? {} : { contentLocation }),
    ...(disposition === undefined
      ? {}
      : { disposition: { type: disposition.type, params: paramsToJson(disposition.params) } }),
    ...(headers.length === 0 ? {} : { headers: headers.map(namedToJson) }),
    ...(text === undefined ? {} : { text }),
    ...(parts === undefined ? {} : { parts: parts.map((nested) => partToJson(nested, options)) }),
    ...(options.data === true ? { dataHex: toHex(data) } : {}),
  }
}

/** Own properties whatever they are called: names come from strangers. */
function paramsToJson(params: Parameters): JsonObject {
  return Object.fromEntries(params)
}

function namedToJson({ name, value }: NamedHeader): JsonObject {
  return typeof value === 'string' ? { name, value } : { name, valueHex: toHex(value) }
}

function numberedToJson({ field, value }: NumberedHeader): JsonObject {
  return { field, valueHex: toHex(value) }
}
