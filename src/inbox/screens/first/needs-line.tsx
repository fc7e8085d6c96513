/** What the box waits for a person with, on every screen: a PIN, a captcha, a modem; and the way to where it is given. */
import { reasonWords } from '../../languages/reasons.ts'
import { t } from '../../languages/translate.ts'
import { isAdmin } from '../../model/session.ts'
import { account, mode, modems } from '../../model/status.ts'
import { TriangleAlert } from '../../ui/icons.ts'
import { Reason } from '../../ui/reason.tsx'

/** In these a modem stays until somebody does something; what passes by itself only the strip shows. */
const STUCK: ReadonlySet<string> = new Set(['absent', 'no-sim', 'sim-locked', 'failed'])

export function NeedsLine() {
  const now = account.value
  const used = mode.value === 'data_only' ? [] : modems.value
  const stuck = used?.filter(({ state }) => STUCK.has(state)) ?? []
  const isStopped = mode.value !== 'sms_only' && (now?.state === 'challenged' || now?.state === 'signed-out')
  const hasNone = mode.value !== 'data_only' && used?.length === 0
  if (stuck.length === 0 && !isStopped && !hasNone) return null
  return (
    <section class="needs" aria-label={t('doctor.warning')} role="status">
      <TriangleAlert aria-hidden="true" />
      <ul>
        {hasNone && <li>{t('modems.none')}</li>}
        {stuck.map(({ id, label, state, reason }) => (
          <li key={id}>
            {t('status.modemDown', { name: label ?? id, reason: reasonWords(state, reason, 'modem.is') })}
          </li>
        ))}
        {isStopped && (
          <li>
            <b>{t('transport.signal.short')}:</b> <Reason kind="signal.is" code={now.state} reason={now.reason} />
          </li>
        )}
      </ul>
      {isAdmin.value && (hasNone || stuck.length > 0) && (
        <a class="button" href="#/settings/modems">
          {t(stuck.some(({ state }) => state === 'sim-locked') ? 'doctor.do.enter-pin' : 'settings.modems')}
        </a>
      )}
      {isAdmin.value && isStopped && (
        <a class="button" href="#/settings/signal">
          {t(now.state === 'challenged' ? 'doctor.do.solve-captcha' : 'doctor.do.see-signal')}
        </a>
      )}
    </section>
  )
}
