/** What is said of webhooks and Web Push, as the trouble comes and goes. */
import { describe, expect, test } from 'vitest'
import { examineOutward, type OutwardFacts, type WebhookFacts } from '../../../src/doctor/outward.ts'
import { placeOf } from '../../../src/inbox/screens/places.ts'

const nowMs = 1_800_000_000_000
const here = { host: '127.0.0.1', port: 8420 }
const well: OutwardFacts = {
  webhooks: [],
  subscriptions: 0,
  http: { listen: here, tls: undefined, publicUrl: undefined },
  nowMs,
}
const hook: WebhookFacts = { id: 'whk_1', url: 'https://example.org/in?secret=1', disabled: null, failing: null }
const said = (facts: Partial<OutwardFacts>) =>
  examineOutward({ ...well, ...facts }).map(({ code, severity }) => `${code} ${severity}`)

describe('webhooks', () => {
  const hooks = (more: Partial<WebhookFacts>) =>
    said({ webhooks: [{ ...hook, ...more }] }).filter((one) => /^web/.test(one))
  const failing = (sinceMs: number) => ({ failing: { sinceMs, code: 'http-500', reason: 'It answered 500.' } })

  test('nothing where there are none; well where all are taken', () => {
    expect(said({})).toEqual(['push.no_https.ok ok'])
    expect(hooks({})).toEqual(['webhook.failing.ok ok'])
  })

  test('one attempt that failed is no finding, those that fail again and again are', () => {
    expect(hooks(failing(nowMs - 60_000))).toEqual(['webhook.failing.ok ok'])
    expect(hooks(failing(nowMs - 3_600_000))).toEqual(['webhook.failing warning'])
  })

  test('one that the gateway has stopped is told of with the reason, and with where it is taken up again', () => {
    const disabled = { code: 'gone', reason: 'It answered 410.' }
    const [finding] = examineOutward({ ...well, webhooks: [{ ...hook, disabled }] })
    expect(finding).toMatchObject({
      id: 'webhook.failing',
      severity: 'warning',
      what: 'The webhook to example.org was stopped: It answered 410.',
      fix: expect.stringContaining('causeway webhooks resume whk_1'),
      values: { reason_code: 'gone' },
    })
    expect(JSON.stringify(finding)).not.toContain('secret')
    expect(placeOf(finding?.action?.path ?? '').room).toEqual({ name: 'settings', section: 'integrations' })
  })
})

describe('Web Push', () => {
  const everywhere = { host: '0.0.0.0', port: 8420 }
  const tls = { cert: '/c', key: '/k' }
  test.each<[string, Partial<OutwardFacts['http']>, string]>([
    ['on this machine', {}, 'push.no_https.ok ok'],
    ['on this machine, over IPv6', { listen: { host: '::1', port: 1 } }, 'push.no_https.ok ok'],
    ['from everywhere over http', { listen: everywhere }, 'push.no_https.unused info'],
    ['from everywhere over https', { listen: everywhere, tls }, 'push.no_https.ok ok'],
    ['behind a proxy that has TLS', { listen: everywhere, publicUrl: 'https://sms.example' }, 'push.no_https.ok ok'],
    ['behind a proxy that has none', { publicUrl: 'http://sms.example' }, 'push.no_https.unused info'],
    ['at a name of this machine', { publicUrl: 'http://localhost:1' }, 'push.no_https.ok ok'],
  ])('%s', (_, http, expected) => {
    expect(said({ http: { ...well.http, ...http } })).toEqual([expected])
  })

  test('is a worry once browsers want it, and none again with https', () => {
    const http = { ...well.http, listen: everywhere }
    const [finding] = examineOutward({ ...well, http, subscriptions: 2 })
    expect(finding).toMatchObject({ code: 'push.no_https', severity: 'warning' })
    expect(finding?.values).toEqual({ where: 'http://0.0.0.0:8420', count: 2 })
    expect(said({ http: { ...http, tls }, subscriptions: 2 })).toEqual(['push.no_https.ok ok'])
  })
})
