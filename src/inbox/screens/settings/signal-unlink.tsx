/** A linked device leaves the phone's account, when pressed twice; what that means stands above the button. */
import { ask } from '../../api/client.ts'
import type { SignalAccount } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { account } from '../../model/status.ts'
import { Action } from '../later/action.tsx'

/** Signed out it only forgets; in the other states the service could not be asked. */
const STATES = ['connected', 'challenged', 'signed-out']

export function SignalUnlink({ account: { device_id: device, state } }: { account: SignalAccount }) {
  if (device === null || device === 1 || !STATES.includes(state)) return null
  return (
    <section class="card">
      <p>{t('settings.unlinkWords')}</p>
      <Action
        label={t('settings.unlink')}
        sure={t('settings.sure')}
        class="danger"
        run={async () => {
          account.value = await ask<SignalAccount>('DELETE', '/api/v1/signal/link')
        }}
      />
    </section>
  )
}
