import { statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROLES, type Role } from '../../../src/domain/roles.ts'
import { createApp } from '../../../src/http/mount.ts'
import { routes } from '../../../src/http/routes.ts'
import { type Access, SCOPES, type Scope } from '../../../src/http/scopes.ts'
import { present } from './answer.ts'
import { type Browser, signedIn } from './browser.ts'
import type { Reply } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
const tokens = new Map<Scope, string>()
const people = new Map<Role, Browser>()

beforeAll(async () => {
  rig = await startRig()
  for (const scope of SCOPES) tokens.set(scope, await rig.token(scope))
  for (const role of ROLES) people.set(role, await signedIn(rig, role))
})
afterAll(() => rig.stop())

/** Ids that exist nowhere: only the answer's class matters, and nothing is done. */
const concrete = (path: string) => path.replaceAll(/:\w+/g, 'nothing')
const bodyFor = (method: string) => (method === 'GET' || method === 'DELETE' ? {} : { json: { nonsense: true } })
const isRefusal = ({ status, body }: Reply) => status === 403 && body?.code === 'forbidden'

/** Written down once more, so that nobody may more by a slip of the table. */
const rolesFor: Readonly<Record<Access, readonly Role[]>> = {
  public: ROLES,
  'signed-in': ROLES,
  'messages:read': ROLES,
  'contacts:read': ROLES,
  'modems:read': ROLES,
  'signal:read': ROLES,
  'events:read': ROLES,
  'system:read': ROLES,
  'messages:send': ['sender', 'admin'],
  'contacts:write': ['sender', 'admin'],
  admin: ['admin'],
}
/** What wants nothing of anybody: each of them is here for a reason that somebody has thought about. */
const publicRoutes = ['GET /api/v1/session', 'POST /api/v1/session', 'DELETE /api/v1/session', 'POST /api/v1/setup']
/** Ends the session that it is asked with, or all others: not walked, and tested in `session.test.ts`. */
const endsSessions = ['DELETE /api/v1/session', 'DELETE /api/v1/sessions']

describe('every route asks who and whether they may', () => {
  test('the table is not empty and says each address once', () => {
    const rows = routes.map(({ method, path }) => `${method} ${path}`)
    expect(rows.length).toBeGreaterThan(30)
    expect(new Set(rows).size).toBe(rows.length)
  })

  test('there is no address beside the table but those that are named here', () => {
    const app = createApp(routes, rig.ports, () => false)
    const mounted = app.router.stack.flatMap(({ route }) => (route === undefined ? [] : [route.path]))
    const known = new Set(routes.map(({ path }) => path))
    expect([...new Set(mounted)].filter((path) => !known.has(path)).sort()).toEqual(
      ['/api/', '/api/openapi.json', '/api/reference.css', '/healthz', '/metrics', '/readyz'].sort(),
    )
    expect([...known].filter((path) => !mounted.includes(path))).toEqual([])
  })

  test('nothing is public but the door itself', () => {
    const open = routes.filter(({ scope }) => scope === 'public').map(({ method, path }) => `${method} ${path}`)
    expect(open.sort()).toEqual([...publicRoutes].sort())
  })

  const walked = routes.filter(({ method, path }) => !endsSessions.includes(`${method} ${path}`))

  test.each(walked.map((row) => [row.method, row.path, row.scope] as const))(
    '%s %s wants %s',
    async (method, path, scope) => {
      const address = concrete(path)
      const none = await rig.call(method, address, bodyFor(method))
      if (scope !== 'public') {
        expect(none.status).toBe(401)
        expect(none.headers['www-authenticate']).toMatch(/^Bearer/)
        expect(none.headers['content-type']).toMatch('application/problem+json')
      } else expect(none.status).not.toBe(500)
      for (const held of SCOPES) {
        const reply = await rig.call(method, address, { token: tokens.get(held), ...bodyFor(method) })
        const may = scope === 'public' || held === scope || held === 'admin'
        expect([held, isRefusal(reply)]).toEqual([held, !may])
        if (scope !== 'public') expect(reply.status).not.toBe(401)
        expect(reply.status).not.toBe(500)
      }
      for (const role of ROLES) {
        const browser = people.get(role)
        const reply = await browser?.call(method, address, bodyFor(method))
        expect([role, reply && isRefusal(reply)]).toEqual([role, !rolesFor[scope].includes(role)])
        expect(reply?.body?.code).not.toBe('csrf')
        if (scope !== 'public') expect(reply?.status).not.toBe(401)
        expect(reply?.status).not.toBe(500)
        if (method === 'GET' || (scope === 'public' && method === 'POST')) continue
        const forged = await rig.call(method, address, {
          headers: { cookie: browser?.cookie ?? '' },
          ...bodyFor(method),
        })
        expect([role, forged.status]).toEqual([role, 403])
        expect(isRefusal(forged) || forged.body.code === 'csrf').toBe(true)
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
    const entry = present(listed.body.data.find((row) => row.id === id))
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
