/** What the doctor is told of webhooks: what the gateway stopped and what fails, and nothing of those a person stopped. */
import { expect, test } from 'vitest'
import { examineOutward } from '../../../src/doctor/outward.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { webhookFacts } from '../../../src/service/webhook-facts.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { addTestDelivery, dueDeliveries, recordAttempt } from '../../../src/store/webhook-deliveries.ts'
import { addWebhook, changeWebhook } from '../../../src/store/webhooks.ts'

const ids = createIds(Date.now, (count) => crypto.getRandomValues(new Uint8Array(count)))
const LATER_MS = 3_600_000

test('a webhook is told of while it fails, and no more once something was taken, or a person has stopped it', async () => {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  try {
    const fields = { url: 'http://127.0.0.1:9/in', description: '', events: [] }
    const { id } = await addWebhook(db, ids, fields, 'whsec_x', 0)
    const attempt = async (atMs: number, failure: { code: string; reason: string } | undefined) => {
      await addTestDelivery(db, ids, id, atMs)
      const due = (await dueDeliveries(db, atMs, 9)).at(-1)
      if (due === undefined) throw new Error('nothing is due')
      await recordAttempt(db, due, { atMs, tookMs: 1, status: undefined, failure, putOffMs: 0 })
    }
    const http = { listen: { host: '127.0.0.1', port: 1 }, tls: undefined, publicUrl: undefined }
    const said = async () =>
      examineOutward({ webhooks: await webhookFacts(db), subscriptions: 0, http, nowMs: LATER_MS }).map(
        ({ code, values }) => `${code} ${values['reason_code'] ?? ''}`,
      )[0]

    expect(await said()).toBe('webhook.failing.ok ')
    await attempt(1, { code: 'http-500', reason: 'It answered 500.' })
    expect(await said()).toBe('webhook.failing http-500')
    await attempt(2, undefined)
    expect(await said()).toBe('webhook.failing.ok ')
    await attempt(3, { code: 'gone', reason: 'It answered 410.' })
    expect(await said()).toBe('webhook.failing.stopped gone')
    await changeWebhook(db, ids, id, { active: true }, undefined, 4)
    expect(await said()).toBe('webhook.failing.ok ')
    await attempt(5, { code: 'http-500', reason: 'It answered 500.' })
    await changeWebhook(db, ids, id, { active: false }, undefined, 6)
    expect(await said()).toBe('webhook.failing.ok ')
  } finally {
    await db.destroy()
  }
})
