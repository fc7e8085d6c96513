/** Pictures of people, and the account's own profile, as the API gives and takes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noteAvatar } from '../../../src/routing/avatars.ts'
import { findContact } from '../../../src/store/contacts.ts'
import { type Rig, startRig } from './rig.ts'

/** A JPEG as far as its first octets go. */
const picture = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4])
const profile = '/api/v1/signal/profile'
let rig: Rig
let token: string

async function contactWith(octets: Uint8Array | undefined): Promise<string> {
  const { body } = await rig.call('POST', '/api/v1/contacts', { token, json: { address: '+447700900123' } })
  await show(body.id, octets)
  return body.id
}

async function show(id: string, octets: Uint8Array | undefined): Promise<void> {
  const { blobs } = rig.ports.media
  const writer = octets === undefined ? undefined : await blobs.create()
  if (octets !== undefined) await writer?.write(octets)
  const blob = await writer?.finish()
  await rig.db.transaction().execute(async (tx) => {
    const contact = await findContact(tx, { id })
    if (contact !== undefined) await noteAvatar(rig.ports, tx, contact, blob)
  })
}

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
})
afterAll(() => rig.stop())

describe('the picture of a contact', () => {
  it('is what its octets say, with a tag that answers 304, for the caller’s cache alone', async () => {
    const id = await contactWith(picture)
    const { body } = await rig.call('GET', `/api/v1/contacts/${id}`, { token })
    expect(body.avatar_url).toMatch(new RegExp(`^/api/v1/contacts/${id}/avatar\\?v=\\w{8}$`))
    const given = await rig.call('GET', body.avatar_url, { token })
    expect(given.status).toBe(200)
    expect(given.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(picture.length),
      'cache-control': 'private, max-age=3600',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    })
    const known = { token, headers: { 'if-none-match': String(given.headers['etag']) } }
    expect(await rig.call('GET', body.avatar_url, known)).toMatchObject({ status: 304, text: '' })
    const plain = await rig.call('GET', `/api/v1/contacts/${id}/avatar`, { token })
    expect(plain.headers['cache-control']).toBe('private, no-cache')
    const { body: conversations } = await rig.call('GET', '/api/v1/conversations', { token })
    expect(conversations.data[0].contact.avatar_url).toBe(body.avatar_url)
  })

  it('gives way to the next one, whose file alone stays, and is 404 when there is none', async () => {
    const id = await contactWith(picture)
    const before = (await rig.call('GET', `/api/v1/contacts/${id}`, { token })).body.avatar_url
    await show(id, Buffer.concat([picture, picture]))
    const after = (await rig.call('GET', `/api/v1/contacts/${id}`, { token })).body.avatar_url
    expect(after).not.toBe(before)
    const kept = () => rig.db.selectFrom('blobs').select('id').where('doomed', '=', 0).execute()
    expect(await kept()).toHaveLength(1)
    await show(id, undefined)
    expect(await kept()).toEqual([])
    expect((await rig.call('GET', `/api/v1/contacts/${id}/avatar`, { token })).status).toBe(404)
    expect((await rig.call('GET', `/api/v1/contacts/${id}`, { token })).body.avatar_url).toBeNull()
  })

  it('goes when the person is blocked, and none comes while they are', async () => {
    const id = await contactWith(picture)
    await rig.call('POST', `/api/v1/contacts/${id}/block`, { token, json: {} })
    expect((await rig.call('GET', `/api/v1/contacts/${id}`, { token })).body.avatar_url).toBeNull()
    await show(id, picture)
    expect((await rig.call('GET', `/api/v1/contacts/${id}/avatar`, { token })).status).toBe(404)
    expect(await rig.db.selectFrom('blobs').select('id').where('doomed', '=', 0).execute()).toEqual([])
    await rig.call('POST', `/api/v1/contacts/${id}/unblock`, { token, json: {} })
  })

  it('is for whoever may read contacts', async () => {
    const id = await contactWith(picture)
    const other = await rig.token('messages:read')
    expect((await rig.call('GET', `/api/v1/contacts/${id}/avatar`, { token: other })).status).toBe(403)
  })
})

describe('the account’s own profile', () => {
  it('is shown, changed in part, and keeps what is left out', async () => {
    const shown = await rig.call('GET', profile, { token: await rig.token('signal:read') })
    expect(shown.body).toEqual({
      name: 'Home',
      about: null,
      emoji: null,
      avatar_url: null,
      editable: true,
      published: true,
    })
    const changed = await rig.call('PATCH', profile, { token, json: { about: 'beneath' } })
    expect(changed.body).toMatchObject({ name: 'Home', about: 'beneath' })
    expect(rig.calls).toContain('profile {"about":"beneath"}')
  })

  it('takes a picture as a file, gives it back, and takes it away', async () => {
    const set = await rig.call('PUT', `${profile}/avatar`, {
      token,
      body: picture,
      headers: { 'content-type': 'image/jpeg' },
    })
    expect(set.status).toBe(200)
    const given = await rig.call('GET', set.body.avatar_url, { token })
    expect(given).toMatchObject({ status: 200, headers: { 'content-type': 'image/jpeg' } })
    expect((await rig.call('DELETE', `${profile}/avatar`, { token })).status).toBe(204)
    expect((await rig.call('GET', `${profile}/avatar`, { token })).status).toBe(404)
    expect(rig.calls).toEqual(expect.arrayContaining(['profile picture 8', 'profile picture none']))
  })

  it('refuses a picture that is too large, and whoever is no admin', async () => {
    const large = { token, body: picture, headers: { 'content-length': String(25 * 1024 * 1024) } }
    expect((await rig.call('PUT', `${profile}/avatar`, large)).status).toBe(413)
    const reader = await rig.token('signal:read')
    for (const [method, path, body] of [
      ['PATCH', profile, { json: { name: 'x' } }],
      ['PUT', `${profile}/avatar`, { body: picture }],
      ['DELETE', `${profile}/avatar`, {}],
    ] as const) {
      expect([method, (await rig.call(method, path, { token: reader, ...body })).status]).toEqual([method, 403])
    }
  })
})
