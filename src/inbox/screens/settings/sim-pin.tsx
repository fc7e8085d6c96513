/** What a SIM that keeps its modem waiting asks for: its PIN, with the tries that are left; or something only a phone gives. */
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Modem } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { loadStatus } from '../../model/status.ts'
import { SmallForm } from '../later/small-form.tsx'

export function SimPin({ modem, mayRule }: { modem: Modem; mayRule: boolean }) {
  const [isSure, setIsSure] = useState(false)
  const [remember, setRemember] = useState(true)
  const lock = modem.sim_lock
  if (lock === null) return null
  if (lock.wants !== 'pin') return <p class="note held">{t(lock.wants === 'puk' ? 'simPin.puk' : 'simPin.other')}</p>
  const isLast = lock.tries_left !== null && lock.tries_left < 2
  return (
    <div class="sim-pin">
      <p role="status">
        {lock.tries_left !== null && <b>{t('simPin.left', { count: lock.tries_left })}</b>}{' '}
        {!lock.tries_told && <span class="quiet">{t('simPin.untold')}</span>}
      </p>
      {mayRule && (
        <SmallForm
          fields={[{ name: 'pin', label: t('simPin.title'), type: 'password', hint: t('simPin.hint'), minLength: 4 }]}
          button={t('simPin.enter')}
          run={async ({ pin = '' }) => {
            const body = { pin, last_try: isLast && isSure, remember }
            await ask('POST', `/api/v1/modems/${encodeURIComponent(modem.id)}/pin`, { body }).finally(loadStatus)
          }}
        >
          {isLast && (
            <label class="check">
              <input
                type="checkbox"
                required
                checked={isSure}
                onChange={(event) => setIsSure(event.currentTarget.checked)}
              />
              <span>{t('simPin.lastTry')}</span>
            </label>
          )}
          <label class="check">
            <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
            <span>{t('simPin.remember')}</span>
          </label>
        </SmallForm>
      )}
    </div>
  )
}
