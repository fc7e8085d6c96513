import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptValues } from '../../../src/domain/told.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
})
afterAll(() => rig.stop())

const send = (json: object, headers: Record<string, string> = {}) =>
  rig.call('POST', '/api/v1/messages', { token, json, headers })

describe('sending', () => {
  test('is pinned to a modem that is there; another one is pointed at', async () => {
    const modem = 'mdm_490154203237518'
    const pinned = await rig.call('POST', '/api/v1/messages', {
      token,
      json: { to: '+447700900177', text: 'x', modem },
    })
    expect([pinned.status, pinned.body.modem]).toEqual([202, modem])
    const json = { to: '+447700900177', text: 'x', modem: 'mdm_9' }
    const refused = await rig.call('POST', '/api/v1/messages', { token, json })
    expect([refused.status, refused.body.errors]).toMatchObject([422, [{ pointer: '/modem', code: 'no-such-modem' }]])
  })

  test('a username becomes the account that has it, and shows until a profile gives a name', async () => {
    const reply = await send({ to: 'u:ana.42', text: 'by name' })
    expect(reply.status).toBe(202)
    expect(reply.body.contact).toMatchObject({
      name: 'ana.42',
      address: 'signal:9d0652a3-dcc3-4d11-975f-74d61598733f',
    })
    const unknown = await send({ to: 'u:nobody.42', text: 'by name' })
    expect(unknown).toMatchObject({ status: 422, body: { code: 'username-unknown', errors: [{ pointer: '/to' }] } })
  })

  test('answers 202 with the stored message and its address', async () => {
    const reply = await send({
      to: '+15550000201',
      text: 'hello',
      policy: 'sms_only',
      fallback_after: '15m',
      validity: 'P1D',
      metadata: { order: 7 },
    })
    expect(reply.status).toBe(202)
    expect(reply.headers['location']).toBe(`/api/v1/messages/${reply.body.id}`)
    expect(reply.body).toMatchObject({
      direction: 'out',
      text: 'hello',
      status: 'queued',
      transport: 'sms',
      policy: 'sms_only',
      fallback_after: 'PT15M',
      metadata: { order: 7 },
      contact: { address: '+15550000201' },
    })
    expect(reply.body.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const { segments, idempotency_key: key, ...stored } = reply.body
    expect([segments, key]).toEqual([{ count: 1, encoding: 'gsm7' }, null])
    expect((await rig.call('GET', reply.headers['location'] as string, { token })).body).toEqual(stored)
  })

  test('says how many parts it would be as a text, only where the plan has one', async () => {
    const text = 'x'.repeat(200)
    const asText = await send({ to: '+15550000201', text })
    expect(asText.body.segments).toEqual({ count: 2, encoding: 'gsm7' })
    const onlySignal = await send({ to: '+15550000201', text, policy: 'signal_only' })
    expect(onlySignal.body.segments).toBeNull()
  })

  test('the same key and request is the same message, and says so', async () => {
    const body = { to: '+15550000202', text: 'once', metadata: { a: 1, b: 2 } }
    const first = await send(body, { 'idempotency-key': 'k1' })
    const again = await send(
      { metadata: { b: 2, a: 1 }, text: 'once', to: '+15550000202' },
      { 'idempotency-key': 'k1' },
    )
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([202, undefined])
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, 'true'])
    expect([again.body.id, again.body.idempotency_key]).toEqual([first.body.id, 'k1'])
  })

  test('the same key with another request is refused', async () => {
    await send({ to: '+15550000202', text: 'one' }, { 'idempotency-key': 'k2' })
    const reply = await send({ to: '+15550000202', text: 'two' }, { 'idempotency-key': 'k2' })
    expect([reply.status, reply.body.code]).toEqual([422, 'idempotency-mismatch'])
  })

  test('the same key of another token is another key', async () => {
    const other = await rig.token('messages:send')
    const body = { to: '+15550000202', text: 'one' }
    const first = await send(body, { 'idempotency-key': 'k3' })
    const second = await rig.call('POST', '/api/v1/messages', {
      token: other,
      json: body,
      headers: { 'idempotency-key': 'k3' },
    })
    expect(second.status).toBe(202)
    expect(second.body.id).not.toBe(first.body.id)
  })

  test('while the first is still running the second is told to wait, and the first alone counts', async () => {
    const open = rig.block()
    const body = { to: '+15550000202', text: 'slow' }
    const before = rig.calls.filter((entry) => entry === 'submit').length
    const first = send(body, { 'idempotency-key': 'k4' })
    while (rig.calls.filter((entry) => entry === 'submit').length === before) await new Promise(setImmediate)
    const second = await send(body, { 'idempotency-key': 'k4' })
    expect([second.status, second.body.code, second.headers['retry-after']]).toEqual([409, 'idempotency-running', '1'])
    open()
    expect((await first).status).toBe(202)
    expect((await send(body, { 'idempotency-key': 'k4' })).headers['idempotency-replayed']).toBe('true')
  })

  test('a key has 1 to 255 characters', async () => {
    const body = { to: '+15550000202', text: 'x' }
    expect((await send(body, { 'idempotency-key': 'k'.repeat(255) })).status).toBe(202)
    expect((await send(body, { 'idempotency-key': 'k'.repeat(256) })).status).toBe(422)
  })
})

describe('lists', () => {
  test('are walked page by page without losing or repeating one, though new ones come in between', async () => {
    const sent: string[] = []
    for (let i = 0; i < 7; i++) sent.push((await send({ to: '+15550000203', text: `m${i}` })).body.id)
    const conversation = (await rig.call('GET', `/api/v1/messages/${sent[0]}`, { token })).body.conversation_id
    const seen: string[] = []
    let path: string | undefined = `/api/v1/conversations/${conversation}/messages?limit=3`
    let pages = 0
    while (path !== undefined) {
      const reply = await rig.call('GET', path, { token })
      seen.push(...reply.body.data.map((message) => String(message.id)))
      const link = /^<([^>]+)>; rel="next"$/.exec((reply.headers['link'] as string | undefined) ?? '')
      expect(link === null).toBe(reply.body.next_cursor === null)
      path = link?.[1]
      if (++pages === 1) await send({ to: '+15550000203', text: 'later' })
    }
    expect(pages).toBe(3)
    expect(seen).toEqual(sent.toReversed())
  })

  test('are filtered by state and direction', async () => {
    const { body } = await send({ to: '+15550000204', text: 'x' })
    await rig.call('POST', `/api/v1/messages/${body.id}/cancel`, { token })
    const canceled = await rig.call('GET', '/api/v1/messages?status=canceled', { token })
    expect(canceled.body.data.map((message) => message.id)).toEqual([body.id])
    expect((await rig.call('GET', '/api/v1/messages?direction=in', { token })).body.data).toEqual([])
    expect((await rig.call('GET', '/api/v1/messages?status=lost', { token })).status).toBe(422)
  })

  test('conversations come with their contact and last message, newest first', async () => {
    const { body } = await send({ to: '+15550000205', text: 'the last word' })
    const { data } = (await rig.call('GET', '/api/v1/conversations?limit=2', { token })).body
    expect(data[0]).toMatchObject({
      id: body.conversation_id,
      contact: { address: '+15550000205' },
      last_message: { id: body.id, text: 'the last word' },
    })
    expect(data).toHaveLength(2)
    const one = await rig.call('GET', `/api/v1/conversations/${body.conversation_id}`, { token })
    expect(one.body).toEqual(data[0])
  })
})

describe('a person decides', () => {
  async function held(sentAtMs: number | null) {
    const { body } = await send({ to: '+15550000206', text: 'x' })
    await rig.db
      .updateTable('messages')
      .set({ state: 'held', code: 'ask', reason: 'asks', sent_at_ms: sentAtMs })
      .where('id', '=', body.id)
      .execute()
    return body.id as string
  }

  test('approve lets a held message go on', async () => {
    const id = await held(1)
    const reply = await rig.call('POST', `/api/v1/messages/${id}/approve`, { token })
    expect([reply.status, reply.body.status]).toEqual([200, 'queued'])
    const again = await rig.call('POST', `/api/v1/messages/${id}/approve`, { token, json: { send_as: 'sms' } })
    expect([again.status, again.body.code]).toEqual([409, 'wrong-state'])
  })

  test('send_as wait says no to the text, and only where there is one to say no to', async () => {
    const asked = await held(1)
    const reply = await rig.call('POST', `/api/v1/messages/${asked}/approve`, { token, json: { send_as: 'wait' } })
    expect(reply.status).toBe(200)
    expect(rig.calls.at(-1)).toBe(`cancel ${asked}`)
    const unsent = await held(null)
    const refused = await rig.call('POST', `/api/v1/messages/${unsent}/approve`, { token, json: { send_as: 'wait' } })
    expect([refused.status, refused.body.code]).toEqual([409, 'wrong-state'])
  })

  test('retry brings a canceled message back', async () => {
    const { body } = await send({ to: '+15550000206', text: 'x' })
    await rig.call('POST', `/api/v1/messages/${body.id}/cancel`, { token })
    const reply = await rig.call('POST', `/api/v1/messages/${body.id}/retry`, { token })
    expect([reply.status, reply.body.status]).toEqual([200, 'queued'])
  })

  test('the ledger shows plan and attempts in order', async () => {
    const { body } = await send({ to: '+15550000207', text: 'x' })
    for (const n of [1, 2]) {
      await rig.db
        .insertInto('attempts')
        .values({
          id: `try_${body.id}${n}`,
          message_id: body.id,
          n,
          leg: 0,
          transport: 'sms',
          lane: 'mdm_1',
          started_at_ms: n,
          ended_at_ms: n,
          result: 'retry',
          detail: 'no network',
        })
        .execute()
    }
    const reply = await rig.call('GET', `/api/v1/messages/${body.id}/attempts`, { token })
    expect(reply.body.data.map((attempt: { n: number }) => attempt.n)).toEqual([1, 2])
    expect(reply.body.data[0]).toMatchObject({ transport: 'sms', result: 'retry', detail: 'no network' })
    expect(reply.body.plan).toEqual([
      {
        leg: 0,
        transport: 'sms',
        consent: 'automatic',
        code: expect.any(String),
        reason: expect.stringMatching(/\w/),
        values: {},
      },
    ])
    const why = { code: 'no-receipt', values_json: keptValues('no-receipt', { after: 'PT15M' }) }
    await rig.db.updateTable('legs').set(why).where('message_id', '=', body.id).execute()
    const told = await rig.call('GET', `/api/v1/messages/${body.id}/attempts`, { token })
    expect(told.body.plan).toMatchObject([{ code: 'no-receipt', values: { after: 'PT15M' } }])
  })
})

test('since when the oldest message waits: not before it was to leave', async () => {
  const own = await startRig()
  try {
    expect(await own.ports.router.pauses.oldestWaitingMs()).toBeUndefined()
    const json = { to: '+15550000201', text: 'hello' }
    const { body } = await own.call('POST', '/api/v1/messages', { local: true, json })
    const since = await own.ports.router.pauses.oldestWaitingMs()
    expect(since).toBeGreaterThanOrEqual(Date.parse(body.created_at))
    const laterMs = Date.parse(body.created_at) + 86_400_000
    await own.db.updateTable('messages').set({ scheduled_at_ms: laterMs }).execute()
    expect(await own.ports.router.pauses.oldestWaitingMs()).toBe(laterMs)
    await own.db.updateTable('messages').set({ state: 'sent' }).execute()
    expect(await own.ports.router.pauses.oldestWaitingMs()).toBeUndefined()
  } finally {
    await own.stop()
  }
})
