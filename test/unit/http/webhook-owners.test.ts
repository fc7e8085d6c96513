/** What a person does with webhooks: secrets, tests, changes, pauses, and the log of what was delivered. */
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pruneDeliveries } from '../../../src/store/webhook-deliveries.ts'
import { WebhookRig } from './webhook-rig.ts'

let hooks: WebhookRig
beforeEach(async () => {
  hooks = await WebhookRig.open()
})
afterEach(() => hooks.close())

describe('secrets', () => {
  test('are shown once; after a rotation both sign for a day, then the new one alone', async () => {
    const { id, secret } = await hooks.add(['message.read'])
    expect((await hooks.api('GET', `/${id}`)).text).not.toContain('whsec_')
    expect((await hooks.api('GET', '')).text).not.toContain('whsec_')
    const { body: rotated } = await hooks.api('POST', `/${id}/rotate`)
    expect(rotated.secret).toMatch(/^whsec_/)
    expect(rotated.secret).not.toBe(secret)
    await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    const [one] = hooks.endpoint.received
    expect(String(one?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    for (const each of [secret, rotated.secret]) {
      new Webhook(each).verify(one?.text ?? '', one?.headers as Record<string, string>)
    }
    hooks.aheadMs = 25 * 3_600_000
    await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 2)
    expect(String(hooks.endpoint.received[1]?.headers['webhook-signature']).split(' ')).toHaveLength(1)
  })
})

describe('a person', () => {
  test('tests one, sees what came of it, and delivers once more under the same id', async () => {
    const { id: webhook } = await hooks.add(['message.read'])
    const { status, body } = await hooks.api('POST', `/${webhook}/test`)
    expect(status).toBe(202)
    await hooks.delivery(webhook, body.id, ({ status: now }) => now === 'delivered')
    expect(hooks.endpoint.received[0]?.body).toMatchObject({ type: 'webhook.test', data: { webhook_id: webhook } })
    const again = await hooks.api('POST', `/${webhook}/deliveries/${body.id}/redeliver`)
    expect([again.status, again.body.status]).toEqual([202, 'due'])
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 2)
    expect(hooks.endpoint.received.map(({ id }) => id)).toEqual([body.id, body.id])
    const ended = await hooks.delivery(webhook, body.id, ({ log }) => log.length === 2)
    expect(ended.log.map(({ n }: { n: number }) => n)).toEqual([1, 2])
  })

  test('changes one only where nobody else has meanwhile, and removes it with its log', async () => {
    const { id: webhook } = await hooks.add(['message.read'])
    const read = await hooks.api('GET', `/${webhook}`)
    const etag = String(read.headers['etag'])
    const changed = await hooks.api('PATCH', `/${webhook}`, { description: 'alerts' }, { 'if-match': etag })
    expect([changed.status, changed.body.description]).toEqual([200, 'alerts'])
    const late = await hooks.api('PATCH', `/${webhook}`, { description: 'others' }, { 'if-match': etag })
    expect([late.status, late.body.code]).toEqual([412, 'version-mismatch'])
    await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    expect((await hooks.api('DELETE', `/${webhook}`)).status).toBe(204)
    expect((await hooks.api('GET', `/${webhook}`)).status).toBe(404)
    expect(await hooks.rig.db.selectFrom('webhook_deliveries').select('id').execute()).toEqual([])
  })

  test('pauses one: what happens meanwhile is not kept, what happened before is', async () => {
    const { id: webhook } = await hooks.add(['message.read'])
    await hooks.api('PATCH', `/${webhook}`, { active: false })
    await hooks.rig.event('message.read')
    expect((await hooks.api('GET', `/${webhook}`)).body.status).toBe('paused')
    await hooks.api('PATCH', `/${webhook}`, { active: true })
    await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    expect(await hooks.listed(webhook)).toHaveLength(1)
  })

  test('has 64 at most', async () => {
    for (let i = 0; i < 64; i++) await hooks.add(['message.read'])
    const { status, body } = await hooks.api('POST', '', { url: hooks.endpoint.url, events: ['message.read'] })
    expect([status, body.code]).toEqual([409, 'too-many-webhooks'])
  })

  test('finds a page of the log after another', async () => {
    const { id: webhook } = await hooks.add(['message.read'])
    for (let i = 0; i < 5; i++) await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 5)
    const first = await hooks.api('GET', `/${webhook}/deliveries?limit=3`)
    const second = await hooks.api('GET', `/${webhook}/deliveries?limit=3&cursor=${first.body.next_cursor}`)
    const ids = [...first.body.data, ...second.body.data].map(({ event_id: id }: { event_id: number }) => id)
    expect([ids.length, [...ids].sort((a, b) => b - a)]).toEqual([5, ids])
  })
})

test('the log is forgotten after a week, what waits for a month', async () => {
  hooks.endpoint.answer = (response) => response.writeHead(500).end()
  const { id: webhook } = await hooks.add(['message.read'])
  await hooks.rig.event('message.read')
  await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
  await hooks.delivery(webhook, hooks.endpoint.received[0]?.id ?? '', ({ attempts }) => attempts === 1)
  hooks.endpoint.answer = (response) => response.writeHead(200).end()
  const { body } = await hooks.api('POST', `/${webhook}/test`)
  await hooks.delivery(webhook, body.id, ({ status }) => status === 'delivered')
  await hooks.worker.stop()
  const now = Date.now()
  const left = async (days: number) => {
    await pruneDeliveries(hooks.rig.db, now + days * 86_400_000)
    return (await hooks.listed(webhook)).map(({ status }: { status: string }) => status)
  }
  expect(await left(6)).toEqual(['delivered', 'due'])
  expect(await left(8)).toEqual(['due'])
  expect(await left(31)).toEqual([])
})
