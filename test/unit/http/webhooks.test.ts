import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DELIVERY_WAITS_MS, WEBHOOK_EVENTS } from '../../../src/domain/webhook.ts'
import { webhookBody } from '../../../src/http/openapi/webhook-shapes.ts'
import type { Resolve } from '../../../src/http/webhooks/target.ts'
import { WebhookWorker } from '../../../src/http/webhooks/worker.ts'
import { EventLog } from '../../../src/store/events.ts'
import { pruneDeliveries } from '../../../src/store/webhook-deliveries.ts'
import { type Answer, present } from './answer.ts'
import { type Endpoint, startEndpoint } from './endpoint.ts'
import type { Reply } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let endpoint: Endpoint
let worker: WebhookWorker
let aheadMs: number
let names: Record<string, string[]>
let asked: string[]

const resolve: Resolve = async (name) => {
  asked.push(name)
  const found = names[name]
  if (found === undefined) throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
  return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
}

function startWorker(): void {
  const { db, events, ids, clock, log } = rig.ports
  worker = new WebhookWorker({ db, events, ids, clock, resolve, log, version: '1.2.3' })
  rig.ports.webhooks = worker
  worker.start()
}

beforeEach(async () => {
  rig = await startRig()
  endpoint = await startEndpoint()
  aheadMs = 0
  names = {}
  asked = []
  rig.ports.clock = () => Date.now() + aheadMs
  startWorker()
})
afterEach(async () => {
  await worker.stop()
  await rig.stop()
  await endpoint.stop()
})

const api = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  rig.call(method, `/api/v1/webhooks${path}`, { local: true, headers, ...(json === undefined ? {} : { json }) })

async function add(events: readonly string[] = WEBHOOK_EVENTS, url = endpoint.url) {
  const { status, body } = await api('POST', '', { url, events })
  expect(status).toBe(201)
  return body as { id: string; secret: string }
}

async function send(text: string): Promise<string> {
  const { body } = await rig.call('POST', '/api/v1/messages', { local: true, json: { to: '+15550000201', text } })
  return body.id
}

/** Waits for what the API says of a delivery. */
async function delivery(webhook: string, id: string, condition: (body: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const { body } = await api('GET', `/${webhook}/deliveries/${id}`)
    if (condition(body)) return body
    await new Promise((again) => setTimeout(again, 10))
  }
}

const listed = async (webhook: string) => (await api('GET', `/${webhook}/deliveries`)).body.data

describe('what is delivered', () => {
  test('is verified by the official package, and says type, time and the message', async () => {
    const { secret } = await add()
    const id = await send('Dinner at eight? 🍲')
    await endpoint.until(() => endpoint.received.length > 0)
    const { headers, text, body } = present(endpoint.received[0])
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toEqual(body)
    expect(() => new Webhook(secret).verify(`${text} `, headers as Record<string, string>)).toThrow()
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'causeway/1.2.3' })
    expect(body).toMatchObject({
      type: 'message.queued',
      data: { message_id: id, message: { text: 'Dinner at eight? 🍲' } },
    })
    expect(body.timestamp).toMatch(/^\d{4}-.*\.\d{3}Z$/)
    const shown = await rig.call('GET', `/api/v1/messages/${id}`, { local: true })
    expect(body.data.message).toEqual(shown.body)
    expect(webhookBody.safeParse(body).error?.issues ?? []).toEqual([])
  })

  test('is what was asked for, from then on, once for each webhook', async () => {
    await rig.event('message.read')
    const first = await add(['message.read'])
    const second = await add(['message.read', 'modem.state'])
    await rig.event('message.sent')
    await rig.event('message.read')
    await rig.event('modem.state')
    await endpoint.until(() => endpoint.received.length === 3)
    expect((await listed(first.id)).map(({ type }: { type: string }) => type)).toEqual(['message.read'])
    expect((await listed(second.id)).map(({ type }: { type: string }) => type)).toEqual(['modem.state', 'message.read'])
    expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(3)
  })

  test('says nothing any more that was wiped meanwhile', async () => {
    endpoint.answer = (response) => response.writeHead(500).end()
    await add(['message.queued'])
    const id = await send('for your eyes only')
    await endpoint.until(() => endpoint.received.length === 1)
    await rig.db.updateTable('messages').set({ text: '', disappeared_at_ms: 1 }).where('id', '=', id).execute()
    await later(() => endpoint.received.length === 2)
    expect(endpoint.received.map(({ text }) => text.includes('eyes'))).toEqual([true, false])
  })
})

/** Lets the time of the next attempt come. */
async function later(condition: () => boolean): Promise<void> {
  while (!condition()) {
    const next = await rig.db
      .selectFrom('webhook_deliveries')
      .select('due_at_ms')
      .where('due_at_ms', 'is not', null)
      .orderBy('due_at_ms')
      .executeTakeFirst()
    if (next?.due_at_ms != null) aheadMs = Math.max(aheadMs, next.due_at_ms - Date.now())
    worker.poke()
    await new Promise((again) => setTimeout(again, 10))
  }
}

describe('what is not taken', () => {
  test('is tried ten times at the times of the table, under one id, each attempt freshly signed', async () => {
    endpoint.answer = (response) => response.writeHead(503).end('busy')
    const { id: webhook, secret } = await add(['message.queued'])
    await send('hello')
    await endpoint.until(() => endpoint.received.length === 1)
    await later(() => endpoint.received.length === DELIVERY_WAITS_MS.length)
    const [{ id } = { id: '' }] = endpoint.received
    const ended = await delivery(webhook, id, ({ status }) => status === 'failed')
    expect(ended).toMatchObject({ attempts: 10, http_status: 503, code: 'http-503', next_attempt_at: null })
    expect(new Set(endpoint.received.map((one) => one.id))).toEqual(new Set([id]))
    const times = ended.log.map(({ at, took_ms: tookMs }) => ({ atMs: Date.parse(at), tookMs }))
    for (const [index, waitMs] of DELIVERY_WAITS_MS.entries()) {
      if (index === 0) continue
      const { atMs: before, tookMs } = present(times[index - 1])
      expect(present(times[index]).atMs).toBeGreaterThanOrEqual(before + tookMs + waitMs)
    }
    const stamps = endpoint.received.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(new Set(stamps).size).toBe(DELIVERY_WAITS_MS.length)
    // The package takes no signature of another time; the last one is hours ahead of its clock.
    const { headers, text } = endpoint.received[0] ?? { headers: {}, text: '' }
    new Webhook(secret).verify(text, headers as Record<string, string>)
    const { body } = await api('GET', `/${webhook}`)
    expect(body).toMatchObject({ status: 'failing', active: true, code: 'http-503', reason: 'It answered 503.' })
    expect(body.failing_since).not.toBeNull()
  })

  test('waits as long as the endpoint asks', async () => {
    endpoint.answer = (response) => response.writeHead(429, { 'retry-after': '3600' }).end()
    const { id: webhook } = await add(['message.queued'])
    await send('hello')
    await endpoint.until(() => endpoint.received.length === 1)
    const one = await delivery(webhook, endpoint.received[0]?.id ?? '', ({ attempts }) => attempts === 1)
    const [{ at, took_ms: tookMs }] = one.log
    expect(Date.parse(one.next_attempt_at)).toBe(Date.parse(at) + tookMs + 3_600_000)
  })

  test('410 disables, with the reason; taken up again, what waited is delivered', async () => {
    endpoint.answer = (response) => response.writeHead(500).end()
    const { id: webhook } = await add(['message.queued', 'message.read'])
    await send('first')
    await endpoint.until(() => endpoint.received.length === 1)
    const firstId = endpoint.received[0]?.id ?? ''
    await delivery(webhook, firstId, ({ attempts }) => attempts === 1)
    endpoint.answer = (response) => response.writeHead(410).end()
    await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 2)
    const gone = await delivery(webhook, endpoint.received[1]?.id ?? '', ({ status }) => status === 'failed')
    expect(gone).toMatchObject({ code: 'gone', attempts: 1 })
    const { body } = await api('GET', `/${webhook}`)
    expect(body).toMatchObject({ active: false, status: 'disabled', code: 'gone' })
    expect(body.reason).toMatch(/410/)
    await rig.event('message.read')
    aheadMs += 10_000
    worker.poke()
    endpoint.answer = (response) => response.writeHead(200).end()
    const { body: again } = await api('PATCH', `/${webhook}`, { active: true })
    expect(again).toMatchObject({ active: true, status: 'working', reason: null })
    await delivery(webhook, firstId, ({ status }) => status === 'delivered')
    // What happened while it was disabled is not kept for it.
    expect(await listed(webhook)).toHaveLength(2)
  })

  test.each([
    ['a redirect', (url: string) => ({ status: 302, location: url }), 'redirect', 302],
    ['an error', () => ({ status: 404 }), 'http-404', 404],
  ] as const)('%s is a failure, and not followed', async (_what, answer, code, status) => {
    endpoint.answer = (response) => {
      const { status: head, ...headers } = answer(endpoint.url)
      response.writeHead(head, headers).end()
    }
    const { id: webhook } = await add(['message.queued'])
    await send('hello')
    await endpoint.until(() => endpoint.received.length === 1)
    const one = await delivery(webhook, endpoint.received[0]?.id ?? '', ({ attempts }) => attempts === 1)
    expect(one).toMatchObject({ status: 'due', code, http_status: status })
    expect(endpoint.received).toHaveLength(1)
  })

  test('an answer without end is not read to its end', async () => {
    endpoint.answer = (response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) {
          // As much as goes.
        }
      }
      response.on('drain', more)
      more()
    }
    const { id: webhook } = await add(['message.queued'])
    await send('hello')
    await endpoint.until(() => endpoint.received.length === 1)
    await delivery(webhook, endpoint.received[0]?.id ?? '', ({ status }) => status === 'delivered')
  })

  test('one that hangs holds up no other', async () => {
    endpoint.answer = () => {}
    await add(['message.queued'])
    const other = await startEndpoint()
    await add(['message.queued'], other.url)
    for (let i = 0; i < 12; i++) await send(`hello ${i}`)
    await other.until(() => other.received.length === 12)
    expect(endpoint.received.length).toBeLessThanOrEqual(4)
    await other.stop()
  })
})

describe('nothing is lost', () => {
  test('over a stop in the middle of a request: it goes out again under the same id', async () => {
    endpoint.answer = () => {}
    const { id: webhook } = await add(['message.queued'])
    await send('hello')
    await endpoint.until(() => endpoint.received.length === 1)
    await worker.stop()
    endpoint.answer = (response) => response.writeHead(200).end()
    await rig.event('message.queued')
    startWorker()
    await endpoint.until(() => endpoint.received.length === 3)
    const [first, ...rest] = endpoint.received.map(({ id }) => id)
    expect(rest).toContain(first)
    expect(await delivery(webhook, first ?? '', ({ status }) => status === 'delivered')).toMatchObject({ attempts: 1 })
    expect(await listed(webhook)).toHaveLength(2)
  })

  test('events of a time without a worker are delivered, each once, in thousands as well', async () => {
    const { id: webhook } = await add(['message.read'])
    await worker.stop()
    const { events, db } = rig.ports
    await db.transaction().execute(async (tx) => {
      for (let i = 0; i < 1_200; i++) await events.append(tx, { type: i % 2 === 0 ? 'message.read' : 'message.twin' })
    })
    startWorker()
    await endpoint.until(() => endpoint.received.length >= 600)
    await later(() => true)
    expect(new Set(endpoint.received.map(({ body }) => body.data.event_id)).size).toBe(600)
    expect(
      (await rig.db.selectFrom('webhook_deliveries').select('id').where('webhook_id', '=', webhook).execute()).length,
    ).toBe(600)
  })

  test('a failed feed leaves the cursor where it was', async () => {
    const { id: webhook } = await add(['message.read'])
    await worker.stop()
    await rig.event('message.read')
    const { ids } = rig.ports
    let failing = true
    rig.ports.ids = (prefix) => {
      if (failing && prefix === 'whd') throw new Error('a crash in the middle')
      return ids(prefix)
    }
    startWorker()
    await worker.stop()
    failing = false
    expect(await listed(webhook)).toEqual([])
    startWorker()
    await endpoint.until(() => endpoint.received.length === 1)
  })
})

describe('secrets', () => {
  test('are shown once; after a rotation both sign for a day, then the new one alone', async () => {
    const { id, secret } = await add(['message.read'])
    expect((await api('GET', `/${id}`)).text).not.toContain('whsec_')
    expect((await api('GET', '')).text).not.toContain('whsec_')
    const { body: rotated } = await api('POST', `/${id}/rotate`)
    expect(rotated.secret).toMatch(/^whsec_/)
    expect(rotated.secret).not.toBe(secret)
    await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 1)
    const [one] = endpoint.received
    expect(String(one?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const each of [secret, rotated.secret]) {
      new Webhook(each).verify(one?.text ?? '', one?.headers as Record<string, string>)
    }
    aheadMs = 25 * 3_600_000
    await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 2)
    expect(String(endpoint.received[1]?.headers['webhook-signature']).split(' ')).toHaveLength(1)
  })
})

describe('where it may lead', () => {
  test.each([
    'http://169.254.169.254/latest',
    'http://0xA9FEA9FE/',
    'http://2852039166/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://100.100.100.200/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'http://user:secret@example.org/',
    'example.org/hook',
  ])('not to %s', async (url) => {
    const { status, body } = await api('POST', '', { url, events: ['message.read'] })
    expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'webhook-url', '/url'])
  })

  test.each([
    'http://192.168.1.20:1880/causeway',
    'http://10.0.0.1/',
    'http://[fd12::1]/',
    'http://[::1]:80/',
    'https://nas.local/x#y',
  ])('to the own network: %s', async (url) => {
    expect((await api('POST', '', { url, events: ['message.read'] })).status).toBe(201)
  })

  test('a name is looked up for each delivery, and one that leads to a forbidden address is not called', async () => {
    const { port } = new URL(endpoint.url)
    names = { 'hooks.test': ['127.0.0.1'] }
    const { id: webhook } = await add(['message.read'], `http://hooks.test:${port}/`)
    await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 1)
    expect(endpoint.received[0]?.headers.host).toBe(`hooks.test:${port}`)
    expect(asked).toEqual(['hooks.test'])
    // The name turns to another address, as in DNS rebinding: one bad address among good ones is enough.
    names = { 'hooks.test': ['127.0.0.1', '169.254.169.254'] }
    await rig.event('message.read')
    const wasDue = async () => (await listed(webhook)).find(({ status }: { status: string }) => status === 'due')
    while ((await wasDue())?.attempts !== 1) await new Promise((again) => setTimeout(again, 10))
    expect(await wasDue()).toMatchObject({ code: 'webhook-url', http_status: null })
    expect(endpoint.received).toHaveLength(1)
  })

  test('what nobody answers for is said in words', async () => {
    const { id: webhook } = await add(['message.read'], 'http://nobody.test/')
    const { body } = await api('POST', `/${webhook}/test`)
    const one = await delivery(webhook, body.id, ({ attempts }) => attempts === 1)
    expect(one).toMatchObject({ code: 'enotfound', reason: 'There is no such host.' })
  })
})

describe('a person', () => {
  test('tests one, sees what came of it, and delivers once more under the same id', async () => {
    const { id: webhook } = await add(['message.read'])
    const { status, body } = await api('POST', `/${webhook}/test`)
    expect(status).toBe(202)
    await delivery(webhook, body.id, ({ status: now }) => now === 'delivered')
    expect(endpoint.received[0]?.body).toMatchObject({ type: 'webhook.test', data: { webhook_id: webhook } })
    const again = await api('POST', `/${webhook}/deliveries/${body.id}/redeliver`)
    expect([again.status, again.body.status]).toEqual([202, 'due'])
    await endpoint.until(() => endpoint.received.length === 2)
    expect(endpoint.received.map(({ id }) => id)).toEqual([body.id, body.id])
    const ended = await delivery(webhook, body.id, ({ log }) => log.length === 2)
    expect(ended.log.map(({ n }: { n: number }) => n)).toEqual([1, 2])
  })

  test('changes one only where nobody else has meanwhile, and removes it with its log', async () => {
    const { id: webhook } = await add(['message.read'])
    const read = await api('GET', `/${webhook}`)
    const etag = String(read.headers['etag'])
    const changed = await api('PATCH', `/${webhook}`, { description: 'alerts' }, { 'if-match': etag })
    expect([changed.status, changed.body.description]).toEqual([200, 'alerts'])
    const late = await api('PATCH', `/${webhook}`, { description: 'others' }, { 'if-match': etag })
    expect([late.status, late.body.code]).toEqual([412, 'version-mismatch'])
    await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 1)
    expect((await api('DELETE', `/${webhook}`)).status).toBe(204)
    expect((await api('GET', `/${webhook}`)).status).toBe(404)
    expect(await rig.db.selectFrom('webhook_deliveries').select('id').execute()).toEqual([])
  })

  test('pauses one: what happens meanwhile is not kept, what happened before is', async () => {
    const { id: webhook } = await add(['message.read'])
    await api('PATCH', `/${webhook}`, { active: false })
    await rig.event('message.read')
    expect((await api('GET', `/${webhook}`)).body.status).toBe('paused')
    await api('PATCH', `/${webhook}`, { active: true })
    await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 1)
    expect(await listed(webhook)).toHaveLength(1)
  })

  test('has 64 at most', async () => {
    for (let i = 0; i < 64; i++) await add(['message.read'])
    const { status, body } = await api('POST', '', { url: endpoint.url, events: ['message.read'] })
    expect([status, body.code]).toEqual([409, 'too-many-webhooks'])
  })

  test('finds a page of the log after another', async () => {
    const { id: webhook } = await add(['message.read'])
    for (let i = 0; i < 5; i++) await rig.event('message.read')
    await endpoint.until(() => endpoint.received.length === 5)
    const first = await api('GET', `/${webhook}/deliveries?limit=3`)
    const second = await api('GET', `/${webhook}/deliveries?limit=3&cursor=${first.body.next_cursor}`)
    const ids = [...first.body.data, ...second.body.data].map(({ event_id: id }: { event_id: number }) => id)
    expect([ids.length, [...ids].sort((a, b) => b - a)]).toEqual([5, ids])
  })
})

test('the log is forgotten after a week, what waits for a month', async () => {
  endpoint.answer = (response) => response.writeHead(500).end()
  const { id: webhook } = await add(['message.read'])
  await rig.event('message.read')
  await endpoint.until(() => endpoint.received.length === 1)
  await delivery(webhook, endpoint.received[0]?.id ?? '', ({ attempts }) => attempts === 1)
  endpoint.answer = (response) => response.writeHead(200).end()
  const { body } = await api('POST', `/${webhook}/test`)
  await delivery(webhook, body.id, ({ status }) => status === 'delivered')
  await worker.stop()
  const now = Date.now()
  const left = async (days: number) => {
    await pruneDeliveries(rig.db, now + days * 86_400_000)
    return (await listed(webhook)).map(({ status }: { status: string }) => status)
  }
  expect(await left(6)).toEqual(['delivered', 'due'])
  expect(await left(8)).toEqual(['due'])
  expect(await left(31)).toEqual([])
})

test('an event log that is told of many commits at once wakes the worker once for all', async () => {
  await add(['message.read'])
  const log = new EventLog(rig.db, Date.now)
  await Promise.all(Array.from({ length: 20 }, () => log.record({ type: 'message.read' })))
  worker.poke()
  await endpoint.until(() => endpoint.received.length === 20)
  expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(20)
})
