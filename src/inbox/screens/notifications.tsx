/** How this browser tells of what came while no page is open. */
import { t } from '../languages/translate.ts'
import { letMeSleep, preview, showInNotices, wakeMe, waking } from '../model/notifications.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import type { Preview } from '../worker/notebook.ts'

const PREVIEWS = ['text', 'name', 'none'] as const satisfies readonly Preview[]

/** `whenOn` is called when this browser was subscribed. */
export function Notifications({ whenOn }: { whenOn?: () => void }) {
  const acting = useAct()
  const now = waking.value
  const isOn = now === 'on'
  return (
    <div class="notifications">
      <p class="quiet">{t('push.words')}</p>
      {now === 'on' || now === 'off' ? (
        <button
          type="button"
          class={isOn ? 'button' : 'button primary'}
          disabled={acting.busy}
          onClick={() =>
            void acting.run(isOn ? letMeSleep : wakeMe).then(() => {
              if (waking.peek() === 'on') whenOn?.()
            })
          }
        >
          {isOn ? t('push.turnOff') : t('push.turnOn')}
        </button>
      ) : (
        <p class="note-box" role="status">
          {t(`push.${now}`)}
        </p>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
      <fieldset class="choices">
        <legend>{t('push.show')}</legend>
        {PREVIEWS.map((how) => (
          <label key={how} class="check">
            <input
              type="radio"
              name="preview"
              checked={preview.value === how}
              onChange={() => void showInNotices(how)}
            />
            <span>{t(`push.show.${how}`)}</span>
          </label>
        ))}
      </fieldset>
    </div>
  )
}
