/** The Signal account: how it is, what it needs next, what is set of it; or the two ways to get one. */
import type { SignalAccount as Account } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { addressWords } from '../../model/people.ts'
import { session } from '../../model/session.ts'
import { account } from '../../model/status.ts'
import { Reason } from '../../ui/reason.tsx'
import { shortTime } from '../../ui/times.ts'
import { Facts } from '../later/facts.tsx'
import { SignalDevices } from './signal-devices.tsx'
import { SignalDiscoverable } from './signal-discoverable.tsx'
import { SignalLock } from './signal-lock.tsx'
import { SignalProfile } from './signal-profile.tsx'
import { NextStep } from './signal-steps.tsx'
import { SignalUnlink } from './signal-unlink.tsx'
import { SignalUsername } from './signal-username.tsx'

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
        {now.reason !== null && (
          <p>
            <Reason kind="signal.is" code={now.state} reason={now.reason} />
          </p>
        )}
        <Facts
          rows={[
            [t('about.number'), now.number === null ? null : addressWords(now.number)],
            [t('settings.since'), shortTime(now.since)],
          ]}
        />
        {now.warnings.map(({ code, values, what, fix }: Account['warnings'][number]) => (
          <p key={code} class="note held">
            <Reason kind="warn" code={code} values={values} reason={`${what} ${fix}`} />
          </p>
        ))}
      </section>
      {mayRule && <NextStep account={now} />}
      {now.aci !== null && <SignalProfile aci={now.aci} mayRule={mayRule} />}
      {now.aci !== null && <SignalUsername account={now} mayRule={mayRule} />}
      {now.aci !== null && <SignalLock mayRule={mayRule} />}
      {now.aci !== null && mayRule && <SignalDiscoverable />}
      {now.aci !== null && now.state === 'connected' && <SignalDevices mayRule={mayRule} />}
      {mayRule && <SignalUnlink account={now} />}
    </>
  )
}
