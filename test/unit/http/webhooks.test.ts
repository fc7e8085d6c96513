/** Deliveries of webhooks: what each says, what becomes of one that is not taken, and that none is lost. */
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DELIVERY_WAITS_MS } from '../../../src/domain/webhook.ts'
import { webhookBody } from '../../../src/http/openapi/webhook-shapes.ts'
import { EventLog } from '../../../src/store/events.ts'
import { present } from './answer.ts'
import { startEndpoint } from './endpoint.ts'
import { WebhookRig } from './webhook-rig.ts'

let hooks: WebhookRig
beforeEach(async () => {
  hooks = await WebhookRig.open()
})
afterEach(() => hooks.close())

describe('what is delivered', () => {
  test('is verified by the official package, and says type, time and the message', async () => {
    const { secret } = await hooks.add()
    const id = await hooks.send('Dinner at eight? 🍲')
    await hooks.endpoint.until(() => hooks.endpoint.received.length > 0)
    const { headers, text, body } = present(hooks.endpoint.received[0])
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toEqual(body)
    expect(() => new Webhook(secret).verify(`${text} `, headers as Record<string, string>)).toThrow()
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'causeway/1.2.3' })
    expect(body).toMatchObject({
      type: 'message.queued',
      data: { message_id: id, message: { text: 'Dinner at eight? 🍲' } },
    })
    expect(body.timestamp).toMatch(/^\d{4}-.*\.\d{3}Z$/)
    const shown = await hooks.rig.call('GET', `/api/v1/messages/${id}`, { local: true })
    expect(body.data.message).toEqual(shown.body)
    expect(webhookBody.safeParse(body).error?.issues ?? []).toEqual([])
  })

  test('is what was asked for, from then on, once for each webhook', async () => {
    await hooks.rig.event('message.read')
    const first = await hooks.add(['message.read'])
    const second = await hooks.add(['message.read', 'modem.state'])
    await hooks.rig.event('message.sent')
    await hooks.rig.event('message.read')
    await hooks.rig.event('modem.state')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 3)
    expect((await hooks.listed(first.id)).map(({ type }: { type: string }) => type)).toEqual(['message.read'])
    expect((await hooks.listed(second.id)).map(({ type }: { type: string }) => type)).toEqual([
      'modem.state',
      'message.read',
    ])
    expect(new Set(hooks.endpoint.received.map(({ id }) => id)).size).toBe(3)
  })

  test('says nothing any more that was wiped meanwhile', async () => {
    hooks.endpoint.answer = (response) => response.writeHead(500).end()
    await hooks.add(['message.queued'])
    const id = await hooks.send('for your eyes only')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    await hooks.rig.db.updateTable('messages').set({ text: '', disappeared_at_ms: 1 }).where('id', '=', id).execute()
    await hooks.later(() => hooks.endpoint.received.length === 2)
    expect(hooks.endpoint.received.map(({ text }) => text.includes('eyes'))).toEqual([true, false])
  })
})

describe('what is not taken', () => {
  test('is tried ten times at the times of the table, under one id, each attempt freshly signed', async () => {
    hooks.endpoint.answer = (response) => response.writeHead(503).end('busy')
    const { id: webhook, secret } = await hooks.add(['message.queued'])
    await hooks.send('hello')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    await hooks.later(() => hooks.endpoint.received.length === DELIVERY_WAITS_MS.length)
    const [{ id } = { id: '' }] = hooks.endpoint.received
    const ended = await hooks.delivery(webhook, id, ({ status }) => status === 'failed')
    expect(ended).toMatchObject({ attempts: 10, http_status: 503, code: 'http-503', next_attempt_at: null })
    expect(new Set(hooks.endpoint.received.map((one) => one.id))).toEqual(new Set([id]))
    const times = ended.log.map(({ at, took_ms: tookMs }) => ({ atMs: Date.parse(at), tookMs }))
    for (const [index, waitMs] of DELIVERY_WAITS_MS.entries()) {
      if (index === 0) continue
      const { atMs: before, tookMs } = present(times[index - 1])
      expect(present(times[index]).atMs).toBeGreaterThanOrEqual(before + tookMs + waitMs)
    }
    const stamps = hooks.endpoint.received.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(new Set(stamps).size).toBe(DELIVERY_WAITS_MS.length)
    // The package takes no signature of another time; the last one is hours ahead of its clock.
    const { headers, text } = hooks.endpoint.received[0] ?? { headers: {}, text: '' }
    new Webhook(secret).verify(text, headers as Record<string, string>)
    const { body } = await hooks.api('GET', `/${webhook}`)
    expect(body).toMatchObject({ status: 'failing', active: true, code: 'http-503', reason: 'It answered 503.' })
    expect(body.failing_since).not.toBeNull()
  })

  test('waits as long as the endpoint asks', async () => {
    hooks.endpoint.answer = (response) => response.writeHead(429, { 'retry-after': '3600' }).end()
    const { id: webhook } = await hooks.add(['message.queued'])
    await hooks.send('hello')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    const one = await hooks.delivery(webhook, hooks.endpoint.received[0]?.id ?? '', ({ attempts }) => attempts === 1)
    const [{ at, took_ms: tookMs }] = one.log
    expect(Date.parse(one.next_attempt_at)).toBe(Date.parse(at) + tookMs + 3_600_000)
  })

  test('410 disables, with the reason; taken up again, what waited is delivered', async () => {
    hooks.endpoint.answer = (response) => response.writeHead(500).end()
    const { id: webhook } = await hooks.add(['message.queued', 'message.read'])
    await hooks.send('first')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    const firstId = hooks.endpoint.received[0]?.id ?? ''
    await hooks.delivery(webhook, firstId, ({ attempts }) => attempts === 1)
    hooks.endpoint.answer = (response) => response.writeHead(410).end()
    await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 2)
    const gone = await hooks.delivery(
      webhook,
      hooks.endpoint.received[1]?.id ?? '',
      ({ status }) => status === 'failed',
    )
    expect(gone).toMatchObject({ code: 'gone', attempts: 1 })
    const { body } = await hooks.api('GET', `/${webhook}`)
    expect(body).toMatchObject({ active: false, status: 'disabled', code: 'gone' })
    expect(body.reason).toMatch(/410/)
    await hooks.rig.event('message.read')
    hooks.aheadMs += 10_000
    hooks.worker.poke()
    hooks.endpoint.answer = (response) => response.writeHead(200).end()
    const { body: again } = await hooks.api('PATCH', `/${webhook}`, { active: true })
    expect(again).toMatchObject({ active: true, status: 'working', reason: null })
    await hooks.delivery(webhook, firstId, ({ status }) => status === 'delivered')
    // What happened while it was disabled is not kept for it.
    expect(await hooks.listed(webhook)).toHaveLength(2)
  })

  test.each([
    ['a redirect', (url: string) => ({ status: 302, location: url }), 'redirect', 302],
    ['an error', () => ({ status: 404 }), 'http-404', 404],
  ] as const)('%s is a failure, and not followed', async (_what, answer, code, status) => {
    hooks.endpoint.answer = (response) => {
      const { status: head, ...headers } = answer(hooks.endpoint.url)
      response.writeHead(head, headers).end()
    }
    const { id: webhook } = await hooks.add(['message.queued'])
    await hooks.send('hello')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    const one = await hooks.delivery(webhook, hooks.endpoint.received[0]?.id ?? '', ({ attempts }) => attempts === 1)
    expect(one).toMatchObject({ status: 'due', code, http_status: status })
    expect(hooks.endpoint.received).toHaveLength(1)
  })

  test('an answer without end is not read to its end', async () => {
    hooks.endpoint.answer = (response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) {
          // As much as goes.
        }
      }
      response.on('drain', more)
      more()
    }
    const { id: webhook } = await hooks.add(['message.queued'])
    await hooks.send('hello')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    await hooks.delivery(webhook, hooks.endpoint.received[0]?.id ?? '', ({ status }) => status === 'delivered')
  })

  test('one that hangs holds up no other', async () => {
    hooks.endpoint.answer = () => {}
    await hooks.add(['message.queued'])
    const other = await startEndpoint()
    await hooks.add(['message.queued'], other.url)
    for (let i = 0; i < 12; i++) await hooks.send(`hello ${i}`)
    await other.until(() => other.received.length === 12)
    expect(hooks.endpoint.received.length).toBeLessThanOrEqual(4)
    await other.stop()
  })
})

describe('nothing is lost', () => {
  test('over a stop in the middle of a request: it goes out again under the same id', async () => {
    hooks.endpoint.answer = () => {}
    const { id: webhook } = await hooks.add(['message.queued'])
    await hooks.send('hello')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    await hooks.worker.stop()
    hooks.endpoint.answer = (response) => response.writeHead(200).end()
    await hooks.rig.event('message.queued')
    hooks.startWorker()
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 3)
    const [first, ...rest] = hooks.endpoint.received.map(({ id }) => id)
    expect(rest).toContain(first)
    expect(await hooks.delivery(webhook, first ?? '', ({ status }) => status === 'delivered')).toMatchObject({
      attempts: 1,
    })
    expect(await hooks.listed(webhook)).toHaveLength(2)
  })

  test('events of a time without a worker are delivered, each once, in thousands as well', async () => {
    const { id: webhook } = await hooks.add(['message.read'])
    await hooks.worker.stop()
    const { events, db } = hooks.rig.ports
    await db.transaction().execute(async (tx) => {
      for (let i = 0; i < 1_200; i++) await events.append(tx, { type: i % 2 === 0 ? 'message.read' : 'message.twin' })
    })
    hooks.startWorker()
    await hooks.endpoint.until(() => hooks.endpoint.received.length >= 600)
    await hooks.later(() => true)
    expect(new Set(hooks.endpoint.received.map(({ body }) => body.data.event_id)).size).toBe(600)
    expect(
      (await hooks.rig.db.selectFrom('webhook_deliveries').select('id').where('webhook_id', '=', webhook).execute())
        .length,
    ).toBe(600)
  })

  test('a failed feed leaves the cursor where it was', async () => {
    const { id: webhook } = await hooks.add(['message.read'])
    await hooks.worker.stop()
    await hooks.rig.event('message.read')
    const { ids } = hooks.rig.ports
    let failing = true
    hooks.rig.ports.ids = (prefix) => {
      if (failing && prefix === 'whd') throw new Error('a crash in the middle')
      return ids(prefix)
    }
    hooks.startWorker()
    await hooks.worker.stop()
    failing = false
    expect(await hooks.listed(webhook)).toEqual([])
    hooks.startWorker()
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
  })
})

test('an event log that is told of many commits at once wakes the worker once for all', async () => {
  await hooks.add(['message.read'])
  const log = new EventLog(hooks.rig.db, Date.now)
  await Promise.all(Array.from({ length: 20 }, () => log.record({ type: 'message.read' })))
  hooks.worker.poke()
  await hooks.endpoint.until(() => hooks.endpoint.received.length === 20)
  expect(new Set(hooks.endpoint.received.map(({ id }) => id)).size).toBe(20)
})
