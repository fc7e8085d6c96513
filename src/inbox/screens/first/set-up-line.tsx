/** The line that leads an administrator back to what is still to be set up; in the sandbox nothing is. */
import { useEffect } from 'preact/hooks'
import { t } from '../../languages/translate.ts'
import { isSetUpAway, loadSetUp, putSetUpAway, setUpNow } from '../../model/first-hour.ts'
import { isAdmin, session } from '../../model/session.ts'
import { X } from '../../ui/icons.ts'

export function SetUpLine() {
  const isWanted = isAdmin.value && session.value?.sandbox === false && !isSetUpAway.value
  useEffect(() => {
    if (isWanted) void loadSetUp().catch(() => {})
  }, [isWanted])
  const now = setUpNow.value
  if (!isWanted || now === undefined || now.next === null) return null
  const done = now.steps.filter(({ state }) => state !== 'open').length
  return (
    <section class="guide" aria-label={t('wizard.title')}>
      <p>{t('wizard.progress', { done, total: now.steps.length })}</p>
      <a class="button" href="#/setup">
        {t('settings.goOn')}
      </a>
      <button
        type="button"
        class="icon-button"
        aria-label={t('wizard.later')}
        title={t('wizard.later')}
        onClick={putSetUpAway}
      >
        <X aria-hidden="true" />
      </button>
    </section>
  )
}
