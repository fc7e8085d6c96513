/** Has the gateway wake this browser, by the way that a message would: through the push service and back. */
import { ask } from '../../api/client.ts'
import { t } from '../../languages/translate.ts'
import { waking } from '../../model/notifications.ts'
import { Action } from '../later/action.tsx'

/** Enough to look away, since nothing is shown to who sees the inbox. */
const LOOK_AWAY_MS = 5_000

export function Sample() {
  if (waking.value !== 'on') return null
  const wake = async () => {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AWAY_MS))
    await ask('POST', '/api/v1/push/test')
  }
  return (
    <section class="card">
      <p class="quiet">{t('wizard.push.away')}</p>
      <Action label={t('wizard.push.test')} run={wake} />
    </section>
  )
}
