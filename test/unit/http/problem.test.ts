import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BODY_BYTES_MAX } from '../../../src/http/json-body.ts'
import { type CallOptions, exchangeOctets } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
})
afterAll(() => rig.stop())

const json = { 'content-type': 'application/json' }
const valid = { to: '+15550000201', text: 'hello' }

describe('whatever is wrong is answered as problem+json', () => {
  test.each<[string, string, string, CallOptions, number, string]>([
    ['an address that is not there', 'GET', '/api/v1/nothing', {}, 404, 'not-found'],
    ['an address outside the API', 'GET', '/webhooks/nothing', {}, 404, 'not-found'],
    ['a file that the inbox has not', 'GET', '/nothing.css', {}, 404, 'not-found'],
    ['a method that an address does not take', 'PUT', '/api/v1/messages', {}, 405, 'method-not-allowed'],
    ['a method that health does not take', 'POST', '/healthz', {}, 405, 'method-not-allowed'],
    ['a message that is not there', 'GET', '/api/v1/messages/msg_x', {}, 404, 'not-found'],
    ['a message to cancel that is not there', 'POST', '/api/v1/messages/msg_x/cancel', {}, 404, 'unknown-message'],
    [
      'a body of another kind',
      'POST',
      '/api/v1/messages',
      { body: 'to=x', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported-media-type',
    ],
    ['a body of no kind', 'POST', '/api/v1/messages', { body: '{}' }, 415, 'unsupported-media-type'],
    [
      'a charset that is not UTF',
      'POST',
      '/api/v1/messages',
      { body: '{}', headers: { 'content-type': 'application/json; charset=ebcdic' } },
      415,
      'unsupported-media-type',
    ],
    [
      'an encoding that is not known',
      'POST',
      '/api/v1/messages',
      { body: '{}', headers: { ...json, 'content-encoding': 'zst' } },
      415,
      'unsupported-media-type',
    ],
    ['a body that is not JSON', 'POST', '/api/v1/messages', { body: '{"to":', headers: json }, 400, 'malformed-json'],
    [
      'a body that is not an object',
      'POST',
      '/api/v1/messages',
      { body: '"text"', headers: json },
      400,
      'malformed-json',
    ],
    [
      'a body that is too large',
      'POST',
      '/api/v1/messages',
      { body: Buffer.alloc(BODY_BYTES_MAX + 1, 32), headers: json },
      413,
      'too-large',
    ],
    ['no body', 'POST', '/api/v1/messages', {}, 422, 'invalid-request'],
    ['a query that does not exist', 'GET', '/api/v1/messages?colour=red', {}, 422, 'invalid-request'],
    ['a cursor that is none of ours', 'GET', '/api/v1/messages?cursor=zzz', {}, 422, 'invalid-cursor'],
    ['a number that is none', 'POST', '/api/v1/messages', { json: { to: 'Mum', text: 'x' } }, 422, 'invalid-number'],
  ])('%s', async (_what, method, path, options, status, code) => {
    const reply = await rig.call(method, path, { token, ...options })
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(reply.body).toMatchObject({
      type: `urn:causeway:problem:${code}`,
      status,
      instance: path.split('?')[0],
    })
    expect(reply.body.title).toMatch(/\w/)
    expect(reply.text).not.toMatch(/\.ts|\.js|node_modules|\bat [\w.]+ \(/)
  })

  test('a 405 says which methods there are', async () => {
    const reply = await rig.call('DELETE', '/api/v1/messages', { token })
    expect(reply.headers['allow']).toBe('POST, GET, HEAD')
  })

  test.each<[string, object, string[]]>([
    ['to and conversation_id are both there', { ...valid, conversation_id: 'cnv_x' }, ['/to']],
    ['neither is there', { text: 'x' }, ['/to']],
    ['the text is empty', { ...valid, text: '' }, ['/text']],
    ['the text is too long', { ...valid, text: 'x'.repeat(20_001) }, ['/text']],
    ['the text is a number', { ...valid, text: 5 }, ['/text']],
    ['the policy does not exist', { ...valid, policy: 'best' }, ['/policy']],
    ['a field does not exist', { ...valid, txet: 'x', 'a/b~c': 1 }, ['/txet', '/a~1b~0c']],
    ['the spans are none', { ...valid, fallback_after: 'soon', validity: 'PT0S' }, ['/fallback_after', '/validity']],
    ['the span is too long', { ...valid, validity: 'P31D' }, ['/validity']],
    ['the metadata is too large', { ...valid, metadata: { a: 'x'.repeat(5000) } }, ['/metadata']],
    ['the time is none', { ...valid, schedule_at: 'tomorrow' }, ['/schedule_at']],
  ])('each field that is wrong is pointed at: %s', async (_what, body, pointers) => {
    const reply = await rig.call('POST', '/api/v1/messages', { token, json: body })
    expect(reply.status).toBe(422)
    expect(reply.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(pointers)
  })

  test.each<[string, string, object, object]>([
    [
      'a text',
      '/messages',
      { ...valid, text: 'x'.repeat(20_001) },
      { code: 'too-big', values: { max: 20_000, of: 'string' } },
    ],
    ['a list', '/messages', { ...valid, media: [] }, { code: 'too-small', values: { min: 1, of: 'array' } }],
    [
      'a password',
      '/users',
      { name: 'ida', password: 'short', role: 'viewer' },
      { code: 'too-small', values: { min: 10, of: 'string' } },
    ],
    [
      'a figure',
      '/groups',
      { title: 'G', members: ['+15550000201'], timer_seconds: -1 },
      { code: 'too-small', values: { min: 0, of: 'number' } },
    ],
    [
      'members',
      '/groups',
      { kind: 'phone', members: ['+15550000201'] },
      { pointer: '/members', code: 'too-small', values: { of: 'array' } },
    ],
  ])('a field that is too long or too short comes with its bound: %s', async (_what, path, body, fault) => {
    const reply = await rig.call('POST', `/api/v1${path}`, { token, json: body })
    expect([reply.status, reply.body.code]).toEqual([422, 'invalid-request'])
    expect(reply.body.errors).toMatchObject([fault])
    expect(reply.body.values).toBeUndefined()
  })

  test('what is in the words of a refusal stands beside them by name', async () => {
    const user = { name: 'Ida', password: 'long enough for anybody', role: 'viewer' }
    await rig.call('POST', '/api/v1/users', { token, json: user })
    const reply = await rig.call('POST', '/api/v1/users', { token, json: user })
    expect(reply.status).toBe(409)
    expect(reply.body).toMatchObject({ code: 'user-exists', values: { name: 'Ida' } })
  })

  test.each<[string, object, string, string]>([
    ['/contacts', { address: 'Mum' }, 'invalid-number', '/address'],
    ['/contacts', { address: '112' }, 'emergency-number', '/address'],
    ['/contacts', { address: 'u:nobody.42' }, 'username-unknown', '/address'],
    ['/groups', { title: 'G', members: ['+15550000201', 'Mum'] }, 'invalid-number', '/members'],
    ['/groups', { kind: 'phone', members: ['+15550000201', '911'] }, 'emergency-number', '/members'],
    ['/messages', { to: '911', text: 'x' }, 'emergency-number', '/to'],
    ['/messages', { to: 'grp_nothing', text: 'x' }, 'unknown-conversation', '/to'],
    ['/messages', { conversation_id: 'cnv_nothing', text: 'x' }, 'unknown-conversation', '/conversation_id'],
  ])('what the gateway finds wrong with a field is pointed at where it stood: %s %j', async (path, body, code, at) => {
    const reply = await rig.call('POST', `/api/v1${path}`, { token, json: body })
    expect([reply.status, reply.body.code]).toEqual([422, code])
    expect(reply.body.errors).toMatchObject([{ pointer: at, code }])
  })

  test('a fault of ours tells nothing but that it was one', async () => {
    const { modems } = rig.ports
    const { list } = modems
    modems.list = () => {
      throw new Error('secret words of a stack')
    }
    const reply = await rig.call('GET', '/api/v1/modems', { token })
    modems.list = list
    expect([reply.status, reply.body.code]).toEqual([500, 'internal'])
    expect(reply.text).not.toContain('secret')
    expect(rig.calls).toContain('log.error Error: secret words of a stack')
  })

  test('a body is not read before its sender is known', async () => {
    // A body is promised and never sent.
    const answered = await exchangeOctets(
      rig.port,
      'POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n',
    )
    expect(answered).toMatch(/^HTTP\/1\.1 401 /)
    expect(answered).toMatch(/Connection: close/i)
  })
})

describe('health', () => {
  test('is 503 before the gateway is ready and 200 once it is', async () => {
    rig.ready = false
    const before = await rig.call('GET', '/healthz')
    const readyBefore = await rig.call('GET', '/readyz')
    rig.ready = true
    const after = await rig.call('GET', '/healthz')
    expect([before.status, readyBefore.status, after.status]).toEqual([503, 503, 200])
    expect((await rig.call('GET', '/readyz')).status).toBe(200)
    expect(after.body).toEqual({ status: 'pass' })
  })
})
