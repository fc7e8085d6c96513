import { statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../../src/http/routes.ts'
import { SCOPES, type Scope } from '../../../src/http/scopes.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
const tokens = new Map<Scope, string>()

beforeAll(async () => {
  rig = await startRig()
  for (const scope of SCOPES) tokens.set(scope, await rig.token(scope))
})
afterAll(() => rig.stop())

/** Ids that exist nowhere: only the answer's class matters, and nothing is done. */
const concrete = (path: string) => path.replaceAll(/:\w+/g, 'nothing')
const bodyFor = (method: string) => (method === 'GET' || method === 'DELETE' ? {} : { json: { nonsense: true } })

describe('every route asks who and whether they may', () => {
  test('the table is not empty and says each address once', () => {
    const rows = routes.map(({ method, path }) => `${method} ${path}`)
    expect(rows.length).toBeGreaterThan(30)
    expect(new Set(rows).size).toBe(rows.length)
  })

  test.each(routes.map((row) => [row.method, row.path, row.scope] as const))(
    '%s %s wants a token with the scope %s',
    async (method, path, scope) => {
      const address = concrete(path)
      const none = await rig.call(method, address, bodyFor(method))
      expect(none.status).toBe(401)
      expect(none.headers['www-authenticate']).toMatch(/^Bearer/)
      expect(none.headers['content-type']).toMatch('application/problem+json')
      for (const held of SCOPES) {
        const reply = await rig.call(method, address, { token: tokens.get(held), ...bodyFor(method) })
        if (held === scope || held === 'admin') expect([held, reply.status]).not.toEqual([held, 403])
        else expect([held, reply.status, reply.body.code]).toEqual([held, 403, 'forbidden'])
        expect(reply.status).not.toBe(401)
        expect(reply.status).not.toBe(500)
      }
    },
  )

  test('what is not there is not told to strangers', async () => {
    expect((await rig.call('GET', '/api/v1/nothing')).status).toBe(401)
    expect((await rig.call('GET', '/api/v1/nothing', { token: tokens.get('admin') })).status).toBe(404)
    expect((await rig.call('GET', '/api')).status).toBe(401)
  })
})

describe('tokens', () => {
  test.each([
    ['no scheme', (token: string) => token],
    ['another scheme', (token: string) => `Basic ${token}`],
    ['a wrong secret', (token: string) => `Bearer ${token.slice(0, -4)}AAAA`],
    ['another id', (token: string) => `Bearer ${token.replace(/^cw_.{26}/, `cw_${'0'.repeat(26)}`)}`],
    ['a cut token', (token: string) => `Bearer ${token.slice(0, 40)}`],
    ['nothing', () => 'Bearer '],
  ])('%s is refused', async (_what, header) => {
    const token = tokens.get('admin') ?? ''
    const reply = await rig.call('GET', '/api/v1/settings', { headers: { authorization: header(token) } })
    expect([reply.status, reply.body.code]).toEqual([401, 'unauthorized'])
  })

  test('only the hash of the secret is stored', async () => {
    const token = await rig.token('system:read')
    const rows = await rig.db.selectFrom('tokens').selectAll().execute()
    const secret = token.split('_').slice(2).join('_')
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(secret)
  })

  test('are created, shown once, listed without secret, and revoked at once', async () => {
    const admin = tokens.get('admin')
    const created = await rig.call('POST', '/api/v1/tokens', {
      token: admin,
      json: { name: 'alerts', scopes: ['messages:send'] },
    })
    expect(created.status).toBe(201)
    const { id, token } = created.body
    expect(token).toMatch(/^cw_[0-9A-Z]{26}_[A-Za-z0-9_-]{43}$/)
    const sent = { token, json: { to: '+15550000201', text: 'hello' } }
    expect((await rig.call('POST', '/api/v1/messages', sent)).status).toBe(202)

    const listed = await rig.call('GET', '/api/v1/tokens', { token: admin })
    const entry = listed.body.data.find((row: { id: string }) => row.id === id)
    expect(entry).toMatchObject({ name: 'alerts', scopes: ['messages:send'], revoked_at: null })
    expect(entry.last_used_at).toMatch(/^\d{4}-.*Z$/)
    expect(listed.text).not.toContain(token.slice(30))

    expect((await rig.call('DELETE', `/api/v1/tokens/${id}`, { token: admin })).status).toBe(204)
    expect((await rig.call('POST', '/api/v1/messages', sent)).status).toBe(401)
    expect((await rig.call('DELETE', `/api/v1/tokens/${id}`, { token: admin })).status).toBe(404)
  })

  test('a scope that does not exist cannot be given', async () => {
    const reply = await rig.call('POST', '/api/v1/tokens', {
      token: tokens.get('admin'),
      json: { name: 'x', scopes: ['everything'] },
    })
    expect([reply.status, reply.body.errors[0].pointer]).toEqual([422, '/scopes/0'])
  })
})

describe('the Unix socket', () => {
  test('needs no token and may do everything', async () => {
    const reply = await rig.call('GET', '/api/v1/tokens', { local: true })
    expect(reply.status).toBe(200)
  })

  test('is open to its owner alone', () => {
    expect(statSync(rig.socketPath).mode & 0o777).toBe(0o600)
  })
})
