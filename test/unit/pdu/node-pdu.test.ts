/**
 * The 41 known faults of node-pdu 2.1.1, by number. Each is shown twice: what our codec does, and (where it can be seen
 * from outside) that the library still does otherwise. When the second half fails, an upgrade has changed the library.
 */
import { Deliver, parse, Submit, utils } from 'node-pdu'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver, encodeSubmit } from '../../../modem/pdu/encode.ts'
import { assembleSubmit } from '../../../modem/pdu/envelope.ts'
import { PduError } from '../../../modem/pdu/error.ts'
import { tpduToJson } from '../../../modem/pdu/json.ts'
import { fromHex, toHex } from '../../../modem/pdu/octets.ts'
import { countSegments, split } from '../../../modem/pdu/segments.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'
import { decodePdu, decodeTpdu } from '../../../modem/pdu/tpdu.ts'
import { relativeValidity } from '../../../modem/pdu/validity.ts'
import { Random } from '../at/random.ts'

const head = '07913306091093F0'
const stamp = '52809001112180'
/** A deliver from one sender at one time: TP-PID and TP-DCS, then TP-UDL and TP-UD. */
const deliver = (pidDcs: string, userData: string, first = '04') =>
  `${head}${first}0B913316325476F8${pidDcs}${stamp}${userData}`

function ours(pdu: string, direction: 'mt' | 'mo' = 'mt'): Record<string, unknown> {
  return { ...tpduToJson(decodePdu(pdu, direction)) }
}

function library(pdu: string): Submit | Deliver {
  const parsed = parse(pdu)
  if (parsed instanceof Submit || parsed instanceof Deliver) return parsed
  throw new Error('a report has no text')
}

const libraryText = (pdu: string) => library(pdu).data.getText()
const refusal = (pdu: string, direction: 'mt' | 'mo' = 'mt') => {
  try {
    return decodePdu(pdu, direction)
  } catch (error) {
    return error
  }
}

const recipient = addressOf('+447700900456')
const submits = (text: string, options: Partial<Parameters<typeof split>[1]> = {}) =>
  split(text, { reference: 9, ...options }).map((part) => toHex(assembleSubmit({ ...part, address: recipient })))
const textsOf = (pdus: readonly string[]) => pdus.map((pdu) => ours(`00${pdu}`, 'mo').text).join('')
const librarySubmit = (text: string) => new Submit('+447700900456', text)

describe('reading: what node-pdu gets wrong', () => {
  const texts: readonly [fault: number, rule: string, pdu: string, text: string][] = [
    [1, 'septet 5F is the section sign', deliver('0000', '096139DD05FA826232'), 'art. § 12'],
    [2, 'escape and 0A is a form feed', deliver('0000', '04E18D420C'), 'a\fb'],
    [3, 'an escape to an open code shows the basic character', deliver('0000', '03EFCD1A'), 'ok'],
    [4, 'a part that is only a header has no text', deliver('0000', '0705000321030300', '44'), ''],
    [9, 'DCS D8 to DB are 7-bit', deliver('00D8', '0531507B7E06'), '1 msg'],
    [10, 'DCS E0 to E7 are UCS-2', deliver('00E0', '0C041F04400438043204350442'), 'Привет'],
    [14, 'national shift tables count', deliver('0000', '0B06240101250101074607', '44'), 'ığş'],
  ]

  it.each(texts)('%i: %s', (_fault, _rule, pdu, text) => {
    expect(ours(pdu).text).toBe(text)
    expect(libraryText(pdu)).not.toBe(text)
  })

  it('5: an address of no digits still has its type octet', () => {
    const pdu = `${head}0400910000${stamp}0461F7DB0D`
    expect(ours(pdu)).toMatchObject({ text: 'anon', address: { digits: '', display: '' } })
    expect(ours(pdu).scts).toMatchObject({ local: '2025-08-09T10:11:12', offsetMinutes: 120 })
    expect(libraryText(pdu)).not.toBe('anon')
  })

  it('6: digits may be star, hash, a, b and c', () => {
    const pdu = `${head}0405811A44FB0000${stamp}03E2301B`
    expect(ours(pdu).address).toMatchObject({ digits: '*144#' })
    expect(library(pdu).address.phone).not.toBe('*144#')
  })

  it('7: zones go by quarters of an hour', () => {
    const pdu = `${head}040B913316325476F80000528090011121 2202743D`.replace(' ', '')
    expect(ours(pdu).scts).toEqual({ local: '2025-08-09T10:11:12', offsetMinutes: 330, utc: '2025-08-09T04:41:12Z' })
    const parsed = library(pdu)
    expect(parsed instanceof Deliver && Date.parse(parsed.serviceCenterTimeStamp.getIsoString())).toBeNaN()
  })

  it('8: zone 0 is UTC, whatever the host thinks', () => {
    const pdu = `${head}040B913316325476F800005280900111210003743D0C`
    expect(ours(pdu).scts).toEqual({ local: '2025-08-09T10:11:12', offsetMinutes: 0, utc: '2025-08-09T10:11:12Z' })
  })

  it('11: a reserved alphabet is read as GSM 7-bit', () => {
    const pdu = deliver('000C', '02E834')
    expect(ours(pdu)).toMatchObject({ dcs: 0x0c, alphabet: 'gsm7', text: 'hi' })
    expect(() => parse(pdu)).toThrow()
  })

  it('12: the coding octet is kept as it came', () => {
    const pdu = deliver('0042', '02E834')
    expect(ours(pdu)).toMatchObject({ dcs: 0x42, autoDelete: true, text: 'hi' })
    expect(library(pdu).dataCodingScheme.getValue()).not.toBe(0x42)
  })

  it('13: an impossible concatenation is ignored', () => {
    for (const element of ['220205', '220200', '220000']) {
      const pdu = deliver('0000', `0A050003${element}E6E538`, '44')
      expect(ours(pdu)).toMatchObject({ concat: null, udh: [{ iei: 0, data: element }] })
    }
    expect(libraryPart(deliver('0000', '0A050003220205E6E538', '44'))?.getCurrent()).toBe(5)
  })

  const submitWith = (first: string, validity: string) =>
    `00${first}000C9144770009406500 00${validity}0176`.replace(' ', '')
  const relative: readonly [fault: number, octet: string, minutes: number][] = [
    [15, '96', 15.5 * 60],
    [16, 'AA', 4 * 24 * 60],
    [16, 'C8', 8 * 7 * 24 * 60],
  ]
  it.each(relative)('%i: relative validity %s is %i minutes', (_fault, octet, minutes) => {
    const pdu = submitWith('11', octet)
    expect(ours(pdu, 'mo').validity).toEqual({ format: 'relative', raw: Number.parseInt(octet, 16), minutes })
    const parsed = parse(pdu)
    expect(parsed instanceof Submit && parsed.validityPeriod.interval).not.toBe(minutes * 60)
  })

  it('17: absolute validity may have a half-hour zone', () => {
    const pdu = submitWith('19', '62102030405022')
    expect(ours(pdu, 'mo').validity).toMatchObject({ local: '2026-01-02T03:04:05', offsetMinutes: 330 })
    const parsed = parse(pdu)
    expect(parsed instanceof Submit && parsed.validityPeriod.dateTime?.getTime()).toBeNaN()
  })

  it('18: enhanced validity is read', () => {
    const pdu = submitWith('09', '023C0000000000')
    expect(ours(pdu, 'mo').validity).toMatchObject({ format: 'enhanced', kind: 'seconds', seconds: 60 })
    expect(() => parse(pdu)).toThrow()
  })

  it('19: a status report may carry a text', () => {
    const pdu = '079144775810065006090B913316325476F85280900111218052809001116180000404F272980C'
    expect(ours(pdu)).toMatchObject({ parameterIndicator: 4, text: 'read', outcome: 'delivered' })
    expect(JSON.stringify(parse(pdu))).not.toContain('read')
  })

  const malformed: readonly [fault: number, rule: string, pdu: string, field: string][] = [
    [20, 'a status report without status', '079144775810065006090B913316325476F85280900111218052809001116180', 'TP-ST'],
    [21, 'a length that promises more than there is', deliver('0000', '08'), 'TP-UD'],
    [22, 'a length that is missing', deliver('0000', ''), 'TP-UDL'],
    [23, 'a header beyond the data', deliver('0000', '0450010203', '44'), 'TP-UDH'],
    [24, 'what is no hex', `ZZ${deliver('0000', '02E834').slice(2)}`, 'PDU'],
  ]
  it.each(malformed)('%i: %s is an error', (_fault, _rule, pdu, field) => {
    const error = refusal(pdu)
    expect(error).toBeInstanceOf(PduError)
    expect(error).toMatchObject({ field })
    expect(() => parse(pdu)).not.toThrow()
  })

  it('25: more-messages, loop prevention and reply path are fields', () => {
    const tpdu = (first: string) => decodePdu(deliver('0000', '02E834', first), 'mt')
    expect(tpdu('04')).toMatchObject({ moreMessagesToSend: false, loopPrevention: false, replyPath: false })
    expect(tpdu('88')).toMatchObject({ moreMessagesToSend: true, loopPrevention: true, replyPath: true })
  })
})

function libraryPart(pdu: string) {
  return library(pdu).getParts()[0]?.header
}

describe('writing: what node-pdu gets wrong', () => {
  it('26: a text of 160 septets or 70 units is one message', () => {
    for (const text of ['a'.repeat(134), 'a'.repeat(160), 'ж'.repeat(64), 'ж'.repeat(70)]) {
      expect(submits(text)).toHaveLength(1)
      expect(librarySubmit(text).getPartStrings()).toHaveLength(2)
    }
    expect(submits('a'.repeat(161))).toHaveLength(2)
  })

  it('27: characters of the extension table count twice', () => {
    const text = '{"k":[1,2,3]}'.repeat(20)
    const pdus = submits(text)
    expect(textsOf(pdus)).toBe(text)
    for (const pdu of pdus) expect(pdu.length / 2).toBeLessThanOrEqual(155)
    const libraryLengths = librarySubmit(text)
      .getPartStrings()
      .map((pdu) => pdu.length / 2 - 1)
    expect(Math.max(...libraryLengths)).toBeGreaterThan(164)
  })

  it.each([
    [28, '21°C µ © ® ª « \u00a0 tab\t.'],
    [29, 'run `ls` § 12'],
  ])('%i: no character is lost: %s', (_fault, text) => {
    expect(textsOf(submits(text))).toBe(text)
    expect(librarySubmit(text).getPartStrings().map(libraryText).join('')).not.toBe(text)
  })

  it('30: letters of the default alphabet do not force UCS-2', () => {
    for (const letter of 'éàäöñüÄÖÑÜßøØåÅ§¿¡ΔΦΓΛΩΠΨΣΘΞ€') {
      expect([letter, countSegments(letter).alphabet]).toEqual([letter, 'gsm7'])
    }
    expect(librarySubmit('é').toString()).toContain('0200E9')
  })

  it('31: no surrogate pair is split', () => {
    for (let length = 60; length < 72; length++) {
      const text = `${'ж'.repeat(length)}😀${'ж'.repeat(70)}`
      const parts = split(text, { reference: 1 })
      expect(parts.map((part) => part.text).join('')).toBe(text)
      for (const part of parts) expect(part.text).not.toMatch(/\p{Surrogate}/u)
    }
  })

  it('32: the validity format is there at once', () => {
    const fields = { ...oneOf('x'), address: recipient, validity: relativeValidity(60) }
    expect(toHex(assembleSubmit(fields))).toBe('11000C9144770009406500000B0178')
    expect(toHex(assembleSubmit(fields))).toBe('11000C9144770009406500000B0178')
    const submit = librarySubmit('x').setValidityPeriod(3600)
    expect(submit.toString()).not.toBe(submit.toString())
  })

  it.each([
    [60, 201, 63 * 24 * 60],
    [31, 197, 35 * 24 * 60],
    [120, 210, 126 * 24 * 60],
    [9999, 255, 63 * 7 * 24 * 60],
  ])('33: a validity of %i days is octet %i', (days, raw, minutes) => {
    expect(relativeValidity(days * 24 * 60)).toEqual({ format: 'relative', raw, minutes })
  })

  it.each(['80085', '1200345', '00447700900456'])('34: %s stays the number that was asked for', (number) => {
    const pdu = assembleSubmit({ ...oneOf('x'), address: addressOf(number) })
    expect(decodeTpdu(pdu, 'mo').address).toMatchObject({ digits: number, ton: 0 })
    expect(new Submit(number, 'x').toString().slice(8, 10)).toBe('91')
  })

  it('35: *100# is digits and INFO24 a name', () => {
    const address = (display: string) =>
      decodeTpdu(assembleSubmit({ ...oneOf('x'), address: addressOf(display) }), 'mo').address
    expect(address('*100#')).toMatchObject({ digits: '*100#', text: null })
    expect(address('INFO24')).toMatchObject({ digits: null, text: 'INFO24', ton: 5 })
    expect(new Submit('*100#', 'x').address.type.type).toBe(utils.SCAType.TYPE_ALPHANUMERICAL)
  })

  it('36: a short text after a long one has no header', () => {
    expect(split('a'.repeat(200), { reference: 1 })[0]?.udh).toHaveLength(1)
    expect(submits('short')[0]?.slice(0, 2)).toBe('01')
    const submit = librarySubmit('a'.repeat(200)).setData('short')
    expect(submit.toString().slice(2, 4)).toBe('41')
  })

  it('37: class 0 is flash', () => {
    const [pdu = ''] = submits('x', { messageClass: 0 })
    expect(ours(`00${pdu}`, 'mo')).toMatchObject({ class: 0, dcs: 0x10 })
    expect(new utils.DCS().setClass(0).getValue()).toBe(0)
  })

  it('38: binary data is sent as it is', () => {
    const data = Uint8Array.from({ length: 140 }, (_, index) => 255 - index)
    const pdu = assembleSubmit({ dcs: 4, udh: [], data, address: recipient })
    expect(ours(`00${toHex(pdu)}`, 'mo').dataHex).toBe(toHex(data))
  })

  it('39: a deliver is written with its text', () => {
    const pdu = encodeDeliver({ ...oneOf('hello'), address: addressOf('12345'), scts: timestampOf(0, 0) })
    expect(decodeTpdu(pdu, 'mt')).toMatchObject({ text: 'hello' })
    expect(new Deliver('12345', 'hello').toString()).not.toContain('E8329BFD06')
  })

  it('40: the reference and its width are ours to choose', () => {
    const concats = (bits: 8 | 16, reference: number) =>
      split('a'.repeat(400), { reference, referenceBits: bits }).map((part) => part.concat)
    expect(concats(8, 200)).toEqual([1, 2, 3].map((seq) => ({ ref: 200, total: 3, seq, refBits: 8 })))
    expect(concats(16, 40_000)).toEqual([1, 2, 3].map((seq) => ({ ref: 40_000, total: 3, seq, refBits: 16 })))
  })

  it('41: absolute times are written in the zone that was given', () => {
    const validity = { format: 'absolute', ...timestampOf(Date.UTC(2026, 0, 1, 12), 345) } as const
    const pdu = encodeSubmit({ ...oneOf('x'), address: recipient, validity })
    expect(decodeTpdu(pdu, 'mo')).toMatchObject({ validity: { local: '2026-01-01T17:45:00', offsetMinutes: 345 } })
  })
})

function oneOf(text: string) {
  const [part] = split(text, { reference: 0 })
  if (part === undefined) throw new Error('no part')
  return part
}

describe('the envelope', () => {
  it('is the same through node-pdu and through our own encoder', () => {
    const random = new Random(5)
    for (let round = 0; round < 3000; round++) {
      const digits = Array.from({ length: 1 + random.below(20) }, () => random.pick([...'0123456789*#abc'])).join('')
      const fields = {
        address: {
          digits,
          text: null,
          ton: random.pick([0, 1, 2, 3, 4, 6, 7]),
          npi: random.below(16),
          display: digits,
        },
        messageReference: random.below(256),
        statusReportRequest: random.below(2) === 1,
        rejectDuplicates: random.below(2) === 1,
        replyPath: random.below(2) === 1,
        pid: random.below(256),
        dcs: random.below(256),
        validity: random.pick([
          null,
          relativeValidity(random.below(700_000)),
          { format: 'absolute', ...timestampOf(random.below(2 ** 31) * 1000, random.pick([0, -570, 330])) } as const,
          { format: 'enhanced', raw: '83401E00000000', kind: 'hhmmss', seconds: null } as const,
        ]),
        udh: Array.from({ length: random.below(3) }, () => ({
          iei: random.below(256),
          data: octets(random, random.below(9)),
        })),
        data: octets(random, random.below(100)),
      }
      expect(toHex(assembleSubmit(fields))).toBe(toHex(encodeSubmit(fields)))
    }
  })

  it('is decoded by node-pdu to the same text where it has no known fault', () => {
    const random = new Random(6)
    const letters = [...'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?']
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: 1 + random.below(159) }, () => random.pick(letters)).join('')
      expect(libraryText(`00${submits(text)[0]}`)).toBe(text)
    }
  })

  it('leaves hex as octets that AT+CMGS takes', () => {
    const pdu = assembleSubmit({ ...oneOf('hello'), address: recipient })
    expect(pdu).toEqual(fromHex('01000C91447700094065000005E8329BFD06'))
  })
})

function octets(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.below(128))
}
