/**
 * TPDUs as JSON: the fixed form of `causeway pdu decode`, and what `causeway pdu encode` takes. Data is upper-case hex,
 * addresses and times are objects with their printed form, absent things are null.
 */
import { type Address, addressOf } from './address.ts'
import { hasLoneSurrogate, septetsOfText, ucs2OfText } from './alphabet.ts'
import { dataCoding, type MessageClass } from './dcs.ts'
import { encodeDeliver, encodeStatusReport, pduHex } from './encode.ts'
import { assembleSubmit } from './envelope.ts'
import { PduError } from './error.ts'
import { fromHex, toHex } from './octets.ts'
import { split } from './segments.ts'
import type { Timestamp } from './timestamp.ts'
import type { Tpdu } from './tpdu.ts'
import { type InformationElement, readHeader, writeHeader } from './udh.ts'
import { countsSeptets, type Payload, shiftOf, type UserData } from './userdata.ts'
import { relativeValidity, type Validity } from './validity.ts'

export type JsonObject = { readonly [name: string]: unknown }

/** The fields of a decoded TPDU, in the names of the fixed form. */
export function tpduToJson(tpdu: Tpdu): JsonObject {
  const head = { smsc: tpdu.smsc?.display ?? null, type: tpdu.type, address: tpdu.address }
  switch (tpdu.type) {
    case 'deliver':
      return {
        ...head,
        pid: tpdu.pid,
        moreMessagesToSend: tpdu.moreMessagesToSend,
        statusReportIndication: tpdu.statusReportIndication,
        replyPath: tpdu.replyPath,
        ...timesToJson({ scts: tpdu.scts }),
        ...userDataToJson(tpdu),
      }
    case 'submit':
      return {
        ...head,
        pid: tpdu.pid,
        messageReference: tpdu.messageReference,
        statusReportRequest: tpdu.statusReportRequest,
        rejectDuplicates: tpdu.rejectDuplicates,
        replyPath: tpdu.replyPath,
        validity: tpdu.validity,
        ...userDataToJson(tpdu),
      }
    case 'status-report':
      return {
        ...head,
        messageReference: tpdu.messageReference,
        ...timesToJson({ scts: tpdu.scts, dischargeTime: tpdu.dischargeTime }),
        status: tpdu.status,
        outcome: tpdu.outcome,
        statusReportQualifier: tpdu.statusReportQualifier,
        ...(tpdu.parameterIndicator === null ? {} : { parameterIndicator: tpdu.parameterIndicator }),
        ...(tpdu.pid === null ? {} : { pid: tpdu.pid }),
        ...(tpdu.dcs === null ? {} : { dcs: tpdu.dcs }),
        ...(tpdu.userData === null ? {} : userDataToJson(tpdu.userData)),
      }
  }
}

/** `sctsValid: false` (and its like) stands beside a time that was none. */
function timesToJson(times: { readonly [name: string]: Timestamp | null }): JsonObject {
  const json: Record<string, unknown> = {}
  for (const [name, time] of Object.entries(times)) {
    json[name] = time
    if (time === null) json[`${name}Valid`] = false
  }
  return json
}

function userDataToJson(data: UserData): JsonObject {
  const hex = toHex(data.data)
  return {
    dcs: data.dcs,
    alphabet: data.alphabet,
    class: data.class,
    compressed: data.compressed,
    mwi: data.mwi,
    autoDelete: data.autoDelete,
    udhi: data.udhi,
    udh: data.udh.map((element) => ({ iei: element.iei, data: toHex(element.data) })),
    concat: data.concat,
    ports: data.ports,
    language: data.language,
    ...(data.text === null ? { dataHex: hex } : { text: data.text }),
    ...(data.loneSurrogate ? { utf16beHex: hex } : {}),
  }
}

/**
 * The PDUs that a JSON object describes, as hex with the service centre address in front.
 *
 * Either what `tpduToJson` gives (`type` says what it is; what follows from other fields, as `alphabet` from `dcs`, is
 * not read), or a text to send, in as many parts as it needs:
 * `{"to","text"}` and, if wanted, `smsc`, `reference` (0), `referenceBits` (8), `class`, `statusReportRequest`,
 * `validityMinutes`, `nationalLanguages`, `transliterate`.
 * Throws PduError: `bad-value` with the name of the field, or as the encoders do.
 */
export function jsonToHex(value: unknown): readonly string[] {
  const fields = new JsonFields(value, 'JSON')
  const smscDisplay = fields.string('smsc')
  const smsc = smscDisplay === undefined ? null : addressOf(smscDisplay)
  const type = fields.string('type')
  if (type === undefined) return textToHex(fields, smsc)
  if (type === 'submit') return [pduHex(assembleSubmit(submitFields(fields)), smsc)]
  if (type === 'deliver') return [pduHex(encodeDeliver(deliverFields(fields)), smsc)]
  if (type === 'status-report') return [pduHex(encodeStatusReport(reportFields(fields)), smsc)]
  throw badField('type', 'is not deliver, submit or status-report')
}

function textToHex(fields: JsonFields, smsc: Address | null): readonly string[] {
  const address = addressOf(fields.required('to', fields.string('to')))
  const referenceBits = fields.integer('referenceBits') === 16 ? 16 : 8
  const messageClass = fields.integer('class')
  if (messageClass !== undefined && !isClass(messageClass)) throw badField('class', 'is not 0, 1, 2 or 3')
  const minutes = fields.integer('validityMinutes')
  const parts = split(fields.required('text', fields.string('text')), {
    reference: fields.integer('reference') ?? 0,
    referenceBits,
    nationalLanguages: fields.integers('nationalLanguages'),
    transliterate: fields.flag('transliterate'),
    ...(messageClass === undefined ? {} : { messageClass }),
  })
  const validity = minutes === undefined ? null : relativeValidity(minutes)
  const statusReportRequest = fields.flag('statusReportRequest')
  return parts.map((part) => pduHex(assembleSubmit({ ...part, address, validity, statusReportRequest }), smsc))
}

function submitFields(fields: JsonFields) {
  return {
    ...payloadOf(fields),
    address: addressField(fields),
    pid: fields.integer('pid') ?? 0,
    messageReference: fields.integer('messageReference') ?? 0,
    statusReportRequest: fields.flag('statusReportRequest'),
    rejectDuplicates: fields.flag('rejectDuplicates'),
    replyPath: fields.flag('replyPath'),
    validity: validityField(fields.object('validity')),
  }
}

function deliverFields(fields: JsonFields) {
  return {
    ...payloadOf(fields),
    address: addressField(fields),
    pid: fields.integer('pid') ?? 0,
    moreMessagesToSend: fields.flag('moreMessagesToSend'),
    statusReportIndication: fields.flag('statusReportIndication'),
    replyPath: fields.flag('replyPath'),
    scts: timeField(fields.object('scts'), 'scts'),
  }
}

function reportFields(fields: JsonFields) {
  const qualifier = fields.string('statusReportQualifier')
  const hasUserData = fields.string('text') !== undefined || fields.string('dataHex') !== undefined
  return {
    address: addressField(fields),
    messageReference: fields.required('messageReference', fields.integer('messageReference')),
    scts: timeField(fields.object('scts'), 'scts'),
    dischargeTime: timeField(fields.object('dischargeTime'), 'dischargeTime'),
    status: fields.required('status', fields.integer('status')),
    statusReportQualifier: qualifier === 'command' ? ('command' as const) : ('submit' as const),
    parameterIndicator: fields.integer('parameterIndicator') ?? null,
    pid: fields.integer('pid') ?? null,
    dcs: fields.integer('dcs') ?? null,
    userData: hasUserData ? payloadOf(fields) : null,
  }
}

function payloadOf(fields: JsonFields): Payload {
  const dcs = fields.integer('dcs') ?? 0
  const udh = fields.objects('udh').map(elementField)
  const udhi = fields.flag('udhi')
  const dataHex = fields.string('dataHex') ?? fields.string('utf16beHex')
  if (dataHex !== undefined) {
    return { dcs, udh, udhi, data: dataHex === '' ? new Uint8Array(0) : fromHex(dataHex, 'dataHex') }
  }
  const text = fields.required('text', fields.string('text'))
  const coding = dataCoding(dcs)
  if (countsSeptets(coding)) {
    const header = writeHeader(udh, false)
    const data = septetsOfText(text, shiftOf(readHeader(header, 1, header.length)?.language ?? null))
    if (data === undefined) throw badField('text', 'has characters outside the alphabet that dcs and udh name')
    return { dcs, udh, udhi, data }
  }
  if (coding.alphabet !== 'ucs2' || coding.compressed) throw badField('text', 'does not go with this dcs: give dataHex')
  if (hasLoneSurrogate(text)) throw badField('text', 'has half a surrogate pair: give utf16beHex')
  return { dcs, udh, udhi, data: ucs2OfText(text) }
}

function elementField(fields: JsonFields): InformationElement {
  const data = fields.string('data') ?? ''
  return {
    iei: fields.required('iei', fields.integer('iei')),
    data: data === '' ? new Uint8Array(0) : fromHex(data, 'udh'),
  }
}

/** An object as decoded, or a string as a person writes it. */
function addressField(fields: JsonFields): Address {
  const address = fields.object('address')
  if (address === undefined) throw badField('address', 'is missing')
  const text = address.string('text') ?? null
  const digits = text === null ? (address.string('digits') ?? '') : null
  const ton = address.integer('ton') ?? 0
  return { digits, text, ton, npi: address.integer('npi') ?? 0, display: text ?? digits ?? '' }
}

function timeField(fields: JsonFields | undefined, name: string): Timestamp | null {
  if (fields === undefined) return null
  const local = fields.required(name, fields.string('local'))
  return { local, offsetMinutes: fields.integer('offsetMinutes') ?? 0, utc: '' }
}

function validityField(fields: JsonFields | undefined): Validity | null {
  if (fields === undefined) return null
  switch (fields.string('format')) {
    case 'relative': {
      const raw = fields.integer('raw')
      if (raw === undefined) return relativeValidity(fields.required('validity', fields.integer('minutes')))
      return { format: 'relative', raw, minutes: 0 }
    }
    case 'absolute': {
      const time = timeField(fields, 'validity')
      return time === null ? null : { format: 'absolute', ...time }
    }
    case 'enhanced':
      return { format: 'enhanced', raw: fields.string('raw') ?? '', kind: 'reserved', seconds: null }
    default:
      throw badField('validity', 'has no format')
  }
}

function isClass(value: number): value is MessageClass {
  return value >= 0 && value <= 3
}

function badField(name: string, what: string): PduError {
  return new PduError('bad-value', name, 0, `${name} ${what}`)
}

/** Reads members of an object whose shape nobody promised; null counts as absent. */
class JsonFields {
  private readonly members: ReadonlyMap<string, unknown>

  constructor(value: unknown, name: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badField(name, 'is not an object')
    this.members = new Map(Object.entries(value).filter(([, member]) => member !== null && member !== undefined))
  }

  string(name: string): string | undefined {
    const value = this.members.get(name)
    if (value === undefined || typeof value === 'string') return value
    throw badField(name, 'is not a string')
  }

  integer(name: string): number | undefined {
    const value = this.members.get(name)
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value))) return value
    throw badField(name, 'is not a whole number')
  }

  /** Absent is false. */
  flag(name: string): boolean {
    const value = this.members.get(name) ?? false
    if (typeof value === 'boolean') return value
    throw badField(name, 'is not true or false')
  }

  integers(name: string): readonly number[] {
    return this.array(name).map((value) => {
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value
      throw badField(name, 'is not a list of whole numbers')
    })
  }

  object(name: string): JsonFields | undefined {
    const value = this.members.get(name)
    return value === undefined ? undefined : new JsonFields(value, name)
  }

  objects(name: string): readonly JsonFields[] {
    return this.array(name).map((value) => new JsonFields(value, name))
  }

  required<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw badField(name, 'is missing')
    return value
  }

  private array(name: string): readonly unknown[] {
    const value = this.members.get(name) ?? []
    if (Array.isArray(value)) return value
    throw badField(name, 'is not a list')
  }
}
