/** What the routes of webhooks answer, and what a webhook is sent, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { message } from './message-shapes.ts'
import { at, count, flag, list, maybe, maybeAt, page, shape, text } from './shapes.ts'

const webhookFields = {
  id: text,
  url: text,
  description: text,
  events: z.array(text),
  active: flag,
  status: z.enum(['working', 'failing', 'paused', 'disabled']),
  code: maybe,
  reason: maybe,
  failing_since: maybeAt,
  last_delivered_at: maybeAt,
  previous_secret_until: maybeAt,
  version: count,
  created_at: maybeAt,
  updated_at: maybeAt,
}

const webhook = shape('Webhook', webhookFields)

const deliveryFields = {
  id: text.describe('What the receiver sees as `webhook-id`.'),
  webhook_id: text,
  event_id: count.nullable(),
  type: text,
  event_at: maybeAt,
  status: z.enum(['due', 'delivered', 'failed']),
  attempts: count,
  next_attempt_at: maybeAt,
  http_status: z.int().nullable(),
  code: maybe,
  reason: maybe,
  created_at: maybeAt,
  settled_at: maybeAt,
}

const delivery = shape('WebhookDelivery', deliveryFields)

export const webhookAnswers = {
  webhook,
  webhooks: list('Webhooks', webhook),
  newWebhook: shape('NewWebhook', {
    ...webhookFields,
    secret: text.optional().describe('`whsec_…`. Left out where the request was repeated.'),
  }),
  delivery,
  deliveries: page('WebhookDeliveryPage', delivery),
  deliveryLog: shape('WebhookDeliveryLog', {
    ...deliveryFields,
    log: z.array(
      z.strictObject({
        n: count,
        at: maybeAt,
        took_ms: count,
        http_status: z.int().nullable(),
        code: maybe,
        reason: maybe,
      }),
    ),
  }),
}

/** What a webhook is sent. */
export const webhookBody = shape('WebhookBody', {
  type: text,
  timestamp: at,
  data: z.strictObject({
    event_id: count.optional(),
    webhook_id: text.optional().describe('Of `webhook.test`, alone.'),
    message_id: maybe.optional(),
    conversation_id: maybe.optional(),
    contact_id: maybe.optional(),
    message: message.optional(),
    details: z.record(text, z.unknown()).optional(),
  }),
})
