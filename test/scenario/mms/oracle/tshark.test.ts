/**
 * tshark reads what our MMS codec encodes: every header and every part of two hundred seeded PDUs of all types is judged
 * by a decoder that is not ours. It knows no character sets (so texts are ASCII), shows integers above 32 bits as 0 (so
 * there are none), and some headers of MMS 1.3 only by number.
 */
import { expect, test } from 'vitest'
import type { Address } from '../../../../modem/mms/address.ts'
import { encodePdu, type NewPdu } from '../../../../modem/mms/encode.ts'
import type { MmsHeaders } from '../../../../modem/mms/types.ts'
import { KINDS, seededPdu } from '../../../unit/mms/messages.ts'
import { hasTshark, type ReadField, readPdus } from './tshark.ts'

const reason = hasTshark ? '' : ' (skipped: tshark is not installed, nobody but us reads what the codec encodes)'
const PDUS = 200

/** Headers by the name that tshark has for them, or the number where it has none. */
type Headers = [name: string, value: string | number][]

test.skipIf(!hasTshark)(`tshark reads every header and part of ${PDUS} PDUs that we encode${reason}`, () => {
  const pdus = Array.from({ length: PDUS }, (_, index) => seededPdu(index + 1, { plain: true }))
  const encoded = pdus.map(encodePdu)
  const read = readPdus(encoded)
  expect(read).toHaveLength(PDUS)
  for (const [index, pdu] of pdus.entries()) {
    const fields = read[index] ?? []
    const which = `seed ${index + 1}, ${pdu.type}`
    expect(headersAsRead(fields), which).toEqual(headersAsWritten(pdu))
    expect(partsAsRead(fields), which).toEqual(partsAsWritten(pdu))
    // tshark takes a 0x84 that ends a PDU for the header Content-Type, whatever it is the value of.
    if (encoded[index]?.at(-1) !== 0x84)
      expect(
        fields.map(({ name }) => name),
        which,
      ).not.toContain('_ws.malformed')
  }
  // The seeds must go on covering what this test is for.
  expect(new Set(pdus.map(({ type }) => type)).size).toBe(KINDS.length)
  const parts = pdus.flatMap((pdu) => pdu.parts ?? [])
  expect(parts.length).toBeGreaterThan(80)
  expect(parts.filter(({ media }) => media === 'application/smil').length).toBeGreaterThan(10)
  for (const name of ['cc', 'subject', 'expiry', 'contentClass', 'responseText', 'reportAllowed'] as const) {
    expect(pdus.filter((pdu) => (pdu as MmsHeaders)[name] !== undefined).length, name).toBeGreaterThan(5)
  }
})

const TYPES = [0x80, 0x84, 0x82, 0x81, 0x83, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x96, 0x97]
const CLASSES = ['personal', 'advertisement', 'informational', 'auto']
const PRIORITIES = ['low', 'normal', 'high']

function headersAsWritten(pdu: NewPdu): Headers {
  const from: MmsHeaders = pdu
  const headers: Headers = [['message_type', TYPES[KINDS.indexOf(pdu.type)] ?? 0]]
  const add = (name: string, value: string | number | undefined) => {
    if (value !== undefined) headers.push([name, value])
  }
  const flag = (name: string, value: boolean | undefined) =>
    add(name, value === undefined ? value : value ? 0x80 : 0x81)
  add('transaction_id', from.transactionId)
  add('mms_version', from.version)
  add('message_id', from.messageId)
  add('date', from.date)
  if (from.from !== undefined) add('from', 'insertAddress' in from.from ? '<insert address>' : written(from.from))
  for (const name of ['to', 'cc', 'bcc'] as const) for (const address of from[name] ?? []) add(name, written(address))
  add('subject', from.subject?.text)
  if (from.messageClass !== undefined) {
    const known = CLASSES.indexOf(from.messageClass)
    if (known < 0) add('message_class.str', from.messageClass)
    else add('message_class.id', 0x80 + known)
  }
  add('message_size', from.messageSize)
  if (from.expiry?.kind === 'absolute') add('expiry.abs', from.expiry.epoch)
  if (from.expiry?.kind === 'relative') add('expiry.rel', from.expiry.seconds)
  if (from.priority !== undefined) add('priority', 0x80 + PRIORITIES.indexOf(from.priority))
  flag('delivery_report', from.deliveryReport)
  flag('read_report', from.readReport)
  flag('report_allowed', from.reportAllowed)
  add('response_status', from.responseStatus)
  add('response_text', from.responseText?.text)
  add('status', from.status)
  add('read_status', from.readStatus)
  flag('X-Mms-Distribution-Indicator', from.distributionIndicator)
  add('Unknown field (0xba)', from.contentClass)
  add('Unknown field (0xbe)', from.cancelId)
  add('Unknown field (0xbf)', from.cancelStatus)
  add('content_location', from.contentLocation)
  return headers
}

function headersAsRead(fields: readonly ReadField[]): Headers {
  return fields
    .filter(({ name }) => name.startsWith('mmse.'))
    .map(({ name, label, show }): [string, string | number] => {
      const key = name.startsWith('mmse.header.') ? label : name.slice('mmse.'.length)
      return [key, valueAsRead(key, show)]
    })
}

function valueAsRead(key: string, show: string): string | number {
  if (key === 'date' || key === 'expiry.abs') return Date.parse(show.replace(/\.0+ UTC$/, ' UTC')) / 1000
  const isNumber = /^0x[0-9a-f]+$/.test(show) || ['message_size', 'expiry.rel'].includes(key) || key.includes('-')
  return isNumber || (key.includes('(') && /^\d{3}$/.test(show)) ? Number(show) : show
}

function written({ address, addressType }: Address): string {
  return addressType === undefined ? address : `${address}/TYPE=${addressType}`
}

interface PartInWords {
  media: string
  name: string | undefined
  contentId: string | undefined
  contentLocation: string | undefined
  octets: string
}

function partsAsWritten(pdu: NewPdu): PartInWords[] {
  return (pdu.parts ?? []).map(({ media, params, contentId, contentLocation, data }) => ({
    media,
    name: params.get('name')?.toString(),
    contentId: contentId === undefined ? undefined : `"${contentId}"`,
    contentLocation,
    octets: Buffer.from(data).toString('hex'),
  }))
}

/** A part begins at its field, and has all that follows up to the next; its octets are the last of it. */
function partsAsRead(fields: readonly ReadField[]): PartInWords[] {
  const starts = fields.flatMap(({ name }, index) => (name === 'wsp.multipart' ? [index] : []))
  return starts.map((start, index) => {
    const of = fields.slice(start, starts[index + 1])
    const show = (name: string) => of.find((field) => field.name === name)?.show
    return {
      media: show('wsp.header.content_type')?.toLowerCase() ?? '',
      name: show('wsp.parameter.name'),
      contentId: show('wsp.header.content_id'),
      contentLocation: locationOf(of),
      octets: dataOf(of[0]?.value ?? ''),
    }
  })
}

/** The field has the header's number in front and NUL behind. */
function locationOf(fields: readonly ReadField[]): string | undefined {
  const value = fields.find(({ name }) => name === 'wsp.header.content_location')?.value
  return value === undefined ? undefined : Buffer.from(value.slice(2, -2), 'hex').toString()
}

/** Of the octets that tshark counts to the part, those behind the two lengths (of one or two octets) and the headers. */
function dataOf(hex: string): string {
  const octets = Buffer.from(hex, 'hex')
  let at = 0
  const uintvar = () => {
    let value = 0
    for (;;) {
      const octet = octets[at++] ?? 0
      value = value * 128 + (octet & 0x7f)
      if (octet < 0x80) return value
    }
  }
  const headers = uintvar()
  const data = uintvar()
  expect(octets.length).toBe(at + headers + data)
  return octets.subarray(at + headers).toString('hex')
}
