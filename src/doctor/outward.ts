/** What can be said of those who are told of what happens: programs by webhooks, browsers by Web Push. Pure. */
import type { Config } from '../config.ts'
import type { Finding, FindingAction } from '../domain/finding.ts'
import { found } from './found.ts'

export interface WebhookFacts {
  id: string
  url: string
  /** Why the gateway itself has stopped using it; null: it has not. */
  disabled: { code: string; reason: string } | null
  /** Since when none was taken, and what the last attempt met; null: the last one was taken. */
  failing: { sinceMs: number; code: string | null; reason: string } | null
}

export interface OutwardFacts {
  webhooks: readonly WebhookFacts[]
  /** Browsers that want to be woken. */
  subscriptions: number
  http: Pick<Config['http'], 'listen' | 'tls' | 'publicUrl'>
  nowMs: number
}

const WEBHOOKS: FindingAction = { name: 'see-webhooks', kind: 'place', path: '/settings/integrations' }
/** By then three attempts at a delivery were made (`DELIVERY_WAITS_MS`): it is no passing trouble. */
const FAILING_MS = 6 * 60_000
const LOOPBACK = /^(?:localhost|.+\.localhost|127\.[\d.]+|\[?::1\]?)$/i

export function examineOutward(facts: OutwardFacts): Finding[] {
  return [...examineWebhooks(facts), examinePush(facts)]
}

function examineWebhooks({ webhooks, nowMs }: OutwardFacts): Finding[] {
  if (webhooks.length === 0) return []
  const findings = webhooks.flatMap(({ id: webhook, url, disabled, failing }) => {
    const { host } = new URL(url)
    if (disabled !== null) {
      const values = { webhook, host, reason: disabled.reason, reason_code: disabled.code }
      return [found('webhook.failing.stopped', 'warning', values, WEBHOOKS)]
    }
    if (failing === null || nowMs - failing.sinceMs < FAILING_MS) return []
    const code = failing.code === null ? {} : { reason_code: failing.code }
    const values = { webhook, host, since: new Date(failing.sinceMs).toISOString(), reason: failing.reason, ...code }
    return [found('webhook.failing', 'warning', values, WEBHOOKS)]
  })
  return findings.length > 0 ? findings : [found('webhook.failing.ok', 'ok', { count: webhooks.length })]
}

/** Browsers take Web Push from https and from their own machine alone. */
function examinePush({ http, subscriptions: count }: OutwardFacts): Finding {
  const where = plainAddress(http)
  if (where === undefined) return found('push.no_https.ok', 'ok', {})
  if (count === 0) return found('push.no_https.unused', 'info', { where })
  return found('push.no_https', 'warning', { where, count })
}

/** Where the inbox is opened over plain http from elsewhere; undefined: over https, or on this machine, as far as is known. */
function plainAddress({ listen: { host, port }, tls, publicUrl }: OutwardFacts['http']): string | undefined {
  if (publicUrl !== undefined) {
    const { protocol, hostname, origin } = new URL(publicUrl)
    return protocol === 'https:' || LOOPBACK.test(hostname) ? undefined : origin
  }
  if (tls !== undefined || LOOPBACK.test(host)) return undefined
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
