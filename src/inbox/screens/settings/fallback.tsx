/**
 * What follows when Signal gives no receipt, changed while the gateway runs: each setting with who said so (here, or the
 * configuration file), and in words what comes of them together.
 */
import { ask } from '../../api/client.ts'
import type { Policy, Settings } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { session } from '../../model/session.ts'
import { settings } from '../../model/status.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { spanWords, WAITS } from '../../ui/times.ts'
import { QuietHours } from './quiet-hours.tsx'

const POLICIES = ['auto', 'ask', 'signal_only', 'sms_only'] as const satisfies readonly Policy[]
const ROAMING = ['ask', 'always', 'never'] as const

type Fallback = Settings['fallback']

interface Choice {
  name: keyof Fallback
  label: string
  options: readonly string[]
  words: (value: string) => string
}

export function FallbackChoice() {
  const saving = useAct()
  const now = settings.value
  if (now === undefined) return null
  const change = (name: keyof Fallback, value: string | null) =>
    void saving.run(async () => {
      settings.value = await ask<Settings>('PATCH', '/api/v1/settings', { body: { fallback: { [name]: value } } })
    })
  const { after, default: policy } = now.fallback
  const spans = WAITS.some((span) => span === after) ? WAITS : [after, ...WAITS]
  const choices: readonly Choice[] = [
    { name: 'after', label: t('fallback.after'), options: spans, words: spanWords },
    {
      name: 'default',
      label: t('fallback.policy'),
      options: POLICIES,
      words: (value) => t(`policy.${value as Policy}`),
    },
    {
      name: 'when_roaming',
      label: t('fallback.roaming'),
      options: ROAMING,
      words: (value) => t(`fallback.roaming.${value as (typeof ROAMING)[number]}`),
    },
  ]
  const mayChange = session.value?.user?.role === 'admin'
  return (
    <>
      <fieldset class="choices card" disabled={!mayChange || saving.busy}>
        <legend>{t('fallback.title')}</legend>
        {choices.map(({ name, label, options, words }) => (
          <div key={name}>
            <label class="field">
              <span>{label}</span>
              <select value={now.fallback[name]} onChange={(event) => change(name, event.currentTarget.value)}>
                {options.map((value) => (
                  <option key={value} value={value}>
                    {words(value)}
                  </option>
                ))}
              </select>
            </label>
            <p class="quiet small">
              {now.chosen.includes(`fallback.${name}`) ? (
                <>
                  {t('settings.chosenHere', { value: words(now.configured.fallback[name]) })}{' '}
                  <button type="button" class="link" onClick={() => change(name, null)}>
                    {t('settings.useConfigured')}
                  </button>
                </>
              ) : (
                t('settings.asConfigured')
              )}
            </p>
          </div>
        ))}
        <p class="note-box" role="status">
          {t(`fallback.follows.${policy}`, { span: spanWords(after) })} {t('fallback.exempt')}
        </p>
        {saving.error !== undefined && <Problem error={saving.error} />}
      </fieldset>
      <QuietHours now={now} mayChange={mayChange} />
    </>
  )
}
