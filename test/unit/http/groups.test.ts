/** Groups over the API: what is shown of one, and which command each route gives. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GroupDetails } from '../../../src/domain/group.ts'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup, type Rig, startRig } from './rig.ts'

const [ana, ben] = [randomUUID(), randomUUID()]
const details: GroupDetails = { ...gardenGroup, members: [{ aci: ana, admin: true }], invited: [`PNI:${ben}`] }

let rig: Rig
let token: string
let id: string

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  await rig.call('POST', '/api/v1/contacts', { token, json: { address: `signal:${ana}`, name: 'Ana' } })
  await rig.db.transaction().execute(async (tx) => {
    const { group } = await putGroup(tx, rig.ports.ids, details, 1)
    await ensureGroupConversation(tx, rig.ports.ids, group.id, 1)
    id = group.id
  })
})
afterAll(() => rig.stop())

const call = (method: string, path: string, json?: object) =>
  rig.call(method, path, json === undefined ? { token } : { token, json })

test('a group is shown with the names of those whom we know', async () => {
  const { status, body } = await call('GET', `/api/v1/groups/${id}`)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    id,
    title: 'Garden',
    standing: 'member',
    members: [{ aci: ana, name: 'Ana', address: `signal:${ana}`, admin: true }],
    invited: [{ aci: null, name: null, address: `pni:${ben}` }],
  })
  expect((await call('GET', '/api/v1/groups')).body.data).toEqual([body])
  const conversation = await call('GET', `/api/v1/conversations/${body.conversation_id}`)
  expect(conversation.body).toMatchObject({ contact: null, group: { id, title: 'Garden' } })
})

test('one that the owner keeps out says so, and so does its conversation', async () => {
  const tell = (blocked: boolean) =>
    rig.db.transaction().execute((tx) => putGroup(tx, rig.ports.ids, { ...details, blocked }, 1))
  await tell(true)
  const { body } = await call('GET', `/api/v1/groups/${id}`)
  expect(body.blocked).toBe(true)
  expect((await call('GET', `/api/v1/conversations/${body.conversation_id}`)).body.state).toBe('blocked')
  await tell(false)
  expect((await call('GET', `/api/v1/groups/${id}`)).body.blocked).toBe(false)
  expect((await call('GET', `/api/v1/conversations/${body.conversation_id}`)).body.state).toBe('open')
})

test('one that is not there is not found', async () => {
  expect((await call('GET', '/api/v1/groups/grp_none')).status).toBe(404)
  expect((await call('POST', '/api/v1/messages', { to: 'grp_none', text: 'x' })).status).toBe(422)
})

const commands: [string, string, object | undefined, string][] = [
  ['POST', '/members', { members: ['+447700900123'] }, 'add created [[{"e164":"+447700900123"}]]'],
  ['DELETE', `/members/${ana}`, undefined, `remove created ["${ana}"]`],
  ['DELETE', `/members/pni:${ben}`, undefined, `remove created ["PNI:${ben}"]`],
  ['PUT', `/bans/${ana}`, undefined, `ban created ["${ana}"]`],
  ['DELETE', `/bans/${ana}`, undefined, `unban created ["${ana}"]`],
  ['POST', `/members/${ana}/role`, { role: 'member' }, `role created ["${ana}",false]`],
  ['POST', `/members/${ana}/approve`, undefined, `approve created ["${ana}"]`],
  ['POST', '/accept', undefined, 'accept created []'],
  ['POST', '/leave', undefined, 'leave created []'],
  ['POST', '/block', undefined, 'block created []'],
  ['POST', '/unblock', undefined, 'unblock created []'],
  ['PATCH', '', { title: 'Roof', timer_seconds: 60 }, 'configure created [{"title":"Roof","timerSeconds":60}]'],
  ['PATCH', '', { link: 'request', reset_link: true }, 'configure created [{"link":"request","resetLink":true}]'],
  ['PATCH', '', { avatar: null }, 'avatar created [null]'],
]

test.each(commands)('%s %s %o', async (method, path, json, said) => {
  const reply = await call(method, `/api/v1/groups/${id}${path}`, json)
  expect(reply.status).toBe(200)
  expect(rig.calls.at(-1)).toBe(`group ${said}`)
})

test('a new one names its people, and is answered as it is', async () => {
  const json = {
    title: 'Garden',
    members: ['+447700900123', `signal:${ana}`],
    avatar: Buffer.from('GIF89a').toString('base64'),
  }
  const reply = await call('POST', '/api/v1/groups', json)
  expect([reply.status, reply.headers['location'], reply.body.id]).toEqual([201, `/api/v1/groups/${id}`, id])
  const people = JSON.stringify([{ e164: '+447700900123' }, { aci: ana }])
  expect(rig.calls.at(-1)).toBe(`group create Garden ${people} 6 octets`)
})

test('what is no group, no person or no picture is refused before anything is asked', async () => {
  const before = rig.calls.length
  for (const [path, json] of [
    ['', { title: '' }],
    ['', { title: 'x', members: ['12345'] }],
    ['', { title: 'x', members: ['Mum'] }],
    ['', { title: 'x', avatar: '%%%' }],
    ['', { title: 'x', avatar: Buffer.from('<svg onload=alert(1)>').toString('base64') }],
    [`/${id}/members`, { members: [] }],
  ] as const) {
    expect((await call('POST', `/api/v1/groups${path}`, json)).status).toBe(422)
  }
  expect((await call('PATCH', `/api/v1/groups/${id}`, {})).status).toBe(422)
  expect(rig.calls.length).toBe(before)
})

test('a conversation is with one person or one group, never both, never neither', async () => {
  const row = { last_message_at_ms: 1, created_at_ms: 1 }
  const insert = (more: object) =>
    rig.db
      .insertInto('conversations')
      .values({ ...row, ...more } as never)
      .execute()
  await expect(insert({ id: 'cnv_neither' })).rejects.toThrow(/CHECK/)
  const contact = await rig.db.selectFrom('contacts').select('id').executeTakeFirstOrThrow()
  await expect(insert({ id: 'cnv_both', contact_id: contact.id, group_id: id })).rejects.toThrow()
})

test('whom a message names is given as reads have it; what is wrong with it is pointed at', async () => {
  const named = { start: 3, length: 4, mention: ana.toUpperCase() }
  const sent = await call('POST', '/api/v1/messages', { to: id, text: 'hi @Ana', mentions: [named] })
  expect([sent.status, sent.body.text, sent.body.ranges]).toEqual([202, 'hi @Ana', [{ ...named, mention: ana }]])
  const refused = async (mentions: object[]) => {
    const { status, body } = await call('POST', '/api/v1/messages', { to: id, text: 'hi @Ana', mentions })
    return [status, body.code, body.errors[0].pointer]
  }
  expect(await refused([{ ...named, start: 4 }])).toEqual([422, 'mention-outside', '/mentions'])
  expect(await refused([named, named])).toEqual([422, 'mention-overlaps', '/mentions'])
  expect(await refused([{ ...named, mention: randomUUID() }])).toEqual([422, 'mention-not-member', '/mentions'])
  expect(await refused([{ start: 3, length: 4, contact_id: 'con_none' }])).toEqual([
    422,
    'mention-not-member',
    '/mentions',
  ])
  expect(await refused([{ start: 3, length: 4 }])).toEqual([422, 'invalid-request', '/mentions/0/mention'])
  expect(await refused([{ ...named, mention: 'ana' }])).toEqual([422, 'invalid-request', '/mentions/0/mention'])
  expect(await refused([{ ...named, name: 'Ana' }])).toEqual([422, 'invalid-request', '/mentions/0/name'])
})
