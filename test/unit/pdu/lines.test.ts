import { describe, expect, it } from 'vitest'
import { decodeLines, encodeLines } from '../../../src/cli/pdu.ts'
import { Random } from '../at/random.ts'
import { all, chunks } from '../line-streams.ts'
import { corpus, disagreements } from './corpus.ts'

const decoded = async (...pieces: (string | Uint8Array)[]) =>
  (await all(decodeLines(chunks(pieces)))).map((line): Record<string, unknown> => JSON.parse(line))
const encoded = (...values: unknown[]) =>
  all(encodeLines(chunks(values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`))))

const hello = '07914477581006500405810606F6000052304190623540046132590E'

describe('causeway pdu decode', () => {
  it('answers each line of the corpus with one line, in order', async () => {
    const input = corpus.pdus.map(({ direction, pdu }) => `${direction} ${pdu}\n`).join('')
    const output = await decoded(input)
    expect(output).toHaveLength(corpus.pdus.length)
    for (const [index, { id, hostile, expect: expected }] of corpus.pdus.entries()) {
      const got = output[index] ?? {}
      if (hostile && expected.outcome === 'error') expect(got).toHaveProperty('error.code')
      if (!hostile) expect([id, disagreements(expected, got)]).toEqual([id, []])
    }
  })

  it('reads mt where nothing stands in front, in any case and with any line end', async () => {
    const lines = [hello, `mt ${hello}`, `MT\t${hello.toLowerCase()}\r`, `  mt   ${hello}  `]
    for (const got of await decoded(lines.join('\n'))) expect(got).toMatchObject({ type: 'deliver', text: 'addr' })
    expect(await decoded(`mo 0001000C91447700094065000005E8329BFD06`)).toMatchObject([
      { type: 'submit', text: 'hello' },
    ])
  })

  it('gives the error with its four fields, also for a line without PDU', async () => {
    const output = await decoded(`mt\nmt \n\nxyz\n${hello.slice(0, -2)}\nmo ${hello}\n`)
    expect(output).toEqual([
      { error: { code: 'empty', field: 'PDU', offset: 0, message: 'PDU is empty' } },
      { error: { code: 'empty', field: 'PDU', offset: 0, message: 'PDU is empty' } },
      { error: { code: 'empty', field: 'PDU', offset: 0, message: 'PDU is empty' } },
      { error: expect.objectContaining({ code: 'not-hex', field: 'PDU', offset: 0 }) },
      { error: expect.objectContaining({ code: 'truncated', field: 'TP-UD', offset: 24 }) },
      { error: expect.objectContaining({ code: 'unsupported-type', field: 'TP-MTI', offset: 8 }) },
    ])
  })

  it('does not keep a line without end', async () => {
    const flood = Array.from({ length: 2000 }, () => 'A'.repeat(10_000))
    const output = await decoded(...flood, '\n', hello)
    expect(output).toMatchObject([{ error: { code: 'too-long' } }, { text: 'addr' }])
  })

  it('gives the same for every chunking, of text and of octets', async () => {
    const random = new Random(8)
    const text = corpus.pdus.map(({ direction, pdu }) => `${direction} ${pdu}\r\n`).join('') + hello
    const whole = await all(decodeLines(chunks([text])))
    expect(whole).toHaveLength(corpus.pdus.length + 1)
    const octets = new TextEncoder().encode(text)
    for (const longest of [1, 3, 100, 5000]) {
      expect(await all(decodeLines(chunks(random.cut(octets, longest))))).toEqual(whole)
    }
  })

  it('ends without a line for no input', async () => {
    expect(await decoded()).toEqual([])
    expect(await decoded('')).toEqual([])
  })
})

describe('causeway pdu encode', () => {
  it('turns what decode gave back into its hex', async () => {
    const [json] = await all(decodeLines(chunks([`mt ${hello}`])))
    expect(await encoded(json)).toEqual([hello])
  })

  it('turns a text into as many PDUs as it needs', async () => {
    expect(await encoded({ to: '+447700900456', text: 'hello' })).toEqual(['0001000C91447700094065000005E8329BFD06'])
    const long = await encoded({
      to: '60606',
      text: 'Žába '.repeat(60),
      smsc: '+447785016005',
      reference: 300,
      referenceBits: 16,
      class: 0,
      statusReportRequest: true,
      validityMinutes: 60,
      transliterate: true,
    })
    const parts = await decoded(long.map((hex) => `mo ${hex}\n`).join(''))
    expect(parts).toHaveLength(2)
    for (const [index, part] of parts.entries()) {
      expect(part).toMatchObject({
        smsc: '+447785016005',
        address: { digits: '60606' },
        class: 0,
        statusReportRequest: true,
        validity: { format: 'relative', minutes: 60 },
        concat: { ref: 300, total: 2, seq: index + 1, refBits: 16 },
        alphabet: 'gsm7',
      })
    }
    expect(parts.map((part) => part.text).join('')).toBe('Zaba '.repeat(60))
  })

  it('names the field that is wrong', async () => {
    const wrong: readonly [value: unknown, field: string][] = [
      ['{', 'JSON'],
      ['[]', 'JSON'],
      ['7', 'JSON'],
      [{}, 'to'],
      [{ to: '1' }, 'text'],
      [{ to: 'Привет', text: 'x' }, 'address'],
      [{ to: '1', text: 'x', class: 4 }, 'class'],
      [{ to: '1', text: 'x', reference: '5' }, 'reference'],
      [{ to: '1', text: 'x', reference: 256 }, 'TP-UDH'],
      [{ type: 'command' }, 'type'],
      [{ type: 'submit', text: 'x' }, 'address'],
      [{ type: 'submit', address: { digits: '1' }, text: 'ж' }, 'text'],
      [{ type: 'submit', address: { digits: '1' }, dcs: 4, text: 'x' }, 'text'],
      [{ type: 'submit', address: { digits: '1' }, dcs: 4, dataHex: '0' }, 'dataHex'],
      [{ type: 'deliver', address: { digits: '1' }, text: 'x', scts: { local: 'never' } }, 'TP-SCTS'],
      ['{"to":"1","text":"'.padEnd(300_000, 'x'), 'JSON'],
    ]
    const output = await encoded(...wrong.map(([value]) => value))
    expect(output.map((line) => JSON.parse(line).error?.field)).toEqual(wrong.map(([, field]) => field))
  })
})
