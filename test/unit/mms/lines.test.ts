import { expect, it } from 'vitest'
import { decodeMmsLines, encodeMmsLines } from '../../../src/cli/mms.ts'
import { Random } from '../at/random.ts'
import { all, chunks } from '../line-streams.ts'
import { corpus, disagreements, lineOf } from './corpus.ts'

const decoded = async (...pieces: (string | Uint8Array)[]) =>
  (await all(decodeMmsLines(chunks(pieces)))).map((line): Record<string, unknown> => JSON.parse(line))

const answer = '8c83985431008d929581'

it('answers each line of the corpus with one line, in order', async () => {
  const output = await decoded(corpus.cases.map((entry) => `${lineOf(entry)}\n`).join(''))
  expect(output).toHaveLength(corpus.cases.length)
  for (const [index, entry] of corpus.cases.entries()) {
    const got = output[index] ?? {}
    if (entry.verdict === 'reject') expect(got).toHaveProperty('error.code')
    else if (entry.expect) expect([entry.id, disagreements(entry.expect, got)]).toEqual([entry.id, []])
  }
})

it('reads an MMS PDU where nothing stands in front, in any case and with any line end', async () => {
  const lines = [answer, `mms ${answer}`, `MMS\t${answer.toUpperCase()}\r`, `  mms   ${answer}  `]
  for (const got of await decoded(lines.join('\n'))) {
    expect(got).toEqual({ type: 'm-notifyresp-ind', transactionId: 'T1', version: '1.2', status: 0x81 })
  }
})

it('gives an error with its four fields, also for a line without PDU', async () => {
  const output = await decoded(`\n  \nmms\nwsp\nsms\nmms xyz\nmms ${answer.slice(0, -2)}\nmms 8cff\nsms 0001\n`)
  expect(output).toHaveLength(9)
  for (const { error } of output) {
    expect(error).toEqual({
      code: expect.stringMatching(/^[a-z-]+$/),
      field: expect.stringMatching(/./),
      offset: expect.any(Number),
      message: expect.stringMatching(/./),
      ...((error as { transactionId?: string }).transactionId === undefined ? {} : { transactionId: 'T1' }),
    })
    expect(error).not.toHaveProperty('code', 'internal')
  }
  expect(output[7]).toMatchObject({ error: { code: 'unexpected-type', message: expect.stringContaining('0xff') } })
})

it('does not keep a line without end', async () => {
  async function* flood() {
    for (let i = 0; i < 1500; i++) yield 'A'.repeat(10_000)
    yield `\n${answer}`
  }
  const output = (await all(decodeMmsLines(flood()))).map((line): unknown => JSON.parse(line))
  expect(output).toMatchObject([{ error: { code: 'limit-exceeded' } }, { transactionId: 'T1' }])
})

it('gives the same for every chunking, of text and of octets', async () => {
  const text = `${corpus.cases
    .filter(({ hex = '' }) => hex.length < 5000)
    .map((entry) => `${lineOf(entry)}\r\n`)
    .join('')}${answer}`
  const whole = await all(decodeMmsLines(chunks([text])))
  const octets = new TextEncoder().encode(text)
  const random = new Random(8)
  for (const longest of [1, 100, 5000]) {
    expect(await all(decodeMmsLines(chunks(random.cut(octets, longest))))).toEqual(whole)
  }
})

it('shows the octets of parts where they are asked for', async () => {
  const entry = corpus.cases.find(({ id }) => id === 'sr-01-text')
  if (entry === undefined) throw new Error('no such case')
  const [line = ''] = await all(decodeMmsLines(chunks([lineOf(entry)]), true))
  const [part] = JSON.parse(line).parts
  expect(Buffer.from(part.dataHex, 'hex').toString()).toBe(part.text)
})

it('encodes what decoding with octets gave, and names the field that is wrong', async () => {
  const entries = corpus.cases.filter(({ encodeTest }) => encodeTest)
  const json = await all(decodeMmsLines(chunks(entries.map((entry) => `${lineOf(entry)}\n`)), true))
  const hex = await all(encodeMmsLines(chunks([`\n${json.join('\n')}\n\n`])))
  const again = await all(decodeMmsLines(chunks([hex.join('\n')]), true))
  expect(again.map((line): unknown => JSON.parse(line))).toEqual(json.map((line): unknown => JSON.parse(line)))
  const ack = { type: 'm-acknowledge-ind', transactionId: 'T', version: '1.2' }
  const wrong: readonly [value: unknown, field: string][] = [
    ['{', 'JSON'],
    ['[]', 'JSON'],
    [{}, 'type'],
    [{ ...ack, type: 'm-mbox-descr' }, 'type'],
    [{ type: 'm-acknowledge-ind' }, 'X-Mms-Transaction-Id'],
    [{ ...ack, version: '9' }, 'X-Mms-MMS-Version'],
    [{ ...ack, reportAllowed: 'yes' }, 'reportAllowed'],
    [{ ...ack, date: -1 }, 'Date'],
    [{ ...ack, date: 1.5 }, 'Date'],
    [{ ...ack, status: 1 }, 'X-Mms-Status'],
    [{ ...ack, priority: 'highest' }, 'X-Mms-Priority'],
    [{ ...ack, expiry: { kind: 'never' } }, 'expiry'],
    [{ ...ack, to: 'x' }, 'to'],
    [{ ...ack, to: [{}] }, 'to'],
    [{ ...ack, subject: { text: 'a\0b' } }, 'Subject'],
    [{ ...ack, subject: { text: 'ж', charset: 1000 } }, 'Subject'],
    [{ ...ack, contentType: { media: 'a b' } }, 'Content-Type'],
    [{ ...ack, contentType: { media: 'text/plain', params: { 'a b': 1 } } }, 'Content-Type'],
    [{ ...ack, contentType: { media: 'text/plain' }, parts: [{}] }, 'media'],
    [{ ...ack, contentType: { media: 'text/plain' }, parts: [{ media: 'text/plain' }] }, 'parts'],
    [{ ...ack, contentType: { media: 'text/plain' }, parts: [{ media: 'a/b', dataHex: 'x' }] }, 'dataHex'],
  ]
  for (const [value, field] of wrong) {
    const line = typeof value === 'string' ? value : JSON.stringify(value)
    const [answered = ''] = await all(encodeMmsLines(chunks([line])))
    expect([line, JSON.parse(answered).error?.field]).toEqual([line, field])
  }
})
