/** What the conversation's pane says while none is open. */

import { t } from '../languages/translate.ts'
import { maySend } from '../model/session.ts'
import { Lock, MessageSquare } from '../ui/icons.ts'

export function EmptyThread() {
  return (
    <div class="empty-thread">
      <img src="/icon.svg" alt="" width="72" height="72" />
      <h2>{t('empty.title')}</h2>
      <p class="quiet">{t('empty.lead')}</p>
      <ul class="legend">
        <li>
          <span class="sample signal">
            <Lock aria-hidden="true" /> {t('transport.signal.short')}
          </span>
          {t('empty.signal')}
        </li>
        <li>
          <span class="sample sms">
            <MessageSquare aria-hidden="true" /> {t('transport.sms.short')}
          </span>
          {t('empty.sms')}
        </li>
      </ul>
      {maySend.value && <p class="quiet small">{t('empty.keys')}</p>}
    </div>
  )
}
