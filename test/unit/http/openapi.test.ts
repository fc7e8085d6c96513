import { randomUUID } from 'node:crypto'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GroupDetails } from '../../../src/domain/group.ts'
import { type OpenApiDocument, openApiDocument } from '../../../src/http/openapi/document.ts'
import { replies } from '../../../src/http/openapi/replies.ts'
import { routes } from '../../../src/http/routes.ts'
import { noteAvatar } from '../../../src/routing/avatars.ts'
import { findContact } from '../../../src/store/contacts.ts'
import { putGroup } from '../../../src/store/groups.ts'
import type { Reply } from './exchange.ts'
import { gardenGroup, type Rig, startRig } from './rig.ts'

let rig: Rig
let document: OpenApiDocument

/** A world of one, as the sandbox's would answer. */
const world = {
  perform: async (action: string) => ({ status: 200, result: worldAnswers[action], message: undefined }),
}
const worldAnswers: Readonly<Record<string, unknown>> = {
  people: [{ key: 'ana', name: 'Ana', number: '+15550000201', summary: '', phone: 'on', signal: 'online', aci: null }],
  modems: [{ key: 'a', label: 'sim-a', number: '+15550000101', plugged: true, coverage: 'home', faults: [{}] }],
  inbox: { texts: [{ from: '+1', text: 'hi', parts: 1, atMs: 1 }], devices: [{ texts: [] }] },
}

beforeAll(async () => {
  rig = await startRig({ world })
  document = JSON.parse((await rig.call('GET', '/api/openapi.json')).text)
})
afterAll(() => rig.stop())

const operationOf = (method: string, path: string) =>
  document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]

describe('the description', () => {
  test('is valid OpenAPI 3.1, and every reference leads somewhere', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(document) as unknown as Record<string, unknown>)).toEqual({
      valid: true,
    })
    expect(validator.version).toBe('3.1')
    const refs = new Set(JSON.stringify(document).match(/"\$ref":"[^"]*"/g))
    expect(refs.size).toBeGreaterThan(20)
    for (const ref of refs) {
      const path = JSON.parse(`{${ref}}`).$ref.split('/').slice(1)
      const found = path.reduce((node: Record<string, unknown>, key: string) => node?.[key] as object, document)
      expect([ref, typeof found]).toEqual([ref, 'object'])
    }
  })

  test('has every route with its scope, its problems and what it answers, and no other', () => {
    for (const { method, path, scope, body, query } of routes) {
      const operation = operationOf(method, path)
      const what = `${method} ${path}`
      const security = scope === 'public' ? [] : [{ token: [scope] }, { session: [] }]
      expect([what, operation?.['x-scope'], operation?.security]).toEqual([what, scope, security])
      expect(Object.keys(operation?.responses ?? {})).toEqual(
        expect.arrayContaining([...(replies[what]?.statuses ?? []), 401, 403, 429, 500].map(String)),
      )
      if (body !== undefined) expect([what, operation?.requestBody]).toEqual([what, expect.objectContaining({})])
      if (query !== undefined) {
        expect(operation?.parameters.some(({ in: where }) => where === 'query')).toBe(true)
      }
      for (const [, name] of path.matchAll(/:(\w+)/g)) {
        expect(operation?.parameters).toContainEqual(expect.objectContaining({ name, in: 'path', required: true }))
      }
    }
    const described = Object.values(document.paths).flatMap(Object.keys)
    expect(described).toHaveLength(routes.length + 2)
    const known = new Set(routes.map(({ method, path }) => `${method} ${path}`))
    expect(Object.keys(replies).filter((row) => !known.has(row))).toEqual([])
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('says of a body what is checked: a field that it requires is missed, and one that it lacks is refused', () => {
    expect(operationOf('POST', '/api/v1/tokens')?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['name', 'scopes'], additionalProperties: false } } },
    })
  })

  test('cannot be made with a route that nobody described', () => {
    const [first] = routes
    if (first === undefined) throw new Error('no routes')
    const about = { version: '1', licence: 'AGPL-3.0-only', sourceUrl: undefined }
    expect(() => openApiDocument([{ ...first, path: '/api/v1/undescribed' }], about)).toThrow(/replies\.ts/)
  })
})

describe('what is answered is what is described, field by field', () => {
  const ids: Record<string, string> = {}
  const tried = new Set<string>()

  beforeAll(async () => {
    const call = (method: string, path: string, json?: unknown) =>
      checked(method, path, json === undefined ? {} : { json })
    const sent = await call('POST', '/api/v1/messages', {
      to: '+15550000201',
      text: 'hi',
      schedule_at: '2090-01-01T00:00:00Z',
    })
    ids['messages'] = sent.body.id
    ids['conversations'] = sent.body.conversation_id
    ids['contacts'] = sent.body.contact.id
    ids['modems'] = rig.modem.id
    const { body: webhook } = await call('POST', '/api/v1/webhooks', {
      url: 'http://127.0.0.1:9/',
      events: ['message.read'],
    })
    ids['webhooks'] = webhook.id
    const person = { name: 'Vera', role: 'viewer', password: 'ten letters' }
    ids['users'] = (await call('POST', '/api/v1/users', person)).body.id
    const { body: delivery } = await call('POST', `/api/v1/webhooks/${webhook.id}/test`)
    ids['deliveries'] = delivery.id
    const { body: file } = await rig.call('POST', '/api/v1/media', {
      local: true,
      body: Buffer.from('GIF89a but not really'),
    })
    ids['media'] = file.id
    const contact = await findContact(rig.db, { id: sent.body.contact.id })
    if (contact === undefined) throw new Error('no contact')
    const writer = await rig.ports.media.blobs.create()
    await writer.write(Buffer.from('GIF89a but not really'))
    const picture = await writer.finish()
    await rig.db.transaction().execute((tx) => noteAvatar(rig.ports, tx, contact, picture))
    await rig.ports.signal.profile().setPicture(Buffer.from('GIF89a but not really'))
    const details: GroupDetails = {
      ...gardenGroup,
      revision: 3,
      avatar: true,
      members: [{ aci: randomUUID(), admin: true }],
      invited: [`PNI:${randomUUID()}`],
    }
    const { group } = await rig.db.transaction().execute((tx) => putGroup(tx, rig.ports.ids, details, 1))
    ids['groups'] = group.id
    ids['tokens'] = (await call('POST', '/api/v1/tokens', { name: 'x', scopes: ['messages:read'] })).body.id
  })

  const concrete = (path: string) =>
    path.replaceAll(/\/([\w-]+)\/:\w+/g, (_all, kind: string) => `/${kind}/${ids[kind] ?? 'nothing'}`)

  /** Holds the answer of a success against its description. */
  async function checked(method: string, path: string, options: object = {}, as = path): Promise<Reply> {
    const reply = await rig.call(method, path, { local: true, ...options })
    const row = routes.find((one) => one.method === method && matches(one.path, as))
    const described = replies[`${row?.method} ${row?.path}`]
    if (reply.status < 300) {
      tried.add(`${row?.method} ${row?.path}`)
      expect([path, described?.statuses.includes(reply.status)]).toEqual([path, true])
      if (described?.json !== undefined) {
        const parsed = described.json.safeParse(reply.body)
        expect([path, parsed.error?.issues ?? []]).toEqual([path, []])
      }
    }
    return reply
  }

  const matches = (pattern: string, path: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path.split('?')[0] ?? '')

  test('of every GET', async () => {
    rig.signal.link = { step: 'scan', uri: 'sgnl://linkdevice', expiresAtMs: 0 }
    for (const { method, path } of routes) {
      if (method === 'GET') await checked(method, concrete(path))
    }
    const missed = routes
      .filter(({ method, path }) => method === 'GET' && !tried.has(`GET ${path}`))
      .map(({ path }) => path)
    // There is no small copy of a file that is no picture, none to be played of what is no recording, no search without words,
    // and no backup.
    expect(missed.toSorted()).toEqual([
      '/api/v1/media/:id/playable',
      '/api/v1/media/:id/thumbnail',
      '/api/v1/search',
      '/api/v1/system/backup/files/:name',
    ])
    const { body: recording } = await rig.call('POST', '/api/v1/media', {
      local: true,
      body: Buffer.from('#!AMR\nfoo'),
    })
    expect(recording.playable_url).toBe(`/api/v1/media/${recording.id}/playable`)
    const whole = await checked('GET', recording.playable_url)
    expect([whole.status, whole.headers['content-type']]).toEqual([200, 'audio/mp4'])
    const part = await checked('GET', recording.playable_url, { headers: { range: 'bytes=1-3' } })
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 1-3/6'])
    expect((await checked('GET', '/api/v1/search?q=hi')).body.data).toHaveLength(1)
  })

  test.each<[string, string, unknown]>([
    ['POST', '/api/v1/contacts', { address: '+15550000207' }],
    ['PATCH', '/api/v1/contacts/:id', { name: 'Ana' }],
    ['POST', '/api/v1/contacts/:id/identity/verify', {}],
    ['POST', '/api/v1/contacts/:id/identity/compare', { scanned: 'AAAA' }],
    ['POST', '/api/v1/conversations/:id/read', undefined],
    ['PATCH', '/api/v1/settings', { mode: 'integrated' }],
    ['POST', '/api/v1/modems/probe', undefined],
    ['POST', '/api/v1/modems/:id/reset', undefined],
    ['POST', '/api/v1/modems/:id/at', { command: 'ATI' }],
    ['POST', '/api/v1/modems/:id/ussd', { text: '*100#' }],
    ['POST', '/api/v1/modems/:id/ussd/cancel', undefined],
    ['POST', '/api/v1/signal/verify', { code: '123456' }],
    ['PATCH', '/api/v1/webhooks/:id', { description: 'x' }],
    ['POST', '/api/v1/webhooks/:id/rotate', undefined],
    ['POST', '/api/v1/webhooks/:id/deliveries/:delivery/redeliver', undefined],
    ['POST', '/api/v1/messages/:id/cancel', undefined],
    ['POST', '/api/v1/setup/code', undefined],
    ['POST', '/api/v1/system/backup/key', {}],
    ['POST', '/api/v1/system/backup', undefined],
    ['GET', '/api/v1/system/backup', undefined],
    ['DELETE', '/api/v1/system/backup/restored', undefined],
    ['PATCH', '/api/v1/users/:id', { name: 'Viola' }],
    ['DELETE', '/api/v1/users/:id', undefined],
    ['DELETE', '/api/v1/webhooks/:id', undefined],
    ['DELETE', '/api/v1/tokens/:id', undefined],
  ])('of %s %s', async (method, path, json) => {
    const { status } = await checked(method, concrete(path), json === undefined ? {} : { json })
    expect(status).toBeLessThan(300)
  })
})

describe('the page for people', () => {
  test('is there without a token, has every route, and no script', async () => {
    const { status, headers, text } = await rig.call('GET', '/api/')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/default-src 'none'/)
    expect(headers['content-security-policy']).not.toMatch(/unsafe|script/)
    expect(text).not.toMatch(/<script|\son\w+=|\sstyle=|javascript:/i)
    for (const { path } of routes) expect(text).toContain(`<code>${path.replaceAll(/:(\w+)/g, '{$1}')}</code>`)
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const dead = [...text.matchAll(/href="#([^"]+)"/g)].filter(([, id]) => !ids.includes(id)).map(([, id]) => id)
    expect(dead).toEqual([])
    const style = await rig.call('GET', '/api/reference.css')
    expect([style.status, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8'])
  })
})
