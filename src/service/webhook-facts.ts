/** How the webhooks are, for the doctor: those that the gateway has stopped, and those that fail. */
import type { WebhookFacts } from '../doctor/outward.ts'
import type { Database } from '../store/database.ts'
import { failingCode, listWebhooks } from '../store/webhooks.ts'

/** One that a person has stopped is as it should be. */
export async function webhookFacts(db: Database): Promise<WebhookFacts[]> {
  const facts: WebhookFacts[] = []
  for (const row of await listWebhooks(db)) {
    const { id, url, active, disabled_code: stopped, disabled_reason: why, failing_since_ms: sinceMs } = row
    const disabled = stopped === null ? null : { code: stopped, reason: why ?? stopped }
    const isFailing = active === 1 && sinceMs !== null
    const failing = isFailing ? { sinceMs, code: await failingCode(db, row), reason: row.failing_reason ?? '' } : null
    facts.push({ id, url, disabled, failing })
  }
  return facts
}
