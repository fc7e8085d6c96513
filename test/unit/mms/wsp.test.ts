import { describe, expect, it } from 'vitest'
import { decodeHeaderText, decodeText } from '../../../modem/mms/charset.ts'
import { readContentType, readDisposition } from '../../../modem/mms/content-type.ts'
import { MmsError, type MmsErrorCode } from '../../../modem/mms/error.ts'
import {
  DEPTH_MAX,
  HEADERS_MAX,
  PARTS_MAX,
  PDU_OCTETS_MAX,
  RECIPIENTS_MAX,
  TEXT_OCTETS_MAX,
} from '../../../modem/mms/limits.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { APPLICATION_MMS, decodePush } from '../../../modem/mms/push.ts'
import { WspReader } from '../../../modem/mms/reader.ts'
import { WspWriter } from '../../../modem/mms/writer.ts'

const octets = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const reader = (hex: string) => new WspReader(octets(hex))
const hexOf = (write: (writer: WspWriter) => void) => {
  const writer = new WspWriter()
  write(writer)
  return Buffer.from(writer.finish()).toString('hex')
}
const codeOf = (act: () => unknown): MmsErrorCode | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(MmsError)
    return (error as MmsError).code
  }
}

describe('WSP primitives', () => {
  it.each([
    ['00', 0],
    ['7f', 127],
    ['8100', 128],
    ['8080808001', 1],
    ['8fffffff7f', 2 ** 32 - 1],
  ])('uintvar %s is %d', (hex, value) => {
    expect(reader(hex).uintvar('x')).toBe(value)
  })

  it.each(['818080808000', '9fffffff7f', 'ffffffffff'])('uintvar %s is of more than 32 bits', (hex) => {
    expect(codeOf(() => reader(hex).uintvar('x'))).toBe('malformed')
  })

  it.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 32 - 1])('uintvar of %d is the shortest and read again', (value) => {
    const hex = hexOf((writer) => writer.uintvar(value, 'x'))
    expect(reader(hex).uintvar('x')).toBe(value)
    expect(hex).not.toMatch(/^80/)
  })

  it.each([
    ['80', 0],
    ['ff', 127],
    ['00', 0],
    ['01c8', 200],
    ['0501020304 05', 4_328_719_365],
    ['071fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['1e'.padEnd(62, 'ff'), Number.MAX_SAFE_INTEGER],
  ])('integer %s is %d', (hex, value) => {
    expect(reader(hex).integer('x')).toBe(value)
  })

  it('a length of 31 and more has its quote, and is never believed beyond the end', () => {
    expect(hexOf((writer) => writer.valueLength(30, 'x'))).toBe('1e')
    expect(hexOf((writer) => writer.valueLength(31, 'x'))).toBe('1f1f')
    expect(codeOf(() => reader('1f8fffffff7f00').lengthed('x'))).toBe('truncated')
    expect(codeOf(() => reader('03020000').lengthed('x').within(4, 'y'))).toBe('malformed')
    expect(codeOf(() => reader('20').valueLength('x'))).toBe('malformed')
  })

  it('a value of unknown form is passed by its first octet', () => {
    for (const hex of ['00', '03010203', '1f03010203', '616263 00', '80']) {
      const passing = reader(`${hex}ff`)
      expect(Buffer.from(passing.anyValue('x')).toString('hex')).toBe(hex.replaceAll(' ', ''))
      expect(passing.remaining).toBe(1)
    }
  })

  it('a writer refuses what its field cannot hold, by name', () => {
    for (const write of [
      (writer: WspWriter) => writer.octet(256, 'x'),
      (writer: WspWriter) => writer.shortInteger(128, 'x'),
      (writer: WspWriter) => writer.longInteger(-1, 'x'),
      (writer: WspWriter) => writer.uintvar(2 ** 32, 'x'),
      (writer: WspWriter) => writer.text('a\0', 'x'),
    ]) {
      expect(codeOf(() => hexOf(write))).toBe('bad-value')
    }
    expect(codeOf(() => hexOf((writer) => writer.all(new Uint8Array(PDU_OCTETS_MAX + 1), 'x')))).toBe('limit-exceeded')
  })
})

describe('content types', () => {
  it.each<[hex: string, media: string, params: Record<string, string | number>]>([
    ['83', 'text/plain', {}],
    ['d9', 'unknown/0x59', {}],
    ['612f4200', 'a/b', {}],
    ['03 83 81ea', 'text/plain', { charset: 106 }],
    ['05 83 81 02 03e8', 'text/plain', { charset: 1000 }],
    ['04 01 1e 8161 00', 'image/jpeg', { charset: 'a' }],
    ['0b 9e 85 78 00 97 79 00 86 7a 00 9a', 'image/jpeg', { name: 'x', filename: 'z' }],
    ['07 b3 8a 22 3c 61 3e 00', 'application/vnd.wap.multipart.related', { start: '<a>' }],
  ])('%s is %s', (hex, media, params) => {
    const type = readContentType(reader(hex), 'x')
    expect([type.media, Object.fromEntries(type.params)]).toEqual([media, params])
  })

  it('with a parameter that runs over the length around it are refused', () => {
    expect(codeOf(() => readContentType(reader('07 83 58 2d 41 00 02 01'), 'x'))).toBe('malformed')
  })

  it('are read from one text with parameters, as gateways to mail write it', () => {
    const text = Buffer.from('Text/Plain; Charset="utf-8" ; name=a.txt\0').toString('hex')
    const { media, params } = readContentType(reader(text), 'x')
    expect([media, Object.fromEntries(params)]).toEqual(['text/plain', { charset: 'utf-8', name: 'a.txt' }])
  })

  it('dispositions are read by number and by word', () => {
    expect(readDisposition(reader('04 81 86 61 00'), 'x')).toEqual({
      type: 'attachment',
      params: new Map([['filename', 'a']]),
    })
    expect(readDisposition(reader('41 00'), 'x')).toEqual({ type: 'a', params: new Map() })
  })
})

describe('texts', () => {
  it.each<[charset: number | string | undefined, hex: string, text: string]>([
    [3, '41', 'A'],
    [4, 'e9 93', 'é“'],
    [undefined, 'c3a9', 'é'],
    [undefined, 'e9', 'é'],
    [0, 'c3a9', 'é'],
    [9999, 'c3a9', 'é'],
    ['no-such-thing', 'e9', 'é'],
    ['ISO-10646-UCS-2', '0416', 'Ж'],
    ['utf-16', '1604', 'ᘄ'],
    [1015, 'fffe1604', 'Ж'],
    [1015, '0416', 'Ж'],
    [1014, '1604', 'Ж'],
    [106, 'efbbbf41', 'A'],
    [106, '41e282', 'A\ufffd'],
    [1000, 'd83d', '\ufffd'],
    [111, 'a4', '€'],
    [2026, 'a4a4', '中'],
    [39, '1b2442467c1b2842', '日'],
  ])('in %s of %s are %s', (charset, hex, text) => {
    expect(decodeText(octets(hex), charset)).toBe(text)
  })

  it('in every character set by number are decoded, whatever the octets', () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index)
    for (let charset = 0; charset < 3000; charset++) {
      expect(decodeText(all, charset)).not.toMatch(/\p{Surrogate}/u)
      expect(decodeHeaderText(all.subarray(1), charset).length).toBeGreaterThan(0)
    }
  })
})

describe('a push', () => {
  it('names its application by number or by URI', () => {
    const id = (value: string) =>
      decodePush(octets(`0606${(4 + value.length / 2 - 2).toString(16).padStart(2, '0')}beaf${value}00`))
    expect(id('84').applicationId).toBe(APPLICATION_MMS)
    const uri = Buffer.from('x-wap-application:mms.ua\0').toString('hex')
    expect(decodePush(octets(`0606${(2 + uri.length / 2).toString(16)}beaf${uri}00`)).applicationId).toBe(
      APPLICATION_MMS,
    )
  })

  it.each<[hex: string, code: MmsErrorCode]>([
    ['', 'truncated'],
    ['06', 'truncated'],
    ['0604 01be 00', 'unexpected-type'],
    ['0606 01', 'truncated'],
    ['0606 02be7f 00', 'malformed'],
    ['0606 02be01 00', 'malformed'],
    ['0606 03beaf05 00', 'malformed'],
  ])('%s is refused', (hex, code) => {
    expect(codeOf(() => decodePush(octets(hex)))).toBe(code)
  })
})

describe('the limits', () => {
  const head = '8c84 8d92'
  const text = (length: number) => '61'.repeat(length)
  const body = '8483 78'

  it.each<[what: string, within: string, beyond: string]>([
    ['recipients', '976100'.repeat(RECIPIENTS_MAX), '976100'.repeat(RECIPIENTS_MAX + 1)],
    ['headers', '8680'.repeat(HEADERS_MAX - 3), '8680'.repeat(HEADERS_MAX)],
    ['octets of a text', `96${text(TEXT_OCTETS_MAX)}00`, `96${text(TEXT_OCTETS_MAX + 1)}00`],
  ])('of %s hold', (_what, within, beyond) => {
    expect(codeOf(() => decodePdu(octets(`${head}${within}${body}`)))).toBeUndefined()
    expect(codeOf(() => decodePdu(octets(`${head}${beyond}${body}`)))).toBe('limit-exceeded')
  })

  it('of parts, depth and octets hold', () => {
    const parts = (count: number) => hexOf((writer) => writer.uintvar(count, 'x')) + '010083'.repeat(count)
    expect(decodePdu(octets(`${head}84a3${parts(PARTS_MAX)}`)).parts).toHaveLength(PARTS_MAX)
    expect(codeOf(() => decodePdu(octets(`${head}84a3${parts(PARTS_MAX + 1)}`)))).toBe('limit-exceeded')
    const nested = (depth: number): string => {
      if (depth === 1) return '00'
      const inner = nested(depth - 1)
      return `0101${hexOf((writer) => writer.uintvar(inner.length / 2, 'x'))}a3${inner}`
    }
    expect(codeOf(() => decodePdu(octets(`${head}84a3${nested(DEPTH_MAX)}`)))).toBeUndefined()
    expect(codeOf(() => decodePdu(octets(`${head}84a3${nested(DEPTH_MAX + 1)}`)))).toBe('limit-exceeded')
    expect(codeOf(() => decodePdu(new Uint8Array(PDU_OCTETS_MAX + 1)))).toBe('limit-exceeded')
  })
})

describe('a multipart', () => {
  const head = '8c84 8d92 84a3'

  it('with fewer parts than it says was cut', () => {
    expect(codeOf(() => decodePdu(octets(`${head}02 01 01 83 61`)))).toBe('truncated')
  })

  it('with more parts than it says has them all, if they fill it', () => {
    const { parts, warnings } = decodePdu(octets(`${head}01 01 01 83 61 01 01 83 62`))
    expect(parts).toHaveLength(2)
    expect(warnings).toEqual(['entries-mismatch'])
  })

  it('with a number that no message can have is read to its end', () => {
    const { parts, warnings } = decodePdu(octets(`${head}8fffffff7f 01 01 83 61`))
    expect(parts).toHaveLength(1)
    expect(warnings).toEqual(['entries-mismatch'])
  })

  it('of mail inside, which is MIME text, stays a part', () => {
    const mime = Buffer.from('--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--').toString('hex')
    const length = (mime.length / 2).toString(16).padStart(2, '0')
    const { parts } = decodePdu(octets(`${head}01 01 ${length} 8f ${mime}`))
    expect(parts).toMatchObject([{ media: 'multipart/alternative' }])
    expect(parts?.[0]).not.toHaveProperty('parts')
  })
})

it('a type that nobody knows is named in the error', () => {
  expect(() => decodePdu(octets('8cff 985400 8d92'))).toThrow('0xff')
  expect(codeOf(() => decodePdu(octets('3c68746d6c3e00')))).toBe('truncated')
  expect(codeOf(() => decodePdu(new TextEncoder().encode('<html>no</html>')))).toBe('unexpected-type')
  expect(codeOf(() => decodePdu(octets('1f8b0800')))).toBe('unexpected-type')
  expect(codeOf(() => decodePdu(octets('985400 8d92 9581 8c83')))).toBe('unexpected-type')
})
