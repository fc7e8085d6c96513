import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORM_FILES_MAX } from '../../../src/http/multipart.ts'
import { present } from './answer.ts'
import type { Reply } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

/** As the rig's desk takes (media-rig.ts). */
const BYTES_MAX = 1024 * 1024

let rig: Rig
let token: string
let inDirectory: () => string[]

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  inDirectory = () => readdirSync(join(rig.directory, 'files'), { recursive: true }).map(String).sort()
})
afterAll(async () => {
  expect(rig.calls.filter((what) => what.startsWith('log.error'))).toEqual([])
  await rig.stop()
})

/** One transparent pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const BOUNDARY = 'x-causeway'

interface Part {
  name?: string
  file?: string
  type?: string
  content: string | Buffer
}

/** A form as it goes over the wire. */
function wire(parts: readonly Part[], end = `--${BOUNDARY}--\r\n`): Buffer {
  const pieces = parts.flatMap(({ name, file, type, content }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data`,
    name === undefined ? '' : `; name="${name}"`,
    file === undefined ? '' : `; filename="${file}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    content,
    '\r\n',
  ])
  return Buffer.concat([...pieces, end].map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}

const FORM = `multipart/form-data; boundary=${BOUNDARY}`
const hand = (body: Buffer | string, headers: Record<string, string> = {}, query = '') =>
  rig.call('POST', `/api/v1/media${query}`, { token, body, headers: { 'content-type': FORM, ...headers } })
const content = (id: string, headers: Record<string, string> = {}) =>
  rig.call('GET', `/api/v1/media/${id}`, { token, headers })
const file = (text: string | Buffer, name = 'a.bin'): Part => ({ name: 'file', file: name, content: text })

/** Sends without saying how long it is, in pieces. */
function inPieces(pieces: Iterable<Buffer>, headers: Record<string, string>): Promise<Reply['status']> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: rig.port,
      path: '/api/v1/media',
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    outgoing.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
      outgoing.destroy()
    })
    outgoing.once('error', reject)
    const write = async () => {
      for (const piece of pieces) if (!outgoing.write(piece)) await once(outgoing, 'drain')
      outgoing.end()
    }
    write().catch(() => {})
  })
}

describe('a form with a file', () => {
  test('is taken as browsers and curl send it; the type is what its octets say', async () => {
    const form = new FormData()
    form.set('caption', 'Grüße')
    form.set('file', new Blob([PNG], { type: 'text/html' }), 'söme “name”.html')
    const response = await fetch(`http://127.0.0.1:${rig.port}/api/v1/media`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${token}` },
    })
    const answer = (await response.json()) as { id: string }
    expect([response.status, response.headers.get('location')]).toEqual([201, `/api/v1/media/${answer.id}`])
    expect(answer).toMatchObject({
      content_type: 'image/png',
      bytes: PNG.length,
      width: 1,
      caption: 'Grüße',
      file_name: 'söme “name”.html',
    })
    const sent = { to: '+15550000201', media: [answer.id] }
    expect((await rig.call('POST', '/api/v1/messages', { token, json: sent })).status).toBe(202)
  })

  test('is the same file as when it is the body, octet by octet, whatever looks like a boundary in it', async () => {
    const octets = Buffer.concat([
      Buffer.from(`\r\n--${BOUNDARY.slice(0, -1)}\r\n--\r\n--${BOUNDARY}`.slice(0, -1)),
      Buffer.alloc(300_000, '\r\n--x-causewa'),
    ])
    const { body, status } = await hand(wire([file(octets)]))
    expect(status).toBe(201)
    const whole = await rig.call('POST', '/api/v1/media', { token, body: octets })
    expect((await content(body.id)).text).toBe((await content(whole.body.id)).text)
  })

  test('what is said in the form counts before what the address says, before or behind the file', async () => {
    const said = { name: 'voice', content: 'true' }
    const named = { name: 'file_name', content: '../b.ogg' }
    for (const parts of [
      [said, named, file('x', 'a.ogg')],
      [file('x', 'a.ogg'), said, named],
    ]) {
      const { body } = await hand(wire(parts), {}, '?caption=hello&voice=false')
      expect(body).toMatchObject({ voice: true, file_name: 'b.ogg', caption: 'hello' })
    }
  })

  test('several are all taken, in their order, under one key', async () => {
    const form = wire([file('one', '1.txt'), file(PNG, '2.png'), file('three', '3.txt')])
    const key = { 'idempotency-key': 'three files' }
    const first = await hand(form, key)
    expect(first.status).toBe(201)
    expect(first.body.data).toMatchObject([{ file_name: '1.txt' }, { file_name: '2.png' }, { file_name: '3.txt' }])
    expect((await content(String(first.body.data[2].id))).text).toBe('three')
    const before = inDirectory()
    const again = await hand(form, key)
    expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([201, 'true', first.body])
    const other = await hand(wire([file('one', '1.txt'), file(PNG, '2.png')]), key)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-mismatch'])
    expect(inDirectory()).toEqual(before)
  })

  test('many small ones in one piece of the network are kept apart', async () => {
    const { body } = await hand(wire(Array.from({ length: FORM_FILES_MAX }, (_, n) => file(`no. ${n}`))))
    const texts = await Promise.all(body.data.map(async ({ id }) => (await content(String(id))).text))
    expect(texts).toEqual(Array.from({ length: FORM_FILES_MAX }, (_, n) => `no. ${n}`))
  })
})

describe('a form that is wrong leaves nothing behind, and is told what is wrong', () => {
  const good = file('good')
  const many = (count: number, part: (n: number) => Part) => Array.from({ length: count }, (_, n) => part(n))

  test.each<[string, () => Buffer | string, number, string, string?]>([
    ['no file', () => wire([{ name: 'caption', content: 'x' }]), 422, 'media-empty'],
    ['nothing at all', () => '', 400, 'malformed-form'],
    ['an empty form', () => wire([]), 422, 'media-empty'],
    ['an empty file behind a good one', () => wire([good, file('')]), 422, 'media-empty'],
    ['a file by another name', () => wire([good, { ...good, name: 'photo' }]), 422, 'invalid-request', '/photo'],
    ['a file without a name for its part', () => wire([{ file: 'a', content: 'x' }]), 422, 'invalid-request', ''],
    ['a part without any head', () => `--${BOUNDARY}\r\n\r\nx\r\n--${BOUNDARY}--\r\n`, 400, 'malformed-form'],
    [
      'too many parts that are nothing',
      () => `--${BOUNDARY}\r\nX: y\r\n\r\nx\r\n`.repeat(99),
      422,
      'invalid-request',
      '',
    ],
    ['a file without a file name', () => wire([{ name: 'file', content: 'x' }]), 422, 'invalid-request', '/file'],
    ['a field that does not exist', () => wire([good, { name: 'a/b', content: 'x' }]), 422, 'invalid-request', '/a~1b'],
    [
      'a field twice',
      () => wire([...many(2, () => ({ name: 'caption', content: 'x' })), good]),
      422,
      'invalid-request',
      '/caption',
    ],
    [
      'a field that is too long',
      () => wire([good, { name: 'caption', content: 'x'.repeat(20_000) }]),
      422,
      'invalid-request',
      '/caption',
    ],
    [
      'a field of another kind',
      () => wire([good, { name: 'voice', content: 'maybe' }]),
      422,
      'invalid-request',
      '/voice',
    ],
    ['too many files', () => wire(many(FORM_FILES_MAX + 1, (n) => file(`${n}`))), 422, 'invalid-request', '/file'],
    [
      'too many fields',
      () => wire([...many(40, (n) => ({ name: `f${n}`, content: '' })), good]),
      422,
      'invalid-request',
      '',
    ],
    [
      'a file that is too large behind a good one',
      () => wire([good, file(Buffer.alloc(BYTES_MAX + 1))]),
      413,
      'media-too-large',
    ],
    ['no end', () => wire([good, good], ''), 400, 'malformed-form'],
    ['an end in the middle of a file', () => wire([good]).subarray(0, 80), 400, 'malformed-form'],
    ['a head of a part without end', () => `--${BOUNDARY}\r\nX: ${'x'.repeat(100_000)}`, 400, 'malformed-form'],
    ['what is no form', () => 'hello', 400, 'malformed-form'],
  ])('%s', async (_what, body, status, code, pointer) => {
    const before = inDirectory()
    const reply = await hand(body())
    expect([reply.status, reply.body.code, reply.body.errors?.[0].pointer]).toEqual([status, code, pointer])
    expect(inDirectory()).toEqual(before)
    expect((await hand(wire([good]))).status).toBe(201)
  })

  test.each([
    ['multipart/form-data', 400, 'malformed-form'],
    ['multipart/form-data; boundary=', 400, 'malformed-form'],
    ['multipart/mixed; boundary=x', 201, null],
  ])('of the kind %s', async (type, status, code) => {
    const reply = await hand('octets', { 'content-type': type })
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })

  test('one that breaks off with its connection is not kept', async () => {
    const before = inDirectory()
    const outgoing = request({
      host: '127.0.0.1',
      port: rig.port,
      path: '/api/v1/media',
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${token}`, 'content-type': FORM, 'content-length': '900000' },
    })
    outgoing.on('error', () => {})
    outgoing.write(wire([file('whole'), file(Buffer.alloc(200_000))], ''))
    while (inDirectory().length <= before.length) await new Promise((again) => setTimeout(again, 5))
    outgoing.destroy()
    while (inDirectory().length > before.length) await new Promise((again) => setTimeout(again, 5))
    expect(inDirectory()).toEqual(before)
  })

  test('a large one that does not say so is refused with an answer, as a body and in a form', async () => {
    const before = inDirectory()
    const endless = function* (head: string) {
      yield Buffer.from(head)
      for (let n = 0; n < 64; n++) yield Buffer.alloc(64 * 1024, n)
    }
    expect(await inPieces(endless(''), {})).toBe(413)
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`
    expect(await inPieces(endless(head), { 'content-type': FORM })).toBe(413)
    expect(inDirectory()).toEqual(before)
  })
})

describe('a file is read', () => {
  let id: string
  let tag: string
  beforeAll(async () => {
    id = (await rig.call('POST', '/api/v1/media', { token, body: '0123456789' })).body.id
    tag = String((await content(id)).headers['etag'])
  })

  test.each<[string, string, number, string, string?]>([
    ['the beginning', 'bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['from somewhere on', 'bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['the end', 'bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['more than there is', 'bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['more of the end than there is', 'bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['one octet', 'bytes=9-9', 206, '9', 'bytes 9-9/10'],
    ['several ranges: the whole', 'bytes=0-1,4-5', 200, '0123456789'],
    ['a range backwards: the whole', 'bytes=5-2', 200, '0123456789'],
    ['another unit: the whole', 'lines=0-1', 200, '0123456789'],
    ['nonsense: the whole', 'bytes=a-b', 200, '0123456789'],
  ])('%s', async (_what, range, status, text, place) => {
    const reply = await content(id, { range })
    expect([reply.status, reply.text, reply.headers['content-range']]).toEqual([status, text, place])
    expect(reply.headers['content-length']).toBe(String(text.length))
  })

  test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('%s: nothing is there, and how much there is', async (range) => {
    const reply = await content(id, { range })
    expect([reply.status, reply.headers['content-range'], reply.body.code]).toEqual([
      416,
      'bytes */10',
      'no-such-range',
    ])
  })

  test('by whom has it already: 304', async () => {
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const reply = await content(id, { 'if-none-match': known })
      expect([known, reply.status, reply.text, reply.headers['etag']]).toEqual([known, 304, '', tag])
    }
    expect((await content(id, { 'if-none-match': '"other"' })).status).toBe(200)
    const settings = await rig.call('GET', '/api/v1/settings', { token })
    const again = { token, headers: { 'if-none-match': String(settings.headers['etag']) } }
    expect((await rig.call('GET', '/api/v1/settings', again)).status).toBe(304)
    expect((await rig.call('PATCH', '/api/v1/settings', { ...again, json: { mode: 'integrated' } })).status).toBe(200)
  })

  test('a range of what was something else is the whole (If-Range)', async () => {
    const range = 'bytes=0-3'
    expect((await content(id, { range, 'if-range': tag })).status).toBe(206)
    for (const other of ['"other"', `W/${tag}`, 'Wed, 21 Oct 2015 07:28:00 GMT']) {
      expect([other, (await content(id, { range, 'if-range': other })).text]).toEqual([other, '0123456789'])
    }
  })

  test('HEAD says how long it is, and of a range the same', async () => {
    const whole = await rig.call('HEAD', `/api/v1/media/${id}`, { token })
    expect([whole.status, whole.headers['content-length'], whole.text]).toEqual([200, '10', ''])
    const part = await rig.call('HEAD', `/api/v1/media/${id}`, { token, headers: { range: 'bytes=2-3' } })
    expect([part.status, part.headers['content-length']]).toEqual([206, '2'])
  })

  test('one whose file was lost or damaged on the disk: 410', async () => {
    const lost = (await rig.call('POST', '/api/v1/media', { token, body: 'lost' })).body.id
    const row = await rig.db.selectFrom('attachments').select('blob_id').where('id', '=', lost).executeTakeFirst()
    rmSync(join(rig.directory, 'files', present(row?.blob_id ?? undefined)))
    const reply = await content(lost)
    expect([reply.status, reply.body.code]).toEqual([410, 'blob-missing'])
    expect((await rig.call('HEAD', `/api/v1/media/${lost}`, { token })).status).toBe(410)
  })
})

test('what becomes of a file in a picture message is given out, and whether it has no room there', async () => {
  const ids: string[] = []
  for (const octets of [PNG, PNG]) {
    const { body } = await rig.call('POST', '/api/v1/media', {
      token,
      body: octets,
      headers: { 'content-type': 'image/png' },
    })
    ids.push((body as unknown as { id: string }).id)
  }
  const [first = '', second = ''] = ids
  const asMms = (id: string, query = '') => rig.call('GET', `/api/v1/media/${id}/as-mms${query}`, { token })
  const alone = await asMms(first)
  expect([alone.status, alone.headers['content-type'], alone.headers['content-length']]).toEqual([
    200,
    'image/png',
    String(PNG.length),
  ])
  expect((await asMms(first, `?files=${first},${second}&text_bytes=10`)).status).toBe(200)
  // The rig's carrier has room for one.
  expect(await asMms(second, `?files=${first},${second}`)).toMatchObject({ status: 409, body: { code: 'wrong-state' } })
  expect(await asMms(second, `?files=${first}`)).toMatchObject({ status: 409 })
  expect(await asMms(first, '?text_bytes=80001')).toMatchObject({ status: 422 })
  expect(await asMms(`att_${'0'.repeat(26)}`)).toMatchObject({ status: 404 })
})
