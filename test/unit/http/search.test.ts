import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { snippetOf } from '../../../src/http/snippet.ts'
import { type Answer, present } from './answer.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string
const sent = new Map<string, Answer>()

const call = (method: string, path: string, json?: unknown) =>
  rig.call(method, `/api/v1${path}`, { token, ...(json === undefined ? {} : { json }) })
const search = async (q: string, more = '') => (await call('GET', `/search?q=${encodeURIComponent(q)}${more}`)).body
const found = async (q: string) => {
  const { data } = await search(q)
  return data.map(({ message }) => message.text)
}

const TEXTS = [
  'Grüße aus der Straße, über 50 €!',
  '我们明天去北京吃饭',
  'مرحبا بالعالم',
  'สวัสดีครับ',
  'نسخه NEAR(AND) OR "quoted" col:umn -minus ^up *star',
  'Привет, мир',
  '<img src=x onerror=alert(1)>',
]

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  for (const text of TEXTS) sent.set(text, (await call('POST', '/messages', { to: '+15550000201', text })).body)
  await call('PATCH', `/contacts/${sent.get(TEXTS[0] ?? '')?.contact.id}`, { name: 'Ana Müller' })
  await call('POST', '/contacts', { address: '+447700900123', name: 'Benedikt' })
})
afterAll(() => rig.stop())

describe('search finds', () => {
  test.each([
    ['strasse', 0, false],
    ['straße', 0, true],
    ['GRUSSE', 0, false],
    ['gruße', 0, true],
    ['uber 50', 0, true],
    ['北京', 1, true],
    ['吃', 1, true],
    ['مرحبا', 2, true],
    ['สวัสดี', 3, true],
    ['прив', 5, true],
    ['мир привет', 5, true],
    ['onerror', 6, true],
  ])('%s', async (query, index, is) => {
    expect((await found(query)).includes(present(TEXTS[index]))).toBe(is)
  })

  test.each([
    '"',
    '""',
    '*',
    'AND',
    'a AND',
    'NEAR(',
    'col:umn',
    '-minus',
    '^up',
    '"quoted" OR',
    '\u0000',
    "'; --",
    '()',
    '💥',
  ])('%j as words, never as a command', async (query) => {
    const { status, body } = await call('GET', `/search?q=${encodeURIComponent(query)}`)
    expect([status, Array.isArray(body.data)]).toEqual([200, true])
    for (const { message } of body.data) expect(message.text).toBe(TEXTS[4])
  })

  test('where it stands, in a snippet that is text and nothing else', async () => {
    const { data } = await search('onerror')
    expect(data[0].snippet).toEqual({ text: TEXTS[6], ranges: [{ start: 11, length: 7 }] })
    const long = `${'x '.repeat(100)}😀 needle ${'y '.repeat(200)}`
    await call('POST', '/messages', { to: '+15550000202', text: long })
    const { snippet } = (await search('needle')).data[0]
    const [{ start, length }] = snippet.ranges
    expect(snippet.text.slice(start, start + length)).toBe('needle')
    expect(snippet.text).toMatch(/^… ?x .*needle y .*…$/u)
    expect(snippet.text.length).toBeLessThanOrEqual(162)
  })

  test('page after page, newest first, and within one conversation', async () => {
    for (let n = 0; n < 5; n++) await call('POST', '/messages', { to: `+1555000021${n}`, text: `harvest ${n}` })
    const first = await search('harv', '&limit=2')
    const second = await search('harv', `&limit=2&cursor=${first.next_cursor}`)
    const third = await search('harv', `&limit=2&cursor=${second.next_cursor}`)
    const texts = [first, second, third].flatMap(({ data }) => data.map(({ message }) => message.text))
    expect(texts).toEqual([4, 3, 2, 1, 0].map((n) => `harvest ${n}`))
    expect(third.next_cursor).toBeNull()
    const { conversation_id: id } = first.data[1].message
    expect((await search('harvest', `&conversation_id=${id}`)).data).toHaveLength(1)
  })

  test.each([
    ['müll', 'Ana Müller'],
    ['ana', 'Ana Müller'],
    ['555 000-02 01', 'Ana Müller'],
    ['0201', 'Ana Müller'],
    ['+15550000201', 'Ana Müller'],
    ['bened', 'Benedikt'],
    ['07700 900123', 'Benedikt'],
  ])('people: %s', async (query, name) => {
    const { conversations, contacts } = await search(query)
    const names = [...conversations.map(({ contact }) => contact.name), ...contacts.map((c) => c.name)]
    expect(names).toContain(name)
    expect(names.length).toBeLessThanOrEqual(2)
  })

  test('contacts without a conversation only for those who may see contacts', async () => {
    const reader = await rig.token('messages:read')
    const { body } = await rig.call('GET', '/api/v1/search?q=bened', { token: reader })
    expect(body.contacts).toEqual([])
  })
})

describe('the index follows what is written', () => {
  test('an edit is found by its new words, a removal and a new name likewise; nothing of the old is left', async () => {
    const { id } = present(sent.get(TEXTS[5] ?? ''))
    await rig.db.updateTable('messages').set({ text: 'zebracrossing' }).where('id', '=', id).execute()
    expect(await found('zebra')).toEqual(['zebracrossing'])
    expect(await found('привет')).toEqual([])
    await rig.db.updateTable('messages').set({ text: '' }).where('id', '=', id).execute()
    expect(await found('zebra')).toEqual([])
    // Wiped, moved and written again before anybody has looked: what counts is how it is then.
    await rig.db.updateTable('messages').set({ text: 'quagga' }).where('id', '=', id).execute()
    await rig.db.updateTable('messages').set({ text: '' }).where('id', '=', id).execute()
    expect(await found('quagga')).toEqual([])
    await rig.db.updateTable('messages').set({ text: 'okapi one' }).where('id', '=', id).execute()
    await rig.db.updateTable('messages').set({ text: 'okapi two' }).where('id', '=', id).execute()
    expect(await found('okapi')).toEqual(['okapi two'])
    await rig.db.updateTable('messages').set({ text: 'back again' }).where('id', '=', id).execute()
    expect(await found('back again')).toEqual(['back again'])
    await rig.db.updateTable('messages').set({ removed_at_ms: 1 }).where('id', '=', id).execute()
    expect(await found('back again')).toEqual([])

    const contact = sent.get(TEXTS[0] ?? '')?.contact.id
    await call('PATCH', `/contacts/${contact}`, { name: 'Zoltan' })
    expect((await search('müller')).conversations).toEqual([])
    expect((await search('zolt')).conversations).toHaveLength(1)
    for (const index of ['message_search', 'people_search']) {
      const dynamic = rig.db as unknown as { executeQuery(query: object): Promise<unknown> }
      const { CompiledQuery } = await import('kysely')
      // Compares the index with what it is of, and throws where they differ.
      await dynamic.executeQuery(
        CompiledQuery.raw(`insert into ${index} (${index}, rank) values ('integrity-check', 1)`),
      )
    }
  })
})

describe('conversations', () => {
  const list = async (query: string) => {
    const { data } = (await call('GET', `/conversations?limit=200&${query}`)).body
    return data.map(({ contact }) => contact.address)
  }

  test('are muted, archived and pinned, and listed by it; others hear of it', async () => {
    const { conversation_id: id, contact } = (await call('POST', '/messages', { to: '+15550000301', text: 'x' })).body
    const before = await rig.ports.events.latest()
    const { status, body } = await call('PATCH', `/conversations/${id}`, { muted: true, pinned: true, archived: true })
    expect([status, body]).toEqual([200, expect.objectContaining({ muted: true, pinned: true, archived: true })])
    expect((await rig.ports.events.since(before, 10)).map(({ type }) => type)).toEqual(['conversation.changed'])
    expect(await list('pinned=true')).toEqual([contact.address])
    expect(await list('archived=true')).toEqual([contact.address])
    expect(await list('pinned=false&archived=false')).not.toContain(contact.address)
    const undone = await call('PATCH', `/conversations/${id}`, { pinned: false, archived: false })
    expect(undone.body).toMatchObject({ muted: true, pinned: false, archived: false })
  })

  test('are narrowed to what is unread, what went over which transport, and what failed', async () => {
    const {
      id,
      conversation_id: cnv,
      contact,
    } = (await call('POST', '/messages', { to: '+15550000302', text: 'x' })).body
    const { address } = contact
    const move = (set: object) => rig.db.updateTable('messages').set(set).where('id', '=', id).execute()
    expect(await list('filter=failed')).not.toContain(address)
    await move({ state: 'failed', code: 'x', reason: 'x', transport: 'signal' })
    expect(await list('filter=failed')).toContain(address)
    expect(await list('filter=signal')).toContain(address)
    expect(await list('filter=sms')).not.toContain(address)
    await move({ transport: 'mms', created_at_ms: Date.now() - 31 * 24 * 3_600_000 })
    expect(await list('filter=sms')).toContain(address)
    expect(await list('filter=failed')).not.toContain(address)
    expect(await list('filter=unread')).not.toContain(address)
    await rig.db.updateTable('conversations').set({ unread: 1 }).where('id', '=', cnv).execute()
    expect(await list('filter=unread')).toEqual([address])
    expect(await list('filter=groups')).toEqual([])
  })

  test('tell how much is unread in all where somebody wants to hear of it', async () => {
    await rig.db.updateTable('conversations').set({ unread: 0 }).execute()
    const told = async () => (await call('GET', '/conversations/unread')).body
    expect(await told()).toEqual({ messages: 0, conversations: 0 })
    for (const [to, unread] of [
      ['+15550000303', 2],
      ['+15550000304', 3],
      ['+15550000305', 5],
      ['+15550000306', 7],
    ] as const) {
      const { conversation_id: id } = (await call('POST', '/messages', { to, text: 'x' })).body
      await rig.db.updateTable('conversations').set({ unread }).where('id', '=', id).execute()
      if (unread === 5) await call('PATCH', `/conversations/${id}`, { muted: true })
      if (unread === 7) await call('PATCH', `/conversations/${id}`, { archived: true })
    }
    expect(await told()).toEqual({ messages: 5, conversations: 2 })
    const { data } = (await call('GET', '/conversations?filter=unread')).body
    const two = data.find(({ unread }: { unread: number }) => unread === 2)
    expect((await call('POST', `/conversations/${two?.id}/read`)).status).toBe(200)
    expect(await told()).toEqual({ messages: 3, conversations: 1 })
  })
})

test('a snippet cuts no character in two', () => {
  const text = `${'😀'.repeat(50)}x${'😀'.repeat(200)}`
  const { text: cut } = snippetOf(text, [{ start: 100, length: 1 }])
  expect(cut).toBe(Buffer.from(cut).toString())
})
