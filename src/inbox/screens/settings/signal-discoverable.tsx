/** Whether whoever knows the number finds the account on Signal; on a linked device that is the phone's. */
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { useFetched } from '../later/fetched.ts'

const PATH = '/api/v1/signal/discoverability'

interface View {
  discoverable: boolean | null
  editable: boolean
}

export function SignalDiscoverable() {
  const { data, keep } = useFetched<View>(PATH)
  const setting = useAct()
  // As it was chosen, while the gateway is told of it.
  const [chosen, choose] = useState<boolean | undefined>(undefined)
  if (data?.editable !== true) return null
  return (
    <section class="card">
      <label class="check">
        <input
          type="checkbox"
          checked={chosen ?? data.discoverable === true}
          disabled={setting.busy}
          onChange={(event) => {
            const discoverable = event.currentTarget.checked
            choose(discoverable)
            void setting
              .run(async () => keep(await ask<View>('PUT', PATH, { body: { discoverable } })))
              .then(() => choose(undefined))
          }}
        />
        <span>
          {t('settings.findable')}
          <small>{t('settings.findableWords')}</small>
        </span>
      </label>
      {setting.error !== undefined && <Problem error={setting.error} />}
    </section>
  )
}
