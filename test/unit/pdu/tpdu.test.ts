import { describe, expect, it } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { dataCoding, dcsOf } from '../../../modem/pdu/dcs.ts'
import { encodeDeliver, encodeStatusReport, encodeSubmit, pduHex } from '../../../modem/pdu/encode.ts'
import { PduError } from '../../../modem/pdu/error.ts'
import { fromHex, toHex } from '../../../modem/pdu/octets.ts'
import { protocolOf } from '../../../modem/pdu/pid.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { statusOutcome } from '../../../modem/pdu/status.ts'
import { instantMs, timestampOf } from '../../../modem/pdu/timestamp.ts'
import {
  decodePdu,
  decodeTpdu,
  type SmsDeliver,
  type SmsStatusReport,
  type SmsSubmit,
} from '../../../modem/pdu/tpdu.ts'
import { portsElement } from '../../../modem/pdu/udh.ts'
import { relativeValidity } from '../../../modem/pdu/validity.ts'
import { Random } from '../at/random.ts'

const smsc = '0791447758100650'
const stamp = '52304190623540'
const sender = '0C91447700091032'
const mt = (rest: string) => `${smsc}${rest}`
const address = addressOf('+447700900123')
const scts = timestampOf(Date.UTC(2026, 10, 22, 9, 0, 0), 60)

function deliver(hex: string): SmsDeliver {
  const tpdu = decodePdu(hex, 'mt')
  if (tpdu.type !== 'deliver') throw new Error(tpdu.type)
  return tpdu
}

function submit(octets: Uint8Array): SmsSubmit {
  const tpdu = decodeTpdu(octets, 'mo')
  if (tpdu.type !== 'submit') throw new Error(tpdu.type)
  return tpdu
}

function report(octets: Uint8Array): SmsStatusReport {
  const tpdu = decodeTpdu(octets, 'mt')
  if (tpdu.type !== 'status-report') throw new Error(tpdu.type)
  return tpdu
}

function part(text: string) {
  const [first] = split(text, { reference: 0 })
  if (first === undefined) throw new Error('no part')
  return first
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('nothing was thrown')
}

describe('every fault is a PduError with code, field and offset', () => {
  const faults: readonly [
    what: string,
    hex: string,
    direction: 'mt' | 'mo',
    code: string,
    field: string,
    offset: number,
  ][] = [
    ['nothing', '', 'mt', 'empty', 'PDU', 0],
    ['half an octet', '079', 'mt', 'not-hex', 'PDU', 1],
    ['a letter beyond F', `${smsc}0G`, 'mt', 'not-hex', 'PDU', 8],
    ['a character beyond ASCII', '07９1', 'mt', 'not-hex', 'PDU', 1],
    ['a space between octets', '07 914', 'mt', 'not-hex', 'PDU', 1],
    ['2500 octets', 'AA'.repeat(2500), 'mt', 'too-long', 'PDU', 1024],
    ['a service centre of 13 octets', `0D${'91'.repeat(40)}`, 'mt', 'bad-length', 'SCA', 0],
    ['a cut service centre', '079144', 'mt', 'truncated', 'SCA', 2],
    ['no TPDU', smsc, 'mt', 'truncated', 'TP-MTI', 8],
    ['a sender of 21 digits', mt(`041591${'21'.repeat(11)}`), 'mt', 'bad-length', 'TP-OA', 9],
    ['a cut sender', mt('040C914477'), 'mt', 'truncated', 'TP-OA', 11],
    ['no TP-PID', mt(`04${sender}`), 'mt', 'truncated', 'TP-PID', 17],
    ['no TP-DCS', mt(`04${sender}00`), 'mt', 'truncated', 'TP-DCS', 18],
    ['a cut TP-SCTS', mt(`04${sender}0000523041`), 'mt', 'truncated', 'TP-SCTS', 19],
    ['no TP-UDL', mt(`04${sender}0000${stamp}`), 'mt', 'truncated', 'TP-UDL', 26],
    ['161 septets', mt(`04${sender}0000${stamp}A1${'00'.repeat(141)}`), 'mt', 'bad-length', 'TP-UDL', 26],
    ['141 octets', mt(`04${sender}0004${stamp}8D${'00'.repeat(141)}`), 'mt', 'bad-length', 'TP-UDL', 26],
    ['a cut text', mt(`04${sender}0000${stamp}0BE8329B`), 'mt', 'truncated', 'TP-UD', 27],
    ['a header longer than the data', mt(`44${sender}0004${stamp}050A00030102`), 'mt', 'bad-length', 'TP-UDH', 27],
    ['a header announced in no data', mt(`44${sender}0004${stamp}00`), 'mt', 'bad-length', 'TP-UDH', 27],
    ['half a UCS-2 character', mt(`04${sender}0008${stamp}03041604`), 'mt', 'bad-text', 'TP-UD', 29],
    ['a report without status', mt(`02070C91447700094065${stamp}${stamp}`), 'mt', 'truncated', 'TP-ST', 32],
    ['a report without its TP-PID', mt(`02070C91447700094065${stamp}${stamp}0001`), 'mt', 'truncated', 'TP-PID', 34],
    [
      'a report whose TP-PI goes on and on',
      mt(`02070C91447700094065${stamp}${stamp}008080`),
      'mt',
      'truncated',
      'TP-PI',
      35,
    ],
    ['a submit report', mt('0100'), 'mt', 'unsupported-type', 'TP-MTI', 8],
    ['a deliver report', '000000', 'mo', 'unsupported-type', 'TP-MTI', 1],
    ['a command', '000200', 'mo', 'unsupported-type', 'TP-MTI', 1],
    ['the reserved type of a mobile', '000300', 'mo', 'unsupported-type', 'TP-MTI', 1],
    [
      'a validity that is no time',
      '0019000C91447700094065000052994190623540 0176'.replace(' ', ''),
      'mo',
      'bad-time',
      'TP-VP',
      13,
    ],
  ]

  it.each(faults)('%s', (_what, hex, direction, code, field, offset) => {
    let thrown: unknown
    try {
      decodePdu(hex, direction)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(PduError)
    expect(thrown).toMatchObject({ code, field, offset })
    expect(thrown instanceof PduError && thrown.message).toBeTruthy()
  })

  it('tells neither digits nor text of the PDU', () => {
    for (const [, hex, direction] of faults) {
      const message = messageOf(() => decodePdu(hex, direction))
      expect(message).not.toMatch(/[0-9A-F]{5}|\+\d/)
    }
  })
})

describe('a deliver', () => {
  it('of the reserved type 3 is read as a deliver (23.040 §9.2.3.1)', () => {
    expect(deliver(mt(`07${sender}0000${stamp}0161`)).text).toBe('a')
  })

  it('keeps its text when its time is none', () => {
    for (const bad of ['52311162734009', '00000000000000', 'FFFFFFFFFFFFFF', '52039262544440', '522A1010101040']) {
      expect(deliver(mt(`04${sender}0000${bad}0161`))).toMatchObject({ text: 'a', scts: null })
    }
  })

  it('ignores filler behind the text, and counts it', () => {
    expect(deliver(mt(`04${sender}0000${stamp}0161FFFFFF`))).toMatchObject({ text: 'a', trailingOctets: 3 })
  })

  it('passes over a header whose last element runs over its end (§9.2.3.24)', () => {
    const tpdu = deliver(mt(`44${sender}0004${stamp}080600030102012442`))
    expect(tpdu).toMatchObject({ udhIgnored: true, udh: [], concat: null })
    expect(toHex(tpdu.data)).toBe('42')
  })

  it('keeps unknown elements and takes the last of those that exclude each other', () => {
    const elements = 'A0024142' + '0003010301' + '080400090202' + '04020102' + '05040B8423F0' + '240101' + '240106'
    const length = elements.length / 2
    const userData = `${(length + 3).toString(16).padStart(2, '0')}${length.toString(16).padStart(2, '0')}${elements}0102`
    const tpdu = deliver(mt(`44${sender}0004${stamp}${userData}`))
    expect(tpdu.udh.map(({ iei }) => iei)).toEqual([0xa0, 0, 8, 4, 5, 0x24, 0x24])
    expect(tpdu.concat).toEqual({ ref: 9, total: 2, seq: 2, refBits: 16 })
    expect(tpdu.ports).toEqual({ dst: 2948, src: 9200, bits: 16 })
    expect(tpdu.language).toEqual({ singleShift: 6 })
  })

  it('that is compressed is flagged and stays octets', () => {
    const tpdu = deliver(mt(`04${sender}0020${stamp}03010203`))
    expect(tpdu).toMatchObject({ alphabet: 'gsm7', compressed: true, text: null })
    expect(toHex(tpdu.data)).toBe('010203')
  })

  it('shows half a surrogate pair as U+FFFD and says so', () => {
    const tpdu = deliver(mt(`04${sender}0008${stamp}0400 61D83D`.replace(' ', '')))
    expect(tpdu).toMatchObject({ text: 'a\ufffd', loneSurrogate: true })
    expect(toHex(tpdu.data)).toBe('0061D83D')
  })
})

describe('TP-DCS (23.038 §4)', () => {
  it('means something for each of the 256 values', () => {
    for (let dcs = 0; dcs < 256; dcs++) {
      const coding = dataCoding(dcs)
      const group = dcs >> 4
      expect(coding.mwi !== null).toBe(group >= 12 && group <= 14)
      expect(coding.autoDelete).toBe(group >= 4 && group < 8)
      expect(coding.compressed).toBe(group < 8 && (dcs & 0x20) !== 0)
      if (group >= 8 && group < 12) expect(coding).toMatchObject({ alphabet: 'gsm7', class: null })
      if (group === 15) expect(coding).toMatchObject({ alphabet: (dcs & 4) === 0 ? 'gsm7' : '8bit', class: dcs & 3 })
      if (group < 8) expect(coding.class).toBe((dcs & 0x10) === 0 ? null : dcs & 3)
    }
    expect([0, 4, 8, 12].map((dcs) => dataCoding(dcs).alphabet)).toEqual(['gsm7', '8bit', 'ucs2', 'gsm7'])
    expect(dataCoding(0xc9).mwi).toEqual({ type: 'fax', active: true, discard: true })
    expect(dataCoding(0xe3).mwi).toEqual({ type: 'other', active: false, discard: false })
  })

  it('is written for every alphabet and class', () => {
    for (const alphabet of ['gsm7', '8bit', 'ucs2'] as const) {
      for (const messageClass of [null, 0, 1, 2, 3] as const) {
        expect(dataCoding(dcsOf(alphabet, messageClass))).toMatchObject({ alphabet, class: messageClass })
      }
    }
  })
})

describe('TP-PID (23.040 §9.2.3.9)', () => {
  it('tells what the receiver is asked to do', () => {
    const kinds = [0x00, 0x22, 0x40, 0x41, 0x47, 0x48, 0x5f, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0xc0].map(protocolOf)
    expect(kinds).toEqual([
      { kind: 'sme' },
      { kind: 'telematic', device: 2 },
      { kind: 'type-0' },
      { kind: 'replace', number: 1 },
      { kind: 'replace', number: 7 },
      { kind: 'reserved' },
      { kind: 'return-call' },
      { kind: 'ansi-136' },
      { kind: 'me-download' },
      { kind: 'me-depersonalization' },
      { kind: 'sim-download' },
      { kind: 'reserved' },
      { kind: 'sc-specific' },
    ])
    expect(deliver(mt(`04${sender}4000${stamp}0161`)).protocol).toEqual({ kind: 'type-0' })
  })
})

describe('times', () => {
  it('count as the calendar does, in every zone', () => {
    const random = new Random(3)
    for (let round = 0; round < 5000; round++) {
      // 1970 to 2069, the years that two digits say.
      const ms = random.below(3_155_000_000) * 1000
      const offsetMinutes = (random.below(113) - 56) * 15
      const time = timestampOf(ms, offsetMinutes)
      expect(time.utc).toBe(new Date(ms).toISOString().replace('.000', ''))
      expect(time.local).toBe(new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 19))
      expect(instantMs(time)).toBe(ms)
      if (ms < 86_400_000 || ms > 3_154_000_000_000) continue
      const octets = encodeDeliver({ ...part('x'), address, scts: time })
      expect(decodeTpdu(octets, 'mt')).toMatchObject({ scts: time })
    }
  })

  it('may lie as far from UTC as the field can say', () => {
    const at = (zone: string) => deliver(mt(`04${sender}0000523041906235${zone}0161`)).scts?.offsetMinutes
    expect(['97', '9F', '08', '0A', 'A0'].map(at)).toEqual([79 * 15, -79 * 15, 0, -300, undefined])
    expect(Object.is(at('08'), 0)).toBe(true)
  })

  it('that no field can hold are refused', () => {
    for (const bad of [
      { ...scts, offsetMinutes: 7 },
      { ...scts, offsetMinutes: 1200 },
      { ...scts, local: '2026-02-30T00:00:00' },
      { ...scts, local: 'yesterday' },
      { ...scts, local: '1869-01-01T00:00:00' },
    ]) {
      expect(() => encodeDeliver({ ...part('x'), address, scts: bad })).toThrow(PduError)
    }
  })
})

describe('a validity', () => {
  it('is at least what was asked for, and the shortest that is', () => {
    const spans = Array.from({ length: 256 }, (_, raw) => {
      const tpdu = submit(encodeSubmit({ ...part('x'), address, validity: { format: 'relative', raw, minutes: 0 } }))
      return tpdu.validity?.format === 'relative' ? tpdu.validity.minutes : Number.NaN
    })
    expect(spans).toEqual([...spans].sort((a, b) => a - b))
    for (const minutes of [1, 5, 6, 719, 720, 721, 1440, 1441, 2880, 43_200, 43_201, 50_400, 50_401, 635_040]) {
      const chosen = relativeValidity(minutes)
      expect(chosen).toMatchObject({ minutes: spans.find((span) => span >= minutes) })
    }
    expect(relativeValidity(10_000_000)).toMatchObject({ raw: 255, minutes: spans[255] })
  })

  it('of the enhanced kinds is read and written', () => {
    const kinds = {
      '00000000000000': { kind: 'none', seconds: null },
      '01A80000000000': { kind: 'relative', seconds: 2880 * 60 },
      '021E0000000000': { kind: 'seconds', seconds: 30 },
      '03214365000000': { kind: 'hhmmss', seconds: (12 * 60 + 34) * 60 + 56 },
      '83002143650000': { kind: 'hhmmss', seconds: (12 * 60 + 34) * 60 + 56 },
      '07000000000000': { kind: 'reserved', seconds: null },
    }
    for (const [raw, meaning] of Object.entries(kinds)) {
      const validity = { format: 'enhanced', raw, kind: 'reserved', seconds: null } as const
      expect(submit(encodeSubmit({ ...part('x'), address, validity })).validity).toEqual({ ...validity, ...meaning })
    }
  })
})

describe('an address', () => {
  it('is what a person writes', () => {
    expect(addressOf('+447700900123')).toMatchObject({ digits: '447700900123', ton: 1, npi: 1 })
    expect(addressOf('60606')).toMatchObject({ digits: '60606', ton: 0, npi: 1, display: '60606' })
    expect(addressOf('Café')).toMatchObject({ digits: null, text: 'Café', ton: 5, npi: 0 })
    for (const bad of ['TwelveLetter', 'Привет', '+1234567890123456789012'])
      expect(() => addressOf(bad)).toThrow(PduError)
  })

  it('goes out and comes back for every length, type and plan', () => {
    const random = new Random(4)
    for (let round = 0; round < 2000; round++) {
      const digits = Array.from({ length: random.below(21) }, () => random.pick([...'0123456789*#abc'])).join('')
      const ton = random.pick([0, 1, 2, 3, 4, 6, 7])
      const given = {
        digits,
        text: null,
        ton,
        npi: random.below(16),
        display: ton === 1 && digits ? `+${digits}` : digits,
      }
      expect(submit(encodeSubmit({ ...part('x'), address: given })).address).toEqual(given)
    }
    for (const name of ['A', 'Example Co.', 'O2 UK', 'A{1}€', 'Vodafone', '@@@']) {
      const named = addressOf(name)
      expect(decodeTpdu(encodeDeliver({ ...part('x'), address: named, scts }), 'mt').address).toEqual(named)
    }
  })

  it('ends at the first filler', () => {
    expect(deliver(mt(`040891217FF4650000${stamp}0161`)).address).toMatchObject({ digits: '12', display: '+12' })
  })

  it('of a service centre stands in front', () => {
    const hex = pduHex(encodeDeliver({ ...part('x'), address, scts }), addressOf('+447785016005'))
    expect(hex.startsWith(smsc)).toBe(true)
    expect(decodePdu(hex, 'mt').smsc).toMatchObject({ display: '+447785016005' })
    expect(decodePdu(pduHex(encodeDeliver({ ...part('x'), address, scts })), 'mt').smsc).toBeNull()
  })
})

describe('a status report', () => {
  it('says the class of each of the 256 values of TP-ST', () => {
    const outcomes = Array.from({ length: 256 }, (_, status) => {
      const octets = encodeStatusReport({ messageReference: 1, address, scts, dischargeTime: scts, status })
      expect(report(octets)).toMatchObject({ status, outcome: statusOutcome(status) })
      return report(octets).outcome
    })
    const classes = ['delivered', 'temporary-retrying', 'permanent-failure', 'temporary-stopped']
    expect(outcomes).toEqual(Array.from({ length: 256 }, (_, status) => classes[status >> 5] ?? 'reserved'))
  })

  it('carries what TP-PI announces, and nothing when it announces nothing', () => {
    const fields = { messageReference: 200, address, scts, dischargeTime: scts, status: 0x41 }
    const bare = encodeStatusReport(fields)
    expect(report(bare)).toMatchObject({ parameterIndicator: null, pid: null, dcs: null, userData: null })
    const full = encodeStatusReport({
      ...fields,
      statusReportQualifier: 'command',
      loopPrevention: true,
      pid: 0x40,
      userData: { ...part('read ж'), udh: [portsElement({ dst: 1, src: 2, bits: 8 })] },
    })
    expect(report(full)).toMatchObject({
      messageReference: 200,
      statusReportQualifier: 'command',
      loopPrevention: true,
      parameterIndicator: 7,
      pid: 0x40,
      dcs: 8,
      userData: { text: 'read ж', ports: { dst: 1, src: 2, bits: 8 } },
    })
    expect(encodeStatusReport(report(full))).toEqual(full)
  })

  it('ends before the filler of a SIM record', () => {
    const octets = encodeStatusReport({ messageReference: 1, address, scts, dischargeTime: scts, status: 0 })
    expect(report(fromHex(`${toHex(octets)}FFFFFFFF`))).toMatchObject({ parameterIndicator: null, status: 0 })
  })
})

describe('a submit', () => {
  it('is written again octet for octet whatever it holds', () => {
    const random = new Random(2)
    for (let round = 0; round < 5000; round++) {
      const dcs = random.below(256)
      const septets = dataCoding(dcs).alphabet === 'gsm7' && !dataCoding(dcs).compressed
      const wide = dataCoding(dcs).alphabet === 'ucs2'
      const udh = Array.from({ length: random.below(4) }, () => ({
        iei: random.below(256),
        data: Uint8Array.from({ length: random.below(10) }, () => random.below(256)),
      }))
      const octets = encodeSubmit({
        address: addressOf(random.pick(['+447700900456', '60606', '*100#', 'Name'])),
        messageReference: random.below(256),
        statusReportRequest: random.below(2) === 1,
        rejectDuplicates: random.below(2) === 1,
        replyPath: random.below(2) === 1,
        pid: random.below(256),
        dcs,
        validity: random.pick([
          null,
          relativeValidity(random.below(100_000)),
          { format: 'absolute', ...scts } as const,
        ]),
        udhi: random.below(2) === 1,
        udh,
        data: Uint8Array.from({ length: random.below(47) * (wide ? 2 : 1) }, () => random.below(septets ? 128 : 256)),
      })
      const tpdu = submit(octets)
      expect(encodeSubmit(tpdu)).toEqual(octets)
      expect(tpdu.udh.map(({ data }) => data)).toEqual(udh.map(({ data }) => data))
      expect(tpdu.trailingOctets).toBe(0)
    }
  })

  it('is refused by the encoder where a field cannot hold it', () => {
    const bad: readonly Partial<Parameters<typeof encodeSubmit>[0]>[] = [
      { messageReference: 256 },
      { pid: -1 },
      { pid: 1.5 },
      { data: new Uint8Array(161) },
      { dcs: 4, data: new Uint8Array(141) },
      { udh: [{ iei: 256, data: new Uint8Array(0) }] },
      { address: { digits: '12+4', text: null, ton: 0, npi: 1, display: '' } },
      { address: { digits: '1'.repeat(21), text: null, ton: 0, npi: 1, display: '' } },
      { address: { digits: '1', text: null, ton: 5, npi: 0, display: '' } },
      { validity: { format: 'enhanced', raw: '00', kind: 'none', seconds: null } },
    ]
    for (const fields of bad) expect(() => encodeSubmit({ ...part('x'), address, ...fields })).toThrow(PduError)
  })

  it('becomes the deliver and the report that a service centre makes of it', () => {
    for (const sent of split('Zwölf Boxkämpfer jagen 😀 quer über den Deich. '.repeat(4), { reference: 77 })) {
      const got = submit(encodeSubmit({ ...sent, address, statusReportRequest: true, messageReference: 5 }))
      const relayed = decodeTpdu(encodeDeliver({ ...got, address: addressOf('+447700900456'), scts }), 'mt')
      expect(relayed).toMatchObject({ type: 'deliver', text: sent.text, concat: sent.concat, scts, pid: 0 })
      const told = encodeStatusReport({ ...got, scts, dischargeTime: scts, status: 0, pid: null, dcs: null })
      expect(report(told)).toMatchObject({ messageReference: 5, address, outcome: 'delivered' })
    }
  })
})
