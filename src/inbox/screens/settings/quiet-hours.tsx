/** Hours in which no text follows by itself: from when to when, in whose time, or none. */
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Settings } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { settings } from '../../model/status.ts'
import { Action } from '../later/action.tsx'

const OFF = 'off'
const USUAL = ['22:00', '07:00'] as const

export function QuietHours({ now, mayChange }: { now: Settings; mayChange: boolean }) {
  const { quiet_hours: hours, time_zone: zone } = now.fallback
  const [first = USUAL[0], last = USUAL[1]] = hours === OFF ? USUAL : hours.split('-')
  const [from, setFrom] = useState<string>(first)
  const [to, setTo] = useState<string>(last)
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  const [chosenZone, setZone] = useState(zone)
  const save = async (fallback: { quiet_hours: string | null; time_zone?: string | null }) => {
    settings.value = await ask<Settings>('PATCH', '/api/v1/settings', { body: { fallback } })
  }
  const isChosen = now.chosen.some((name) => name === 'fallback.quiet_hours' || name === 'fallback.time_zone')
  return (
    <fieldset class="choices card" disabled={!mayChange}>
      <legend>{t('quiet.title')}</legend>
      <p class="quiet">{t('quiet.words')}</p>
      <p role="status">{hours === OFF ? t('quiet.none') : t('quiet.now', { from: first, to: last, zone })}</p>
      <label class="field">
        <span>{t('quiet.from')}</span>
        <input type="time" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>{t('quiet.to')}</span>
        <input type="time" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>{t('quiet.zone')}</span>
        <select value={chosenZone} translate={false} onChange={(event) => setZone(event.currentTarget.value)}>
          {[...new Set([zone, now.configured.fallback.time_zone, here])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div class="buttons">
        <Action
          label={t('quiet.save')}
          disabled={!mayChange || from === '' || to === '' || from === to}
          run={() => save({ quiet_hours: `${from}-${to}`, time_zone: chosenZone })}
        />
        {hours !== OFF && (
          <Action label={t('quiet.off')} disabled={!mayChange} run={() => save({ quiet_hours: OFF })} />
        )}
        {isChosen && mayChange && (
          <Action
            label={t('settings.useConfigured')}
            name={t('quiet.useConfigured')}
            run={() => save({ quiet_hours: null, time_zone: null })}
          />
        )}
      </div>
    </fieldset>
  )
}
