/** Webhooks: made and changed by the administrator alone, since they make the gateway call other machines. */
import { z } from 'zod'
import { WEBHOOK_EVENTS } from '../../domain/webhook.ts'
import type { Database } from '../../store/database.ts'
import type { WebhookAttemptRow, WebhookDeliveryRow, WebhookRow } from '../../store/tables/webhooks.ts'
import { addTestDelivery, deliveryWithAttempts, listDeliveries, redeliver } from '../../store/webhook-deliveries.ts'
import {
  addWebhook,
  changeWebhook,
  demandWebhook,
  failingCode,
  listWebhooks,
  removeWebhook,
  rotateWebhook,
} from '../../store/webhooks.ts'
import { etag, ifMatch } from '../if-match.ts'
import { pageQuery, pageReply } from '../page.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { time } from '../views.ts'
import { newSecret } from '../webhooks/signature.ts'
import { parseTarget, URL_CHARS_MAX } from '../webhooks/target.ts'

const url = z
  .string()
  .min(1)
  .max(URL_CHARS_MAX)
  .describe('http or https. The own network is allowed, link-local and metadata addresses are not.')
const description = z.string().max(200)
const events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1)
  .transform((list) => [...new Set(list)])

async function shown(db: Database, row: WebhookRow) {
  return webhookView(row, row.disabled_code ?? (await failingCode(db, row)))
}

/** Never the secrets. `code` is of the reason. */
function webhookView(row: WebhookRow, code: string | null) {
  const isFailing = row.failing_since_ms !== null
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: JSON.parse(row.events_json),
    active: row.active === 1,
    status: row.active === 1 ? (isFailing ? 'failing' : 'working') : row.disabled_code === null ? 'paused' : 'disabled',
    code,
    reason: row.disabled_reason ?? row.failing_reason,
    failing_since: time(row.failing_since_ms),
    last_delivered_at: time(row.delivered_at_ms),
    previous_secret_until: time(row.previous_until_ms),
    version: row.version,
    created_at: time(row.created_at_ms),
    updated_at: time(row.updated_at_ms),
  }
}

function deliveryView(row: WebhookDeliveryRow) {
  return {
    id: row.id,
    webhook_id: row.webhook_id,
    event_id: row.event_id,
    type: row.type,
    event_at: time(row.event_at_ms),
    status: row.state,
    attempts: row.attempts,
    next_attempt_at: time(row.due_at_ms),
    http_status: row.status,
    code: row.code,
    reason: row.reason,
    created_at: time(row.created_at_ms),
    settled_at: time(row.settled_at_ms),
  }
}

function attemptView(row: WebhookAttemptRow) {
  return {
    n: row.n,
    at: time(row.at_ms),
    took_ms: row.took_ms,
    http_status: row.status,
    code: row.code,
    reason: row.reason,
  }
}

export const webhookRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/webhooks',
    scope: 'admin',
    summary:
      'Adds a webhook, for what happens from now on. `secret` (`whsec_…`) is in this answer and nowhere else: with it the receiver checks the signature.',
    body: z.strictObject({ url, events, description: description.default('') }),
    shownOnce: 'secret',
    handle: async ({ ports, body }) => {
      const { db, ids, clock, randomOctets } = ports
      const fields = { ...body, url: parseTarget(body.url) }
      const secret = newSecret(randomOctets)
      const row = await addWebhook(db, ids, fields, secret, clock())
      ports.webhooks.poke()
      return {
        status: 201,
        body: { ...(await shown(db, row)), secret },
        headers: { ...etag(row), Location: `/api/v1/webhooks/${row.id}` },
      }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/webhooks',
    scope: 'admin',
    summary: 'All webhooks. `status` is `working`, `failing` or `disabled` with the `reason`, or `paused`.',
    handle: async ({ ports }) => {
      const rows = await listWebhooks(ports.db)
      return ok({ data: await Promise.all(rows.map((row) => shown(ports.db, row))) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/webhooks/:id',
    scope: 'admin',
    summary: 'One webhook, with its ETag.',
    handle: async ({ ports, params }) => {
      const row = await demandWebhook(ports.db, params['id'] ?? '')
      return ok(await shown(ports.db, row), etag(row))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/webhooks/:id',
    scope: 'admin',
    summary:
      'Changes a webhook; with `If-Match` only where nobody else has changed it since. `active: true` takes one up again that was disabled; what waited for it is delivered then.',
    body: z
      .strictObject({
        url: url.optional(),
        events: events.optional(),
        description: description.optional(),
        active: z
          .boolean()
          .optional()
          .describe('false: nothing is sent, and what happens meanwhile is not kept for it.'),
      })
      .refine((body) => Object.keys(body).length > 0, { message: 'Say what to change.' }),
    handle: async ({ ports, params, body, header }) => {
      const { db, ids, clock } = ports
      const change = {
        ...(body.url === undefined ? {} : { url: parseTarget(body.url) }),
        ...(body.events === undefined ? {} : { events: body.events }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(body.active === undefined ? {} : { active: body.active }),
      }
      const row = await changeWebhook(db, ids, params['id'] ?? '', change, ifMatch(header('if-match')), clock())
      ports.webhooks.poke()
      return ok(await shown(db, row), etag(row))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/webhooks/:id',
    scope: 'admin',
    summary: 'Removes a webhook with all that waits for it and with its log. 204.',
    handle: async ({ ports, params }) => {
      if (!(await removeWebhook(ports.db, params['id'] ?? ''))) throw notFound('webhook')
      return { status: 204 }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhooks/:id/rotate',
    scope: 'admin',
    summary:
      'Gives it a new secret, in this answer and nowhere else. For a day each delivery carries two signatures, of the new one and of the one before.',
    shownOnce: 'secret',
    handle: async ({ ports, params }) => {
      const secret = newSecret(ports.randomOctets)
      const row = await rotateWebhook(ports.db, params['id'] ?? '', secret, ports.clock())
      return ok({ ...(await shown(ports.db, row)), secret }, etag(row))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhooks/:id/test',
    scope: 'admin',
    summary: 'Sends `webhook.test` now. 202 with the delivery, which says what came of it.',
    handle: async ({ ports, params }) => {
      const { id } = await demandWebhook(ports.db, params['id'] ?? '')
      const row = await addTestDelivery(ports.db, ports.ids, id, ports.clock())
      ports.webhooks.poke()
      return {
        status: 202,
        body: deliveryView(row),
        headers: { Location: `/api/v1/webhooks/${id}/deliveries/${row.id}` },
      }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/webhooks/:id/deliveries',
    scope: 'admin',
    summary: 'What was and is to be delivered, newest first; what was settled is kept for a week.',
    query: z.strictObject({ ...pageQuery, status: z.enum(['due', 'delivered', 'failed']).optional() }),
    handle: async (call) => {
      const { id } = await demandWebhook(call.ports.db, call.params['id'] ?? '')
      const { limit, cursor, status } = call.query
      return pageReply(
        call,
        await listDeliveries(call.ports.db, { webhookId: id, limit, cursor, state: status }),
        deliveryView,
      )
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/webhooks/:id/deliveries/:delivery',
    scope: 'admin',
    summary: 'One delivery, with every attempt at it.',
    handle: async ({ ports, params }) => {
      const found = await deliveryWithAttempts(ports.db, params['id'] ?? '', params['delivery'] ?? '')
      if (found === undefined) throw notFound('delivery')
      return ok({ ...deliveryView(found.delivery), log: found.attempts.map(attemptView) })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/webhooks/:id/deliveries/:delivery/redeliver',
    scope: 'admin',
    summary: 'Delivers it once more, under the same id, with all attempts before it. 202.',
    handle: async ({ ports, params }) => {
      const row = await redeliver(ports.db, params['id'] ?? '', params['delivery'] ?? '', ports.clock())
      ports.webhooks.poke()
      return { status: 202, body: deliveryView(row) }
    },
  }),
]
