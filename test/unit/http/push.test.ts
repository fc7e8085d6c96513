import { createPublicKey } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { guarded, parseEndpoint } from '../../../src/http/push/endpoint.ts'
import { newVapidJwk, vapidAuthorization, vapidKey } from '../../../src/http/push/vapid.ts'
import { PushWorker } from '../../../src/http/push/worker.ts'
import { newsSince } from '../../../src/store/push.ts'
import { type Browser, signedIn } from './browser.ts'
import { type Rig, startRig } from './rig.ts'

interface WebPush {
  generateRequestDetails(
    subscription: { endpoint: string },
    payload: null,
    options: object,
  ): { headers: Record<string, string | number>; body: unknown }
}
const require = createRequire(import.meta.url)
const oracle: WebPush = require('web-push')
/** What web-push itself signs and checks with. */
const jws: { verify(token: string, algorithm: string, key: string): boolean } = createRequire(
  require.resolve('web-push'),
)('jws')

let rig: Rig
let service: Server
let origin: string
let worker: PushWorker
let browser: Browser
let status = 201
const received: { headers: IncomingHttpHeaders; body: string; path: string }[] = []
let told = () => {}

beforeAll(async () => {
  rig = await startRig()
  service = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    request.once('end', () => {
      received.push({ headers: request.headers, body, path: request.url ?? '' })
      response.writeHead(status).end()
      told()
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const { db, events, clock, log } = rig.ports
  const resolve = (name: string) => lookup(name, { all: true })
  const options = { db, events, clock, log, resolve, subject: 'mailto:me@example.org', mayBeLocal: true }
  worker = await PushWorker.open(options)
  rig.ports.push = worker
  browser = await signedIn(rig, 'viewer')
  await worker.start()
})
afterAll(async () => {
  await worker.stop()
  await rig.stop()
  await new Promise((resolve) => service.close(resolve))
})
beforeEach(() => {
  received.length = 0
  status = 201
})

const subscribe = (path: string, who = browser) =>
  who.call('POST', '/api/v1/push/subscriptions', { json: { endpoint: `${origin}${path}`, expirationTime: null } })
const subscriptions = () => rig.db.selectFrom('push_subscriptions').selectAll().execute()
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) {
    await Promise.race([
      new Promise<void>((resolve) => {
        told = resolve
      }),
      new Promise((resolve) => setTimeout(resolve, 50)),
    ])
  }
}
let inbound = 0
const arrive = async (more: { muted?: number; read?: boolean } = {}) => {
  const { body } = await rig.call('POST', '/api/v1/messages', {
    local: true,
    json: { to: `+1555000099${inbound++}`, text: 'out' },
  })
  const set = { direction: 'in' as const, state: 'received' as const, text: 'top secret words' }
  await rig.db
    .updateTable('messages')
    .set({ ...set, read_at_ms: more.read === true ? 1 : null })
    .where('id', '=', body.id)
    .execute()
  await rig.db
    .updateTable('conversations')
    .set({ muted: more.muted ?? 0 })
    .where('id', '=', body.conversation_id)
    .execute()
  return body.id as string
}

test('our VAPID header is what web-push makes, and its own library takes our signature', () => {
  const jwk = newVapidJwk()
  const key = vapidKey(jwk)
  const endpoint = 'https://push.example/send/abc'
  const theirs = oracle.generateRequestDetails({ endpoint }, null, {
    vapidDetails: { subject: 'mailto:me@example.org', publicKey: key.publicKey, privateKey: jwk.d },
    TTL: 86_400,
    urgency: 'high',
    topic: 'wake',
    contentEncoding: 'aes128gcm',
  })
  const ours = vapidAuthorization(key, 'https://push.example', 'mailto:me@example.org', Date.now())
  const parse = (header: string) => {
    const [, token = '', publicKey] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? []
    const [head = '', claims = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    return { token, publicKey, head: JSON.parse(head), claims: JSON.parse(claims) }
  }
  const [a, b] = [parse(ours), parse(String(theirs.headers['Authorization']))]
  expect([a.head, a.publicKey, { ...a.claims, exp: 0 }]).toEqual([b.head, b.publicKey, { ...b.claims, exp: 0 }])
  expect(Math.abs(a.claims.exp - b.claims.exp)).toBeLessThan(60)
  const { d: _private, ...point } = jwk
  const pem = createPublicKey({ key: point, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).toString()
  expect(jws.verify(a.token, 'ES256', pem)).toBe(true)
  expect(jws.verify(`${a.token.slice(0, -8)}AAAAAAAA`, 'ES256', pem)).toBe(false)
  expect(theirs.headers).toMatchObject({ TTL: 86_400, Urgency: 'high', Topic: 'wake', 'Content-Length': 0 })
})

describe('a wake', () => {
  test('is tried on wish, in the browser that asks and no other', async () => {
    const other = await signedIn(rig, 'sender')
    await subscribe('/tried')
    expect((await other.call('POST', '/api/v1/push/test')).body.code).toBe('push-none')
    expect(received).toEqual([])
    expect((await browser.call('POST', '/api/v1/push/test')).status).toBe(202)
    await until(() => received.length > 0)
    expect(received.map(({ path, body }) => [path, body])).toEqual([['/tried', '']])
    await browser.call('DELETE', '/api/v1/push/subscriptions')
    received.length = 0
  })

  test('is an empty POST that says who we are, one for many messages', async () => {
    expect((await browser.call('GET', '/api/v1/push/key')).body.key).toBe(worker.publicKey)
    expect((await subscribe('/one')).status).toBe(201)
    expect((await subscribe('/one')).status).toBe(201)
    const ids = [await arrive(), await arrive(), await arrive()]
    await rig.db.transaction().execute(async (tx) => {
      for (const messageId of ids) await rig.ports.events.append(tx, { type: 'message.received', messageId })
    })
    rig.ports.events.poke()
    await until(() => received.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(received.map(({ path, body }) => [path, body])).toEqual([['/one', '']])
    expect(received[0]?.headers).toMatchObject({
      ttl: '86400',
      urgency: 'high',
      topic: 'wake',
      'content-length': '0',
      authorization: expect.stringMatching(/^vapid t=/),
    })
    expect(JSON.stringify(received)).not.toMatch(/secret|1555/)
    expect(received[0]?.headers['content-type']).toBeUndefined()
  })

  test('comes not for what is muted, was read elsewhere or went well; for what failed or asks it does', async () => {
    const [muted, read, fresh] = [await arrive({ muted: 1 }), await arrive({ read: true }), await arrive()]
    const wakes = async (type: string, id: string) => {
      const before = await rig.ports.events.latest()
      await rig.event(type, id)
      return newsSince(rig.db, before)
    }
    for (const [type, id, is] of [
      ['message.received', muted, false],
      ['message.received', read, false],
      ['message.sent', read, false],
      ['message.delivered', read, false],
      ['message.received', fresh, true],
      ['message.held', read, true],
      ['message.failed', read, true],
      ['message.expired', read, true],
    ] as const) {
      expect([type, id, await wakes(type, id)]).toEqual([
        type,
        id,
        { wakes: is, last: await rig.ports.events.latest() },
      ])
    }
    await until(() => received.length > 0)
  })

  test('ends for good when the service says that the browser is gone', async () => {
    status = 410
    await rig.event('message.received', await arrive())
    await until(async () => (await subscriptions()).length === 0)
  })

  test('ends with the session, and with its own request', async () => {
    const other = await signedIn(rig, 'viewer', 'other')
    await subscribe('/a', browser)
    await subscribe('/b', other)
    expect((await browser.call('DELETE', '/api/v1/push/subscriptions')).status).toBe(204)
    expect((await subscriptions()).map(({ endpoint }) => endpoint)).toEqual([`${origin}/b`])
    await other.call('DELETE', '/api/v1/session')
    expect(await subscriptions()).toEqual([])
    const token = await rig.token('admin')
    const program = await rig.call('POST', '/api/v1/push/subscriptions', { token, json: { endpoint: `${origin}/c` } })
    expect([program.status, program.body.code]).toEqual([409, 'no-session'])
  })

  test('is signed by the same key after a restart', async () => {
    const { db, events, clock, log } = rig.ports
    const resolve = (name: string) => lookup(name, { all: true })
    const again = await PushWorker.open({ db, events, clock, log, resolve, subject: 'mailto:a@b.c', mayBeLocal: false })
    expect(again.publicKey).toBe(worker.publicKey)
  })
})

describe('an endpoint', () => {
  test.each([
    'http://push.example/x',
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://2130706433/x',
    'https://user:pass@push.example/x',
    'ftp://push.example/',
    'nonsense',
    `https://push.example/${'x'.repeat(1_000)}`,
  ])('%s is refused', (endpoint) => {
    expect(() => parseEndpoint(endpoint, false)).toThrow(expect.objectContaining({ code: 'push-endpoint' }))
  })

  test.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', '::1', 'fd00::1', '::ffff:10.0.0.1'])(
    'whose name leads to %s is not posted to, whatever it led to before',
    async (address) => {
      const resolve = guarded(async () => [{ address, family: address.includes(':') ? 6 : 4 }], false)
      await expect(resolve('push.example')).rejects.toMatchObject({ code: 'push-endpoint' })
    },
  )

  test('of the wide world is taken', async () => {
    expect(parseEndpoint('https://fcm.googleapis.com/fcm/send/abc', false)).toBe(
      'https://fcm.googleapis.com/fcm/send/abc',
    )
    const resolve = guarded(async () => [{ address: '142.250.1.1', family: 4 }], false)
    expect(await resolve('fcm.googleapis.com')).toHaveLength(1)
  })
})
