/** Which addresses webhooks may lead to, and that a name is looked at anew for each delivery. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebhookRig } from './webhook-rig.ts'

describe('where it may lead', () => {
  // Nothing happens that would be delivered: one gateway does for all.
  let hooks: WebhookRig
  beforeAll(async () => {
    hooks = await WebhookRig.open()
  })
  afterAll(() => hooks.close())

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
    const { status, body } = await hooks.api('POST', '', { url, events: ['message.read'] })
    expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'webhook-url', '/url'])
  })

  test.each([
    'http://192.168.1.20:1880/causeway',
    'http://10.0.0.1/',
    'http://[fd12::1]/',
    'http://[::1]:80/',
    'https://nas.local/x#y',
  ])('to the own network: %s', async (url) => {
    expect((await hooks.api('POST', '', { url, events: ['message.read'] })).status).toBe(201)
  })
})

describe('a host', () => {
  let hooks: WebhookRig
  beforeEach(async () => {
    hooks = await WebhookRig.open()
  })
  afterEach(() => hooks.close())

  test('a name is looked up for each delivery, and one that leads to a forbidden address is not called', async () => {
    const { port } = new URL(hooks.endpoint.url)
    hooks.names = { 'hooks.test': ['127.0.0.1'] }
    const { id: webhook } = await hooks.add(['message.read'], `http://hooks.test:${port}/`)
    await hooks.rig.event('message.read')
    await hooks.endpoint.until(() => hooks.endpoint.received.length === 1)
    expect(hooks.endpoint.received[0]?.headers.host).toBe(`hooks.test:${port}`)
    expect(hooks.asked).toEqual(['hooks.test'])
    // The name turns to another address, as in DNS rebinding: one bad address among good ones is enough.
    hooks.names = { 'hooks.test': ['127.0.0.1', '169.254.169.254'] }
    await hooks.rig.event('message.read')
    const wasDue = async () => (await hooks.listed(webhook)).find(({ status }: { status: string }) => status === 'due')
    while ((await wasDue())?.attempts !== 1) await new Promise((again) => setTimeout(again, 10))
    expect(await wasDue()).toMatchObject({ code: 'webhook-url', http_status: null })
    expect(hooks.endpoint.received).toHaveLength(1)
  })

  test('what nobody answers for is said in words', async () => {
    const { id: webhook } = await hooks.add(['message.read'], 'http://nobody.test/')
    const { body } = await hooks.api('POST', `/${webhook}/test`)
    const one = await hooks.delivery(webhook, body.id, ({ attempts }) => attempts === 1)
    expect(one).toMatchObject({ code: 'enotfound', reason: 'There is no such host.' })
  })
})
