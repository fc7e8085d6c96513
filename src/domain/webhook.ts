/**
 * What programs may be told of by webhook, and how often a delivery is tried. Pure; the Standard Webhooks rules
 * (github.com/standard-webhooks) with the times that they recommend.
 */

/** Types of the event log that a webhook can ask for. */
export const WEBHOOK_EVENTS = [
  'message.received',
  'message.queued',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.failed',
  'message.expired',
  'message.fallback',
  'contact.capability',
  'contact.identity_changed',
  'modem.state',
  'modem.signal_low',
  'signal.account',
  'signal.challenge',
  'queue.stalled',
  'system.backup',
] as const

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

/** What the test button sends; no event of the log. */
export const WEBHOOK_TEST = 'webhook.test'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** The wait before the first, second … attempt of a delivery. There is no attempt after the last. */
export const DELIVERY_WAITS_MS: readonly number[] = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]

/** No endpoint may put its next attempt off for longer. */
const PUT_OFF_MS_MAX = 24 * HOUR_MS

/**
 * ms to wait before the next attempt, after so many that failed; undefined when that was the last. `putOffMs`: how long
 * the endpoint asked to be left alone.
 */
export function nextDeliveryWaitMs(attempts: number, putOffMs = 0): number | undefined {
  const waitMs = DELIVERY_WAITS_MS[attempts]
  return waitMs === undefined ? undefined : Math.max(waitMs, Math.min(putOffMs, PUT_OFF_MS_MAX))
}
