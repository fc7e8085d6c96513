/** Which transports the box uses at all, with what follows from it in plain words. */
import { ask } from '../../api/client.ts'
import type { Mode, Settings } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { session } from '../../model/session.ts'
import { mode, settings } from '../../model/status.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'

const MODES = ['integrated', 'data_only', 'sms_only'] as const

export function ModeChoice() {
  const saving = useAct()
  const choose = (next: Mode) =>
    void saving.run(async () => {
      settings.value = await ask<Settings>('PATCH', '/api/v1/settings', { body: { mode: next } })
    })
  return (
    <fieldset class="choices card" disabled={session.value?.user?.role !== 'admin' || saving.busy}>
      <legend>{t('settings.modeTitle')}</legend>
      {MODES.map((name) => (
        <label key={name} class="choice">
          <input type="radio" name="mode" checked={mode.value === name} onChange={() => choose(name)} />
          <span>
            <b>{t(`settings.${name}`)}</b>
            <small>{t(`settings.${name}.words`)}</small>
          </span>
        </label>
      ))}
      {saving.error !== undefined && <Problem error={saving.error} />}
    </fieldset>
  )
}
