/** Chooses a time before which the message does not leave. */
import { useState } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import { Dialog } from '../ui/dialog.tsx'

const HOUR_MS = 3_600_000
const EVENING_HOUR = 18
const MORNING_HOUR = 8

interface ScheduleProps {
  at: string | undefined
  choose: (at: string | undefined) => void
  onClose: () => void
}

export function ScheduleDialog({ at, choose, onClose }: ScheduleProps) {
  const [value, setValue] = useState(localInput(at === undefined ? new Date(Date.now() + HOUR_MS) : new Date(at)))
  const take = (date: Date) => {
    choose(date.toISOString())
    onClose()
  }
  const chosen = new Date(value)
  const isLater = chosen.getTime() > Date.now()
  return (
    <Dialog title={t('schedule.title')} onClose={onClose}>
      <div class="buttons">
        <button type="button" class="button" onClick={() => take(new Date(Date.now() + HOUR_MS))}>
          {t('schedule.hour')}
        </button>
        <button type="button" class="button" onClick={() => take(nextAt(EVENING_HOUR))}>
          {t('schedule.evening', { time: nextAt(EVENING_HOUR) })}
        </button>
        <button type="button" class="button" onClick={() => take(nextAt(MORNING_HOUR))}>
          {t('schedule.morning', { time: nextAt(MORNING_HOUR) })}
        </button>
      </div>
      <label class="field">
        <span>{t('schedule.label')}</span>
        <input
          type="datetime-local"
          value={value}
          min={localInput(new Date())}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        {!isLater && <small class="bad">{t('schedule.past')}</small>}
      </label>
      <div class="buttons">
        <button type="button" class="button primary" disabled={!isLater} onClick={() => take(chosen)}>
          {t('schedule.choose')}
        </button>
      </div>
    </Dialog>
  )
}

/** The next time that the clock shows this hour. */
function nextAt(hour: number): Date {
  const date = new Date()
  date.setHours(hour, 0, 0, 0)
  if (date.getTime() <= Date.now()) date.setDate(date.getDate() + 1)
  return date
}

/** As `<input type="datetime-local">` wants it: local, to the minute. */
function localInput(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)
}
