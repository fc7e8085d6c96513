/**
 * tshark reads what our codec encodes: what the simulated network delivers, and what we hand to a modem, is judged by a
 * decoder that is not ours. Of national tables tshark knows the number but not the letters, so there it judges the header
 * and the septets.
 */
import { expect, test } from 'vitest'
import { addressOf } from '../../../../modem/pdu/address.ts'
import { NO_SHIFT, textOfSeptets } from '../../../../modem/pdu/alphabet.ts'
import { encodeDeliver } from '../../../../modem/pdu/encode.ts'
import { split } from '../../../../modem/pdu/segments.ts'
import { timestampOf } from '../../../../modem/pdu/timestamp.ts'
import type { Validity } from '../../../../modem/pdu/validity.ts'
import { type Submit, seededSubmits } from './submits.ts'
import { type Fields, hasTshark, readMobileOriginated, readMobileTerminated } from './tshark.ts'

const reason = hasTshark ? '' : ' (skipped: tshark is not installed, nobody but us reads what the codec encodes)'

const texts = [
  'How are you?',
  'Grüße aus Ålesund: {[~^|\\]} §5, 12 €',
  'Привет, как дела?',
  'see 😀 you',
  'x'.repeat(160),
  '€'.repeat(80),
  'ж'.repeat(70),
]

test.skipIf(!hasTshark)(`tshark reads every text and sender that we encode${reason}`, () => {
  const tpdus = texts.map((text) => {
    const [part, ...others] = split(text, { reference: 1 })
    if (part === undefined || others.length > 0) throw new Error('each text is one part')
    return encodeDeliver({ ...part, address: addressOf('+4915550002'), scts: timestampOf(Date.UTC(2026, 10, 22), 60) })
  })
  const read = readMobileTerminated(tpdus).map((fields) => ({
    from: fields.get('gsm_sms.tp-oa'),
    text: fields.get('gsm_sms.sms_text'),
  }))
  expect(read).toEqual(texts.map((text) => ({ from: '4915550002', text })))
})

test.skipIf(!hasTshark)(`tshark reads every field of two hundred messages that we submit${reason}`, () => {
  const submits = seededSubmits(200)
  const read = readMobileOriginated(submits.map(({ tpdu }) => tpdu))
  expect(read).toHaveLength(submits.length)
  for (const [index, submit] of submits.entries()) {
    expect(asRead(read[index] ?? new Map()), `seed ${submit.seed}, ${submit.kind}`).toEqual(asWritten(submit))
  }
  // The seeds must go on covering what this test is for.
  const covered = (fits: (submit: Submit) => boolean) => submits.filter(fits).length
  for (const bits of [8, 16]) {
    expect(covered(({ part }) => part?.concat?.refBits === bits)).toBeGreaterThan(10)
    expect(covered(({ ports }) => ports?.bits === bits)).toBeGreaterThan(5)
  }
  for (const alphabet of ['gsm7', 'ucs2']) {
    expect(covered(({ part }) => part?.alphabet === alphabet)).toBeGreaterThan(40)
  }
  for (const format of ['relative', 'absolute', 'enhanced', undefined]) {
    expect(covered(({ fields }) => fields.validity?.format === format)).toBeGreaterThan(10)
  }
  expect(covered(({ fields }) => fields.udh.some(({ iei }) => iei === 0x24 || iei === 0x25))).toBeGreaterThan(10)
})

function asWritten({ fields, part, ports, to }: Submit): Record<string, unknown> {
  const element = (wanted: number) => fields.udh.find(({ iei }) => iei === wanted)?.data[0]
  return {
    type: 1,
    reference: fields.messageReference,
    statusReportRequest: fields.statusReportRequest,
    rejectDuplicates: fields.rejectDuplicates,
    replyPath: fields.replyPath,
    header: fields.udh.length > 0,
    to: to.replace('+', ''),
    international: to.startsWith('+'),
    pid: fields.pid,
    dcs: fields.dcs,
    validity: validityInWords(fields.validity ?? null),
    concat:
      part?.concat === undefined || part.concat === null
        ? undefined
        : [part.concat.ref, part.concat.total, part.concat.seq],
    ports: ports && [ports.dst, ports.src],
    singleShift: element(0x24),
    lockingShift: element(0x25),
    data: part === undefined ? Buffer.from(fields.data).toString('hex') : undefined,
    text: part && (part.alphabet === 'gsm7' ? textOfSeptets(part.data, NO_SHIFT) : part.text),
  }
}

function asRead(fields: Fields): Record<string, unknown> {
  const number = (name: string) => (fields.has(name) ? Number(fields.get(name)) : undefined)
  const flag = (name: string) => fields.get(name) === '1'
  const pair = (...names: string[]) => (fields.has(names[0] ?? '') ? names.map(number) : undefined)
  return {
    type: number('gsm_sms.tp-mti'),
    reference: number('gsm_sms.tp-mr'),
    statusReportRequest: flag('gsm_sms.tp-srr'),
    rejectDuplicates: flag('gsm_sms.tp-rd'),
    replyPath: flag('gsm_sms.tp-rp'),
    header: flag('gsm_sms.tp-udhi'),
    to: fields.get('gsm_sms.tp-da'),
    international: fields.get('gsm_sms.dis_field_addr.num_type') === '1',
    pid: number('gsm_sms.tp-pid'),
    dcs: number('gsm_sms.tp-dcs'),
    validity: validityAsRead(fields),
    concat: pair('gsm_sms.udh.mm.msg_id', 'gsm_sms.udh.mm.msg_parts', 'gsm_sms.udh.mm.msg_part'),
    ports: pair('gsm_sms.destination_port', 'gsm_sms.originator_port'),
    singleShift: number('gsm_sms.dis_iei_lang.single_shift'),
    lockingShift: number('gsm_sms.dis_iei_lang.locking_shift'),
    data: fields.get('gsm_sms.sms_body')?.replaceAll(':', ''),
    text: fields.get('gsm_sms.sms_text'),
  }
}

function validityInWords(validity: Validity | null): string {
  switch (validity?.format) {
    case 'relative':
      return `2 ${validity.raw}`
    case 'absolute':
      return `3 ${validity.local} +${validity.offsetMinutes}`
    case 'enhanced':
      return `1 ${Number.parseInt(validity.raw.slice(2, 4), 16)} s`
    default:
      return '0'
  }
}

/** tshark tells the zone in quarters of an hour. */
function validityAsRead(fields: Fields): string | undefined {
  const format = fields.get('gsm_sms.tp-vpf')
  const value = fields.get('gsm_sms.vp.validity_period')
  const time = (unit: string) => (fields.get(`gsm_sms.scts.${unit}`) ?? '').padStart(2, '0')
  switch (format) {
    case '1':
      return `1 ${value} ${fields.get('gsm_sms.vp.validity_period_format') === '2' ? 's' : '?'}`
    case '2':
      return `2 ${value}`
    case '3': {
      const day = `20${time('year')}-${time('month')}-${time('day')}`
      return `3 ${day}T${time('hour')}:${time('minutes')}:${time('seconds')} +${Number(time('timezone')) * 15}`
    }
    default:
      return format
  }
}
