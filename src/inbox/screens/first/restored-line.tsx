/** The warning that this gateway came out of a backup: what had not left then waits for somebody, and the old one must not run. */
import { useEffect } from 'preact/hooks'
import { t } from '../../languages/translate.ts'
import { acknowledgeRestored, backupsNow, loadBackups } from '../../model/backups.ts'
import { isAdmin } from '../../model/session.ts'
import { fullTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'

export function RestoredLine() {
  useEffect(() => {
    // Who cannot be told now is told with the next page.
    void loadBackups().catch(() => {})
  }, [])
  const restored = backupsNow.value?.restored
  if (restored == null) return null
  return (
    <section class="guide" aria-label={t('backup.restored')}>
      <p>
        <b>{t('backup.restored')}</b>{' '}
        {t('backup.restoredWords', { time: fullTime(restored.taken_at), count: restored.held })}
      </p>
      <a class="button" href="#/queue">
        {t('queue.title')}
      </a>
      {isAdmin.value && <Action label={t('backup.restoredRead')} run={acknowledgeRestored} />}
    </section>
  )
}
