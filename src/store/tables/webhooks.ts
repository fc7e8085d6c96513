/**
 * The newest schema of webhooks and kept answers as types; migrations/0014_webhooks.ts has it as SQL with its rules. All
 * times are ms since the epoch; booleans are 0 or 1; columns named *_json hold JSON.
 */
import type { Generated, Selectable } from 'kysely'

interface WebhooksTable {
  id: string
  url: string
  description: string
  /** `WebhookEvent[]`. */
  events_json: string
  /** `whsec_…`. The previous one signs, too, until its time is over. */
  secret: string
  previous_secret: string | null
  previous_until_ms: number | null
  active: Generated<number>
  /** Why the gateway has stopped using it; null where a person did. */
  disabled_code: string | null
  disabled_reason: string | null
  /** Since when no delivery has succeeded, and what the last attempt met. */
  failing_since_ms: number | null
  failing_reason: string | null
  /** Last success. */
  delivered_at_ms: number | null
  version: Generated<number>
  created_at_ms: number
  updated_at_ms: number
}

interface WebhookDeliveriesTable {
  /** What receivers see as `webhook-id`. */
  id: string
  webhook_id: string
  /** null: a test. */
  event_id: number | null
  type: string
  event_at_ms: number
  state: 'due' | 'delivered' | 'failed'
  /** Since it was last made due by a person or the feed. */
  attempts: Generated<number>
  due_at_ms: number | null
  /** Of the last attempt. */
  status: number | null
  code: string | null
  reason: string | null
  created_at_ms: number
  settled_at_ms: number | null
}

interface WebhookAttemptsTable {
  delivery_id: string
  /** 1-based, over all redeliveries. */
  n: number
  at_ms: number
  took_ms: number
  status: number | null
  /** null: it succeeded. */
  code: string | null
  reason: string | null
}

/** One row: the last event that was turned into deliveries. */
interface WebhookFeedTable {
  one: number
  event_id: number
}

interface IdempotentRepliesTable {
  scope: string
  key: string
  fingerprint: string
  /** null: begun, end not seen. */
  status: number | null
  headers_json: string | null
  body_json: string | null
  created_at_ms: number
}

export interface WebhookTables {
  webhooks: WebhooksTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
  webhook_feed: WebhookFeedTable
  idempotent_replies: IdempotentRepliesTable
}

export type WebhookRow = Selectable<WebhooksTable>
export type WebhookDeliveryRow = Selectable<WebhookDeliveriesTable>
export type WebhookAttemptRow = Selectable<WebhookAttemptsTable>
