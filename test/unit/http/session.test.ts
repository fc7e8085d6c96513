import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Passwords } from '../../../src/http/passwords.ts'
import { newSetupCode } from '../../../src/http/setup-code.ts'
import { present } from './answer.ts'
import { browserOf, PASSWORD, signedIn } from './browser.ts'
import type { CallOptions } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const signIn = (name: string, password: string, options: CallOptions = {}) =>
  rig.call('POST', '/api/v1/session', { json: { name, password }, ...options })
const at = async <T>(ms: number, work: () => Promise<T>) => {
  const { clock } = rig.ports
  rig.ports.clock = () => clock() + ms
  try {
    return await work()
  } finally {
    rig.ports.clock = clock
  }
}
const DAY_MS = 24 * 3_600_000

describe('before there is an admin', () => {
  test('the setup code is the only way in, once, and is stored as a hash', async () => {
    expect((await rig.call('GET', '/api/v1/session')).body).toMatchObject({ state: 'setup', sandbox: false })
    const setUp = (code: string) =>
      rig.call('POST', '/api/v1/setup', { json: { code, password: PASSWORD, name: 'Ada' } })
    expect((await setUp('')).status).toBe(422)
    const none = await setUp('HARBOR-42-LANTERN')
    expect([none.status, none.body.code]).toEqual([401, 'wrong-setup-code'])
    expect((await signIn('admin', '')).status).toBe(422)

    const first = (await newSetupCode(rig.ports)) ?? ''
    const code = (await newSetupCode(rig.ports)) ?? ''
    expect(code).toMatch(/^[A-Z]+-[1-9]\d-[A-Z]+$/)
    expect(JSON.stringify(await rig.db.selectFrom('settings').selectAll().execute())).not.toContain(code)
    expect((await setUp(first)).status).toBe(401)
    const done = await setUp(` ${code.toLowerCase().replaceAll('-', ' ')} `)
    expect([done.status, done.body]).toEqual([
      201,
      expect.objectContaining({ state: 'signed-in', user: expect.objectContaining({ name: 'Ada', role: 'admin' }) }),
    ])
    expect((await browserOf(rig, done).call('GET', '/api/v1/users')).status).toBe(200)

    const again = await setUp(code)
    expect([again.status, again.body.code]).toEqual([409, 'setup-done'])
    expect(await newSetupCode(rig.ports)).toBeUndefined()
    expect((await rig.call('GET', '/api/v1/session')).body.state).toBe('signed-out')
  })

  test('a password that is too short is refused', async () => {
    const reply = await rig.call('POST', '/api/v1/setup', { json: { code: 'x', password: 'short' } })
    expect([reply.status, reply.body.errors[0].pointer]).toEqual([422, '/password'])
  })
})

describe('a session', () => {
  test('comes in a cookie that no script and no other site gets, and only its hash is stored', async () => {
    await signedIn(rig, 'sender', 'Sam')
    const plain = await signIn('sam', PASSWORD)
    expect(plain.status).toBe(200)
    const cookie = String(plain.headers['set-cookie'])
    expect(cookie).toMatch(/^cw_session=[\w-]{43}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Strict$/)
    const secure = await signIn('SAM', PASSWORD, { headers: { 'x-forwarded-proto': 'https' } })
    expect(String(secure.headers['set-cookie'])).toMatch(/; Secure$/)
    const stored = JSON.stringify(await rig.db.selectFrom('sessions').selectAll().execute())
    expect(stored).not.toContain(cookie.slice('cw_session='.length, 40))
    expect(stored).not.toContain(plain.body.csrf_token)
    expect(plain.text).not.toContain(cookie.slice('cw_session='.length, 40))
  })

  test('ends when it is signed out, idle for two weeks, or ninety days old', async () => {
    const out = await signedIn(rig, 'viewer', 'Vera')
    expect((await out.call('DELETE', '/api/v1/session')).status).toBe(204)
    expect((await out.call('GET', '/api/v1/conversations')).status).toBe(401)

    const idle = browserOf(rig, await signIn('Vera', PASSWORD))
    expect((await at(13 * DAY_MS, () => idle.call('GET', '/api/v1/conversations'))).status).toBe(200)
    expect((await at(26 * DAY_MS, () => idle.call('GET', '/api/v1/conversations'))).status).toBe(200)
    expect((await at(41 * DAY_MS, () => idle.call('GET', '/api/v1/conversations'))).status).toBe(401)
    for (const day of [13, 26, 39, 52, 65, 78, 89]) await at(day * DAY_MS, () => idle.call('GET', '/api/v1/session'))
    const old = browserOf(rig, await signIn('Vera', PASSWORD))
    for (const day of [13, 26, 39, 52, 65, 78, 89]) {
      expect((await at(day * DAY_MS, () => old.call('GET', '/api/v1/conversations'))).status).toBe(200)
    }
    expect((await at(91 * DAY_MS, () => old.call('GET', '/api/v1/conversations'))).status).toBe(401)
  })

  test('is no good from another site’s page', async () => {
    const sam = browserOf(rig, await signIn('Sam', PASSWORD))
    const send = (headers: Record<string, string>) =>
      sam.call('POST', '/api/v1/messages', { json: { to: '+15550000201', text: 'x' }, headers })
    expect((await send({})).status).toBe(202)
    const codes: unknown[] = []
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'x-csrf-token': '' },
      { 'x-csrf-token': `${sam.csrfToken.slice(0, -1)}~` },
    ]) {
      const { status, body } = await send(headers)
      codes.push([status, body.code])
    }
    expect(codes).toEqual([
      [403, 'wrong-origin'],
      [403, 'wrong-origin'],
      [403, 'wrong-origin'],
      [403, 'csrf'],
      [403, 'csrf'],
    ])
    rig.ports.publicUrl = 'https://box.example/'
    expect((await send({ origin: 'https://box.example' })).status).toBe(202)
    rig.ports.publicUrl = undefined
    const login = await signIn('Sam', PASSWORD, { headers: { origin: 'https://evil.example' } })
    expect([login.status, login.body.code]).toEqual([403, 'wrong-origin'])
  })

  test('is shown, and ended from another; an open stream ends with it', async () => {
    const here = await signedIn(rig, 'viewer', 'Wim')
    const there = browserOf(rig, await signIn('Wim', PASSWORD))
    const listed = await here.call('GET', '/api/v1/sessions')
    expect(listed.body.data).toHaveLength(2)
    const other = present(listed.body.data.find((one) => !one.current))
    const listening = vi.spyOn(rig.ports.events, 'onAppended')
    const stream = there.call('GET', '/api/v1/events', { headers: { accept: 'text/event-stream' } })
    await vi.waitFor(() => expect(listening).toHaveBeenCalled())
    listening.mockRestore()
    expect((await here.call('DELETE', `/api/v1/sessions/${other.id}`)).status).toBe(204)
    expect((await stream).text).toBe('retry: 3000\n\n')
    expect((await there.call('GET', '/api/v1/conversations')).status).toBe(401)
    const sessions = (await rig.call('GET', '/api/v1/sessions', { local: true })).body.data
    const foreign = present(sessions.find((one) => one.user.name !== 'Wim'))
    expect((await here.call('DELETE', `/api/v1/sessions/${foreign.id}`)).status).toBe(404)
    const third = browserOf(rig, await signIn('Wim', PASSWORD))
    expect((await here.call('DELETE', '/api/v1/sessions')).status).toBe(204)
    expect((await third.call('GET', '/api/v1/sessions')).status).toBe(401)
    expect((await here.call('GET', '/api/v1/sessions')).body.data).toHaveLength(1)
  })
})

describe('people', () => {
  test('are added, changed and removed by admins; the last admin stays', async () => {
    const admin = browserOf(rig, await signIn('Ada', PASSWORD))
    const added = await admin.call('POST', '/api/v1/users', {
      json: { name: 'Zoë', role: 'sender', password: 'ten letters' },
    })
    expect([added.status, added.body.role, added.text.includes('scrypt')]).toEqual([201, 'sender', false])
    expect(added.headers['location']).toBe(`/api/v1/users/${added.body.id}`)
    const twice = await admin.call('POST', '/api/v1/users', {
      json: { name: 'Zoë', role: 'viewer', password: 'ten letters' },
    })
    expect([twice.status, twice.body.code]).toEqual([409, 'user-exists'])
    const zoe = browserOf(rig, await signIn('Zoë', 'ten letters'))
    const patched = await admin.call('PATCH', `/api/v1/users/${added.body.id}`, {
      json: { role: 'viewer' },
      headers: { 'if-match': String(added.headers['etag']) },
    })
    expect([patched.status, patched.body.role]).toEqual([200, 'viewer'])
    expect((await zoe.call('GET', '/api/v1/conversations')).status).toBe(401)
    const stale = await admin.call('PATCH', `/api/v1/users/${added.body.id}`, {
      json: { role: 'admin' },
      headers: { 'if-match': String(added.headers['etag']) },
    })
    expect(stale.status).toBe(412)
    const ada = present((await admin.call('GET', '/api/v1/users')).body.data.find(({ name }) => name === 'Ada'))
    for (const change of [
      await admin.call('PATCH', `/api/v1/users/${ada.id}`, { json: { role: 'sender' } }),
      await admin.call('DELETE', `/api/v1/users/${ada.id}`),
    ]) {
      expect([change.status, change.body.code]).toEqual([409, 'last-admin'])
    }
    expect((await admin.call('GET', '/api/v1/session')).body.state).toBe('signed-in')
    expect((await admin.call('DELETE', `/api/v1/users/${added.body.id}`)).status).toBe(204)
    expect((await signIn('Zoë', 'ten letters')).status).toBe(401)
  })

  test('change their own password with the present one, which ends their other sessions', async () => {
    const here = await signedIn(rig, 'viewer', 'Pia')
    const there = browserOf(rig, await signIn('Pia', PASSWORD))
    const change = (current: string) =>
      here.call('POST', '/api/v1/session/password', { json: { current, password: 'another good one' } })
    expect((await change('not this one')).body.code).toBe('wrong-password')
    expect((await change(PASSWORD)).status).toBe(204)
    expect((await here.call('GET', '/api/v1/sessions')).status).toBe(200)
    expect((await there.call('GET', '/api/v1/sessions')).status).toBe(401)
    expect((await signIn('Pia', PASSWORD)).status).toBe(401)
    expect((await signIn('Pia', 'another good one')).status).toBe(200)
  })
})

describe('tries', () => {
  test('wait longer and longer, over restarts, for known names and unknown alike, and success forgives', async () => {
    await signedIn(rig, 'viewer', 'Tom')
    const away = { headers: { 'x-forwarded-for': '203.0.113.7' } }
    for (const name of ['Tom', 'Nobody']) {
      const from = { headers: { 'x-forwarded-for': `203.0.113.${name.length}` } }
      const statuses: number[] = []
      for (let n = 0; n < 6; n++) statuses.push((await signIn(name, 'wrong', from)).status)
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    }
    await rig.restart(async () => {})
    const waiting = await signIn('Tom', PASSWORD, away)
    expect([waiting.status, waiting.body.code]).toEqual([429, 'too-many-tries'])
    expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0)
    const { clock } = rig.ports
    let waited = 0
    const waits: number[] = []
    for (let n = 0; n < 4; n++) {
      waited += 3_600_000
      rig.ports.clock = () => clock() + waited
      expect((await signIn('Tom', 'wrong', away)).status).toBe(401)
      waits.push(Number((await signIn('Tom', 'wrong', away)).headers['retry-after']))
    }
    expect(waits).toEqual([4, 8, 16, 32])
    waited += 3_600_000
    expect((await signIn('Tom', PASSWORD, away)).status).toBe(200)
    expect((await signIn('Tom', 'wrong', away)).status).toBe(401)
    rig.ports.clock = clock
  })

  test('of many at one time are no more than one after the other', async () => {
    const from = { headers: { 'x-forwarded-for': '203.0.113.99' } }
    const replies = await Promise.all(Array.from({ length: 30 }, (_, n) => signIn(`flood${n}`, 'wrong', from)))
    const judged = replies.filter(({ status }) => status === 401)
    expect(judged.length).toBeLessThanOrEqual(5)
    expect(replies.every(({ status }) => [401, 429, 503].includes(status))).toBe(true)
  })
})

describe('passwords', () => {
  const random = (count: number) => new Uint8Array(count).fill(3)

  test('are hashed with their parameters, and judged by those that are stored', async () => {
    const weak = new Passwords({ ln: 4, r: 8, p: 1 }, random)
    const strong = new Passwords({ ln: 6, r: 8, p: 2 }, random)
    const hash = await weak.hash('Übung macht')
    expect(hash).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$/)
    expect(await strong.verify('U\u0308bung macht', hash)).toBe(true)
    expect(await strong.verify('Ubung macht', hash)).toBe(false)
    expect(await strong.verify('x', undefined)).toBe(false)
    expect(await strong.verify('x', '$scrypt$ln=99')).toBe(false)
  })

  test('that wait are few', async () => {
    const passwords = new Passwords({ ln: 10, r: 8, p: 1 }, random)
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => passwords.hash('x')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    expect(await passwords.hash('x')).toMatch(/^\$scrypt/)
  })
})
