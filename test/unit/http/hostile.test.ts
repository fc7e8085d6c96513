import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BODY_BYTES_MAX } from '../../../src/http/json-body.ts'
import { type CallOptions, exchangeOctets } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
})
afterAll(async () => {
  // Whatever was sent: none of it was a fault of ours.
  expect(rig.calls.filter((what) => what.startsWith('log.error'))).toEqual([])
  await rig.stop()
})

const json = { 'content-type': 'application/json' }
const deep = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`
const message = (metadata: string) => `{"to":"+15550000201","text":"x","metadata":${metadata}}`
const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
  rig.call('POST', '/api/v1/messages', { token, body, headers: { ...json, ...headers } })

const raw = (octets: string | Buffer) => exchangeOctets(rig.port, octets)

describe('a body that is no honest JSON', () => {
  test.each<[string, string | Buffer, Record<string, string>, number, string]>([
    [
      'octets that are not UTF-8',
      Buffer.from('{"to":"+15550000201","text":"\xff\xfe"}', 'latin1'),
      {},
      400,
      'malformed-utf8',
    ],
    ['what says it is gzip and is not', 'not gzip', { 'content-encoding': 'gzip' }, 400, 'malformed-encoding'],
    [
      'gzip that breaks off',
      gzipSync('{"to":"+15550000201"}').subarray(0, 20),
      { 'content-encoding': 'gzip' },
      400,
      'malformed-encoding',
    ],
    [
      'a small gzip of much',
      gzipSync(Buffer.alloc(50 * 1024 * 1024, 32)),
      { 'content-encoding': 'gzip' },
      413,
      'too-large',
    ],
    ['a list', '[]', {}, 422, 'invalid-request'],
    ['a number', '12', {}, 400, 'malformed-json'],
    ['white space', '   ', {}, 400, 'malformed-json'],
    ['one value behind another', '{} {}', {}, 400, 'malformed-json'],
    ['nesting without end', deep(BODY_BYTES_MAX / 2 - 100), {}, 422, 'invalid-request'],
    ['metadata nested without end', message(`{"a":${deep(BODY_BYTES_MAX / 2 - 100)}}`), {}, 422, 'invalid-request'],
    ['half a character', '{"to":"+15550000201","text":"\\ud83d"}', {}, 422, 'invalid-request'],
    ['half a character as a name', message('{"\\udc00":1}'), {}, 422, 'invalid-request'],
  ])('%s', async (_what, body, headers, status, code) => {
    const reply = await send(body, headers)
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  test('what is nested too deep, or is half a character, is pointed at', async () => {
    expect((await send(message('{"a/b":["\\ud83d"]}'))).body.errors).toMatchObject([
      { pointer: '/metadata/a~1b/0', code: 'half-a-character' },
    ])
    const { errors } = (await send(message(`{"a":${deep(40)}}`))).body
    expect(errors).toMatchObject([{ pointer: `/metadata/a${'/0'.repeat(30)}`, code: 'too-deep' }])
    expect((await send(message(`{"a":${deep(29)}}`))).status).toBe(202)
  })

  test('a name that JavaScript knows is a name like any other', async () => {
    const reply = await send(message('{"__proto__":{"admin":true},"constructor":1,"toString":2}'))
    expect(reply.status).toBe(202)
    expect(reply.body.metadata).toMatchObject({ constructor: 1, toString: 2 })
    const unknown = await send('{"to":"+15550000201","text":"x","__proto__":{"a":1}}')
    expect(unknown.body.errors).toMatchObject([{ pointer: '/__proto__', code: 'unknown-field' }])
  })

  test('of a name that comes twice the last one counts, as everywhere', async () => {
    const reply = await send('{"to":"+15550000201","text":"first","text":"last"}')
    expect([reply.status, reply.body.text]).toEqual([202, 'last'])
  })

  test.each(['application/merge-patch+json', 'application/json; charset=utf-8', 'APPLICATION/JSON'])(
    'is read whatever its JSON is called: %s',
    async (type) => {
      const reply = await send('{"to":"+15550000201","text":"x"}', { 'content-type': type })
      expect(reply.status).toBe(202)
    },
  )

  test('one that says that it is huge is refused before it comes', async () => {
    const head = `POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`
    const answered = await raw(`${head}Content-Type: application/json\r\nContent-Length: 5000000000\r\n\r\n{`)
    expect(answered).toMatch(/^HTTP\/1\.1 413 /)
    expect(answered).toMatch(/Connection: close/i)
    expect(answered).toContain('"code":"too-large"')
  })

  test('one that does not come in time is told so, and its connection ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const asked = rig.calls.length
      const body = JSON.stringify({ to: '+15550000201', text: 'late' })
      const socket = connect(rig.port, '127.0.0.1')
      let got = ''
      socket.setEncoding('utf8').on('data', (chunk) => {
        got += chunk
      })
      const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
      socket.write(`POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`)
      socket.write(`Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`)
      while (vi.getTimerCount() === 0) await new Promise(setImmediate)
      vi.advanceTimersByTime(30_000)
      while (!got.includes('too-slow')) await new Promise(setImmediate)
      expect(got).toMatch(/^HTTP\/1\.1 408 /)
      // What comes all the same is thrown away.
      socket.write(body.slice(9))
      expect(await closed).toBe(true)
      expect(rig.calls.slice(asked)).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a request that is clumsy', () => {
  test.each<[string, string, string, CallOptions, number, string]>([
    ['a path that is no UTF-8', 'GET', '/api/v1/messages/%ff', {}, 400, 'malformed-address'],
    ['a path that breaks off', 'GET', '/api/v1/messages/%e', {}, 400, 'malformed-address'],
    ['a path with NUL', 'GET', '/api/v1/contacts/%00', {}, 404, 'not-found'],
    ['a path that climbs', 'GET', '/api/v1/media/..%2f..%2fetc%2fpasswd', {}, 404, 'unknown-attachment'],
    ['an id of another kind', 'GET', '/api/v1/media/msg_01J00000000000000000000000', {}, 404, 'unknown-attachment'],
    ['a very long id', 'GET', `/api/v1/messages/${'x'.repeat(8_000)}`, {}, 404, 'not-found'],
    ['a query twice', 'GET', '/api/v1/messages?limit=1&limit=2', {}, 422, 'invalid-request'],
    ['a query that is no UTF-8', 'GET', '/api/v1/search?q=%ff', {}, 200, ''],
    ['a limit of nonsense', 'GET', '/api/v1/messages?limit=1e9', {}, 422, 'invalid-request'],
    ['a limit below zero', 'GET', '/api/v1/messages?limit=-1', {}, 422, 'invalid-request'],
    ['an event of the far future', 'GET', '/api/v1/events?after=99999999999999999999', {}, 422, 'invalid-request'],
    ['OPTIONS', 'OPTIONS', '/api/v1/messages', {}, 405, 'method-not-allowed'],
    ['TRACE', 'TRACE', '/api/v1/messages', {}, 405, 'method-not-allowed'],
    [
      'If-Match of nonsense',
      'PATCH',
      '/api/v1/settings',
      { json: { mode: 'integrated' }, headers: { 'if-match': 'x' } },
      412,
      'version-mismatch',
    ],
  ])('%s', async (_what, method, path, options, status, code) => {
    const reply = await rig.call(method, path, { token, ...options })
    expect([reply.status, reply.body?.code ?? '']).toEqual([status, code])
  })

  test('HEAD answers as GET does, without a body', async () => {
    for (const path of ['/messages', '/settings', '/contacts', '/modems', '/events?limit=1', '/session']) {
      const [head, get] = [
        await rig.call('HEAD', `/api/v1${path}`, { token }),
        await rig.call('GET', `/api/v1${path}`, { token }),
      ]
      expect([path, head.status, head.text, head.headers['etag']]).toEqual([path, get.status, '', get.headers['etag']])
    }
  })

  test('HEAD of the event stream ends', async () => {
    const reply = await rig.call('HEAD', '/api/v1/events', { token, headers: { accept: 'text/event-stream' } })
    expect([reply.status, reply.text]).toEqual([200, ''])
    expect(reply.headers['content-type']).toMatch(/^text\/event-stream/)
  })

  test('what is no HTTP is told so, and nothing ends but its connection', async () => {
    expect(await raw('HELO gateway\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]))).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    const twice =
      'POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(await raw(twice)).toMatch(/^HTTP\/1\.1 400 /)
    expect((await rig.call('GET', '/healthz')).status).toBe(200)
  })
})
