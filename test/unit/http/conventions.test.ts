import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problem } from '../../../src/http/openapi/shapes.ts'
import { routes } from '../../../src/http/routes.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import type { CallOptions } from './exchange.ts'
import { gardenGroup, type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string
const ids: Record<string, string> = {}

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  const sent = await call('POST', '/messages', { json: { to: '+15550000201', text: 'hello' } })
  ids['messages'] = sent.body.id
  ids['conversations'] = sent.body.conversation_id
  ids['contacts'] = sent.body.contact.id
  ids['modems'] = rig.modem.id
  const hook = { url: 'http://127.0.0.1:9/', events: ['message.read'] }
  const person = { name: 'Walker', role: 'viewer', password: 'ten letters' }
  ids['users'] = (await call('POST', '/users', { json: person })).body.id
  ids['webhooks'] = (await call('POST', '/webhooks', { json: hook })).body.id
  await rig.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, rig.ports.ids, gardenGroup, 1)
    await ensureGroupConversation(tx, rig.ports.ids, group.id, 1)
    ids['groups'] = group.id
  })
  ids['deliveries'] = (await call('POST', `/webhooks/${ids['webhooks']}/test`)).body.id
})
afterAll(() => rig.stop())

const call = (method: string, path: string, options: CallOptions = {}) =>
  rig.call(method, `/api/v1${path}`, { token, ...options })

/** `:id` after a kind of thing → the one that is there. */
const concrete = (path: string) =>
  path
    .replace('/api/v1', '')
    .replaceAll(/\/([\w-]+)\/:\w+/g, (_all, kind: string) => `/${kind}/${ids[kind] ?? 'nothing'}`)

const keyed = (key: string, json?: unknown): CallOptions => ({
  headers: { 'idempotency-key': key },
  ...(json === undefined ? {} : { json }),
})

/** Bodies that are taken, where a route wants one. */
const bodies: Record<string, unknown> = {
  '/api/v1/messages': { to: '+15550000201', text: 'once' },
  '/api/v1/contacts': { address: '+15550000299' },
  '/api/v1/contacts/:id/identity/compare': { scanned: 'AAAA' },
  '/api/v1/modems/:id/at': { command: 'ATI' },
  '/api/v1/modems/:id/ussd': { text: '*100#' },
  '/api/v1/modems/:id/ussd/reply': { text: '1' },
  '/api/v1/signal/register': { number: '+15550000101', sign_out_phone: true },
  '/api/v1/signal/challenge': { token: 'signalcaptcha://x' },
  '/api/v1/signal/verify': { code: '123456' },
  '/api/v1/tokens': { name: 'once', scopes: ['messages:read'] },
  '/api/v1/webhooks': { url: 'http://127.0.0.1:9/once', events: ['message.read'] },
}

describe('Idempotency-Key', () => {
  const posts = routes.filter(({ method, stream }) => method === 'POST' && stream !== true).map(({ path }) => path)

  test.each(posts)('of POST %s: done once, answered the same; another request under it is refused', async (path) => {
    const key = `walk ${path}`
    const first = await call('POST', concrete(path), keyed(key, bodies[path]))
    const done = rig.calls.length
    const again = await call('POST', concrete(path), keyed(key, bodies[path]))
    if (first.status >= 300) {
      // Refused, as in this state it has to be: nothing was done, and the key is free.
      expect([path, first.status, again.status]).toEqual([path, first.status, first.status])
      expect(first.status).toBeLessThan(500)
      expect(again.headers['idempotency-replayed']).toBeUndefined()
      return
    }
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([first.status, 'true'])
    // A message's key is the router's to know.
    expect(rig.calls.slice(done).filter((what) => what !== 'submit')).toEqual([])
    const {
      token: _token,
      secret: _secret,
      setup_code: _code,
      recovery_key: _key,
      ...shown
    } = first.body ?? { empty: true }
    expect(again.body ?? { empty: true }).toEqual(shown)
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    const other = await call(
      'POST',
      path === '/api/v1/messages' ? '/messages' : '/webhooks/nothing/test',
      keyed(key, { to: '+15550000202', text: 'x' }),
    )
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-mismatch'])
  })

  test('a token is made once, and its secret is kept nowhere', async () => {
    const body = { name: 'deploy', scopes: ['messages:send'] }
    const first = await call('POST', '/tokens', keyed('deploy', body))
    const again = await call('POST', '/tokens', keyed('deploy', body))
    expect(first.body.token).toMatch(/^cw_/)
    expect([again.body.id, again.body.token]).toEqual([first.body.id, undefined])
    const kept = JSON.stringify(await rig.db.selectFrom('idempotent_replies').selectAll().execute())
    expect(kept).toContain(first.body.id)
    expect(kept).not.toContain(first.body.token)
  })

  test('two at one time: one is done, the other is told to wait', async () => {
    const { modems } = rig.ports
    const { reset } = modems
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let resets = 0
    modems.reset = async () => {
      resets += 1
      await gate
    }
    const first = call('POST', concrete('/api/v1/modems/:id/reset'), keyed('at once'))
    while (resets === 0) await new Promise((again) => setTimeout(again, 5))
    const second = await call('POST', concrete('/api/v1/modems/:id/reset'), keyed('at once'))
    expect([second.status, second.body.code, second.headers['retry-after']]).toEqual([409, 'idempotency-running', '1'])
    open()
    expect((await first).status).toBe(200)
    modems.reset = reset
    expect(resets).toBe(1)
  })

  test('after a crash in the middle it is not done again in silence', async () => {
    const path = concrete('/api/v1/modems/:id/reset')
    await call('POST', path, keyed('crash'))
    await rig.db
      .updateTable('idempotent_replies')
      .set({ status: null, headers_json: null, body_json: null })
      .where('key', '=', 'crash')
      .execute()
    const before = rig.calls.length
    const again = await call('POST', path, keyed('crash'))
    expect([again.status, again.body.code]).toEqual([409, 'idempotency-uncertain'])
    expect(rig.calls.slice(before)).toEqual([])
  })

  test('belongs to its token, and is forgotten after a day', async () => {
    const path = concrete('/api/v1/modems/:id/reset')
    await call('POST', path, keyed('mine'))
    const other = await rig.token('admin')
    expect(
      (await call('POST', path, { ...keyed('mine'), token: other })).headers['idempotency-replayed'],
    ).toBeUndefined()
    const { clock } = rig.ports
    rig.ports.clock = () => Date.now() + 24 * 3_600_000 + 1
    expect((await call('POST', path, keyed('mine'))).headers['idempotency-replayed']).toBeUndefined()
    rig.ports.clock = clock
  })

  test.each(['', 'x'.repeat(256)])('has 1 to 255 characters', async (key) => {
    const reply = await call('POST', concrete('/api/v1/modems/:id/reset'), keyed(key))
    expect([reply.status, reply.body.errors[0].code]).toEqual([422, 'invalid-idempotency-key'])
  })
})

describe('If-Match', () => {
  const patches = routes.filter(({ method }) => method === 'PATCH').map(({ path }) => path)
  const changes: Record<string, (n: number) => unknown> = {
    '/api/v1/contacts/:id': (n) => ({ name: `Ana ${n}` }),
    '/api/v1/settings': (n) => ({ mode: ['data_only', 'integrated'][n % 2] }),
    '/api/v1/webhooks/:id': (n) => ({ description: `try ${n}` }),
    '/api/v1/users/:id': (n) => ({ name: `Walker ${n}` }),
    '/api/v1/signal/profile': (n) => ({ about: `try ${n}` }),
  }

  test.each(patches)('PATCH %s: GET answers a tag, and a change under another one is refused', async (path) => {
    const at = concrete(path)
    const read = await call('GET', at)
    expect([read.status, read.headers['etag']]).toEqual([200, expect.stringMatching(/^"[^"]+"$/)])
    expect((await call('GET', at)).headers['etag']).toBe(read.headers['etag'])
    const stale = await call('PATCH', at, {
      json: changes[path]?.(0) ?? taken(path),
      headers: { 'if-match': '"999999"' },
    })
    expect([path, stale.status, stale.body.code]).toEqual([path, 412, 'version-mismatch'])
    expect((await call('GET', at)).headers['etag']).toBe(read.headers['etag'])
  })

  /** A body of the right shape, for what cannot be changed here. */
  const taken = (path: string) => {
    if (path.includes('groups')) return { title: 'Garden' }
    return path.includes('conversations') ? { disappears_after: 'PT1H' } : { text: 'edited' }
  }

  test.each(Object.keys(changes))('PATCH %s: of two that read the same, one wins', async (path) => {
    const at = concrete(path)
    const tag = String((await call('GET', at)).headers['etag'])
    const change = changes[path] ?? (() => ({}))
    const both = await Promise.all(
      [0, 1, 2].map((n) => call('PATCH', at, { json: change(n), headers: { 'if-match': tag } })),
    )
    // Settings: who asks for what is there already changes nothing, and spoils nobody's tag.
    const won = both.filter(({ status }) => status === 200)
    expect(won.length).toBeGreaterThan(0)
    expect(both.map(({ status }) => status).filter((status) => status !== 200 && status !== 412)).toEqual([])
    const last = await call('GET', at)
    if (last.headers['etag'] !== tag) expect(both.some(({ status }) => status === 412)).toBe(true)
    const next = await call('PATCH', at, { json: change(1), headers: { 'if-match': String(last.headers['etag']) } })
    expect(next.status).toBe(200)
    expect(next.headers['etag']).toBe((await call('GET', at)).headers['etag'])
  })
})

describe('every field that is wrong is pointed at', () => {
  const withBody = routes.filter(({ body }) => body !== undefined).map(({ method, path }) => [method, path] as const)
  test.each(withBody)('%s %s', async (method, path) => {
    const reply = await call(method, concrete(path), { json: { 'no such/field': 1 } })
    expect([reply.status, reply.body.code]).toEqual([422, 'invalid-request'])
    const pointers = reply.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    expect(pointers).toContain('/no such~1field')
    for (const { pointer, code, message } of reply.body.errors) {
      // Empty: the body as a whole (RFC 6901).
      expect(pointer).toMatch(/^(\/|$)/)
      expect([code, message]).toEqual([expect.stringMatching(/^[a-z-]+$/), expect.stringMatching(/\w/)])
    }
  })

  const withQuery = routes.filter(({ query }) => query !== undefined).map(({ method, path }) => [method, path] as const)
  test.each(withQuery)('%s %s?…', async (method, path) => {
    const reply = await call(method, `${concrete(path)}?nonsense=1`)
    expect([reply.status, reply.body.code]).toEqual([422, 'invalid-request'])
    expect(reply.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain('?nonsense')
  })
})

test('every list that has more says where, in the body and as RFC 8288 says', async () => {
  for (let n = 0; n < 3; n++) {
    await call('POST', '/messages', { json: { to: `+1555000021${n}`, text: `list ${n}` } })
    await call('POST', `/webhooks/${ids['webhooks']}/test`)
  }
  const lists = routes.filter(
    ({ method, query }) => method === 'GET' && query !== undefined && 'cursor' in shapeOf(query),
  )
  expect(lists.length).toBeGreaterThan(5)
  const more: string[] = []
  for (const { path } of lists) {
    const asked = path === '/api/v1/search' ? '?q=list&limit=1' : '?limit=1'
    const { status, body, headers } = await call('GET', `${concrete(path)}${asked}`)
    expect([path, status]).toEqual([path, 200])
    if (body.next_cursor === null) expect([path, headers['link']]).toEqual([path, undefined])
    else {
      const link = `/api/v1${concrete(path)}${asked}&cursor=${encodeURIComponent(body.next_cursor)}`
      expect(headers['link']).toBe(`<${link}>; rel="next"`)
    }
    if (body.next_cursor !== null) more.push(path.replace('/api/v1', ''))
  }
  expect(more).toEqual(expect.arrayContaining(['/messages', '/conversations', '/contacts', '/webhooks/:id/deliveries']))
})

const shapeOf = (query: object) => ('shape' in query ? (query.shape as object) : {})

describe('the quota of a token', () => {
  test('is told with every answer, ends in 429 with Retry-After, and begins anew with the next minute', async () => {
    rig.ports.requestsPerMinute = 3
    const { clock } = rig.ports
    let aheadMs = 0
    const startMs = Date.now()
    rig.ports.clock = () => startMs + aheadMs
    await rig.restart(async () => {})
    const mine = await rig.token('messages:read')
    const ask = (as: string, path = '/messages') => call('GET', path, { token: as })
    const left = []
    for (let n = 0; n < 3; n++) {
      const { status, headers } = await ask(mine, n === 1 ? '/messages/nothing' : n === 2 ? '/tokens' : '/messages')
      expect(headers['ratelimit-policy']).toBe('"token";q=3;w=60')
      left.push([status, headers['ratelimit']])
    }
    expect(left).toEqual([
      [200, '"token";r=2;t=60'],
      [404, '"token";r=1;t=60'],
      [403, '"token";r=0;t=60'],
    ])
    aheadMs = 10_500
    const refused = await ask(mine)
    expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([
      429,
      'too-many-requests',
      '50',
    ])
    expect(refused.headers['ratelimit']).toBe('"token";r=0;t=50')
    expect(problem.parse(refused.body).retry_after).toBe(50)
    expect((await ask(await rig.token('messages:read'))).status).toBe(200)
    const local = await rig.call('GET', '/api/v1/messages', { local: true })
    expect([local.status, local.headers['ratelimit']]).toEqual([200, undefined])
    aheadMs = 60_000
    expect((await ask(mine)).status).toBe(200)
    rig.ports.clock = clock
  })
})
