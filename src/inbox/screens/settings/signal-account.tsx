/** The Signal account: how it is, what it needs next, its devices; or the two ways to get one. */
import { ask } from '../../api/client.ts'
import type { SignalAccount as Account, Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { addressWords } from '../../model/people.ts'
import { session } from '../../model/session.ts'
import { account, loadStatus } from '../../model/status.ts'
import { Problem } from '../../ui/problem.tsx'
import { shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { Facts } from '../later/facts.tsx'
import { useFetched } from '../later/fetched.ts'
import { SignalLock } from './signal-lock.tsx'
import { SignalProfile } from './signal-profile.tsx'
import { NextStep } from './signal-steps.tsx'
import { SignalUsername } from './signal-username.tsx'

interface Device {
  id: number
  name: string | null
  this_device: boolean
  primary: boolean
  last_seen_at: string | null
}

export function SignalAccount() {
  const now = account.value
  if (now === undefined) return null
  const mayRule = session.value?.user?.role === 'admin'
  const words = { connected: t('status.signalUp'), none: t('status.signalNone') }[now.state] ?? t('status.signalDown')
  return (
    <>
      <section class="card">
        <h3>{t('settings.account')}</h3>
        <p class={now.state === 'connected' ? 'state good' : 'state bad'}>{words}</p>
        {now.reason !== null && <p translate={false}>{now.reason}</p>}
        <Facts
          rows={[
            [t('about.number'), now.number === null ? null : addressWords(now.number)],
            [t('settings.since'), shortTime(now.since)],
          ]}
        />
        {now.warnings.map(({ code, what, fix }: Account['warnings'][number]) => (
          <p key={code} class="note held" translate={false}>
            {what} {fix}
          </p>
        ))}
      </section>
      {mayRule && <NextStep account={now} />}
      {now.aci !== null && <SignalProfile aci={now.aci} mayRule={mayRule} />}
      {now.aci !== null && <SignalUsername account={now} mayRule={mayRule} />}
      {now.aci !== null && <SignalLock mayRule={mayRule} />}
      {/* Only the server knows them. */}
      {now.aci !== null && now.state === 'connected' && <Devices mayRule={mayRule} />}
    </>
  )
}

function Devices({ mayRule }: { mayRule: boolean }) {
  const { data, error, reload } = useFetched<Page<Device>>('/api/v1/signal/devices')
  const isPrimary = data?.data.some((device) => device.this_device && device.primary) ?? false
  return (
    <section class="card">
      <h3>{t('settings.devices')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      <ul class="members">
        {data?.data.map((device) => (
          <li key={device.id}>
            <span translate={false}>{device.name ?? device.id}</span>
            <span class="quiet">{device.this_device ? t('settings.here') : shortTime(device.last_seen_at)}</span>
            {mayRule && isPrimary && !device.this_device && (
              <Action
                label={t('menu.signOut')}
                sure={t('settings.sure')}
                run={async () => {
                  await ask('DELETE', `/api/v1/signal/devices/${device.id}`)
                  reload()
                  await loadStatus()
                }}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
