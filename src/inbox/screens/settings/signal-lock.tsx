/** The PIN that whoever registers the account's number elsewhere is asked for: set, changed, removed; on a linked device only told of. */
import { ask } from '../../api/client.ts'
import { t } from '../../languages/translate.ts'
import { Problem } from '../../ui/problem.tsx'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { SmallForm } from '../later/small-form.tsx'

const PATH = '/api/v1/signal/registration-lock'
const PIN_CHARS_MIN = 4

interface Lock {
  locked: boolean | null
  editable: boolean
}

export function SignalLock({ mayRule }: { mayRule: boolean }) {
  const { data, error, reload, keep } = useFetched<Lock>(PATH)
  const isOn = data?.locked === true
  return (
    <section class="card">
      <h3>{t('lock.title')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      {data !== undefined && <p>{t(data.editable ? (isOn ? 'lock.on' : 'lock.off') : 'profile.onPhone')}</p>}
      {mayRule && data?.editable && (
        <>
          <SmallForm
            fields={[{ name: 'pin', label: t('settings.pin'), hint: t('lock.hint'), minLength: PIN_CHARS_MIN }]}
            button={t(isOn ? 'lock.change' : 'lock.set')}
            run={async ({ pin = '' }) => keep(await ask<Lock>('PUT', PATH, { body: { pin } }))}
          />
          {isOn && (
            <Action
              label={t('lock.remove')}
              sure={t('settings.sure')}
              run={async () => {
                await ask('DELETE', PATH)
                reload()
              }}
            />
          )}
        </>
      )}
    </section>
  )
}
