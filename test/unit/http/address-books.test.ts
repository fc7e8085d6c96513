/** Contacts joined and taken apart over the API, and address books in and out. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { problem } from '../../../src/http/openapi/shapes.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string
beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('contacts:read', 'contacts:write', 'messages:read', 'messages:send')
})
afterAll(() => rig.stop())

const ACI = 'c0000000-0000-4000-8000-000000000301'
const call = (method: string, path: string, json?: unknown) => rig.call(method, `/api/v1${path}`, { token, json })
const hand = (body: string | Buffer, query = '') =>
  rig.call('POST', `/api/v1/contacts/import${query}`, { token, body, headers: { 'content-type': 'text/vcard' } })

it('two contacts are one, old ids answer 308 with what they are now, and the two can be taken apart again', async () => {
  const number = (await call('POST', '/contacts', { address: '+15550000301', name: 'Ana' })).body
  const account = (await call('POST', '/contacts', { address: `signal:${ACI}` })).body
  const [conversation] = (await call('GET', `/conversations?contact_id=${account.id}`)).body.data
  const merged = await call('POST', `/contacts/${number.id}/merge`, { with: account.id })
  expect(merged).toMatchObject({ status: 200, body: { id: number.id, number: '+15550000301', aci: ACI } })
  const old = await call('GET', `/contacts/${account.id}`)
  expect(old).toMatchObject({ status: 308, body: { code: 'merged', merged_into: number.id } })
  expect(problem.safeParse(old.body).success).toBe(true)
  expect(old.headers['location']).toBe(`/api/v1/contacts/${number.id}`)
  const gone = await call('PATCH', `/conversations/${conversation.id}`, { muted: true })
  expect(gone.status).toBe(308)
  const now = await call('GET', String(gone.headers['location']).replace('/api/v1', ''))
  expect(now).toMatchObject({ status: 200, body: { contact: { id: number.id } } })
  expect((await call('POST', `/contacts/${number.id}/merge`, { with: account.id })).status).toBe(404)
  const split = await call('POST', `/contacts/${number.id}/split`, { take: 'account' })
  expect(split.body).toMatchObject({ contact: { id: number.id, aci: null }, taken: { aci: ACI, number: null } })
  expect(await call('POST', `/contacts/${number.id}/split`, { take: 'account' })).toMatchObject({
    status: 409,
    body: { code: 'cannot-split' },
  })
  expect((await call('GET', '/contacts/con_none')).status).toBe(404)
})

it('a preferred modem is one that is there', async () => {
  const { id } = (await call('POST', '/contacts', { address: '+15550000302' })).body
  const modem = 'mdm_490154203237518'
  expect((await call('PATCH', `/contacts/${id}`, { modem })).body).toMatchObject({ modem })
  expect(await call('PATCH', `/contacts/${id}`, { modem: 'other' })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/modem', code: 'no-such-modem' }] },
  })
  expect((await call('PATCH', `/contacts/${id}`, { modem: null })).body.modem).toBeNull()
})

it('an address book is looked at first, then taken in, and comes out as a vCard', async () => {
  const book = 'Name,Phone\r\nJürgen,+1 555 000 0310\r\nPolice,112\r\nNobody,\r\n'
  const dry = await hand(book, '?dry_run=true')
  expect(dry.body).toMatchObject({ dry_run: true, new: 1, changed: 0, same: 0, refused: 2 })
  expect(dry.body.people[0]).toMatchObject({ line: 2, name: 'Jürgen', address: '+15550000310', contact_id: null })
  expect((await call('GET', '/contacts?address=%2B15550000310')).body.data).toEqual([])
  const done = await hand(Buffer.from(book, 'latin1'))
  expect(done.body).toMatchObject({ dry_run: false, new: 1 })
  const { contact_id: id } = done.body.people[0]
  const card = await call('GET', `/contacts/${id}/vcard`)
  expect(card.headers['content-type']).toBe('text/vcard; charset=utf-8')
  expect(card.text.split('\r\n')).toEqual(expect.arrayContaining(['FN:Jürgen', 'TEL;TYPE=CELL:+15550000310']))
  const all = (await call('GET', '/contacts/export')).text
  expect(all).toContain('FN:Jürgen')
  const again = await hand(all, '?dry_run=true')
  expect(again.body).toMatchObject({ new: 0, changed: 0, refused: 0 })
  expect((await call('GET', `/conversations?contact_id=${id}`)).body.data).toEqual([])
})

it('each row that is refused says why as a code, and the same key stands for the same file alone', async () => {
  const refused = (await hand('Name,Phone\nA,112\nB,\nC,+15550000399\nD,+15550000399\nE,12\nF,+1\n', '?dry_run=true'))
    .body
  expect(refused.people.map(({ code }: { code: string | null }) => code)).toEqual([
    'emergency-number',
    'no-number',
    null,
    'twice',
    expect.anything(),
    'invalid-number',
  ])
  const headers = { 'content-type': 'text/csv', 'idempotency-key': 'book-1' }
  const keyed = (body: string) => rig.call('POST', '/api/v1/contacts/import', { token, body, headers })
  const first = await keyed('Name,Phone\nKim,+15550000320\n')
  expect(first.body).toMatchObject({ new: 1 })
  const again = await keyed('Name,Phone\nKim,+15550000320\n')
  expect(again).toMatchObject({ status: 200, body: first.body, headers: { 'idempotency-replayed': 'true' } })
  expect(await keyed('Name,Phone\nLee,+15550000321\n')).toMatchObject({
    status: 422,
    body: { code: 'idempotency-mismatch' },
  })
})

it('what is no address book, or too much of one, is refused', async () => {
  for (const body of ['', 'hello', 'BEGIN:VCARD\r\nFN:never ends', Buffer.from([0xff, 0xfe, 0x41])]) {
    expect(await hand(body)).toMatchObject({ status: 422, body: { code: 'invalid-address-book' } })
  }
  expect((await hand(`Name,Phone\n${'A,1\n'.repeat(5_001)}`)).status).toBe(422)
  const reader = await rig.token('contacts:read')
  const refused = await rig.call('POST', '/api/v1/contacts/import', { token: reader, body: 'Name,Phone\nA,1' })
  expect(refused.status).toBe(403)
})

it('how messages with somebody travelled is counted by transport', async () => {
  await call('POST', '/messages', { to: '+15550000303', text: 'one', policy: 'sms_only' })
  const [contact] = (await call('GET', '/contacts?address=%2B15550000303')).body.data
  const { body } = await call('GET', `/contacts/${contact.id}/traffic`)
  expect(body).toMatchObject({ contact_id: contact.id, transports: [{ transport: 'sms', sent: 1, received: 0 }] })
})
