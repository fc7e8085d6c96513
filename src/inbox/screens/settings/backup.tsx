/** Backups: the recovery key, making one now, those that are there, the schedule, and how the last one went. */
import { useEffect } from 'preact/hooks'
import { reasonWords } from '../../languages/reasons.ts'
import { t } from '../../languages/translate.ts'
import { type Backups, backupsNow, backupUrl, loadBackups, makeBackup } from '../../model/backups.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { sizeWords } from '../../ui/sizes.ts'
import { fullTime, spanWords } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { RecoveryKey } from './recovery-key.tsx'

/** While one is being made. */
const LOOK_EVERY_MS = 1_000

export function BackupPanel() {
  const loading = useAct()
  const load = () => void loading.run(loadBackups)
  const now = backupsNow.value
  const isRunning = now?.running != null
  useEffect(load, [])
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(load, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isRunning])
  return (
    <section class="card">
      <h3>{t('backup.title')}</h3>
      <p class="quiet">{t('backup.words')}</p>
      {loading.error !== undefined && <Problem error={loading.error} retry={load} />}
      <RecoveryKey />
      {now !== undefined && now.key_made_at !== null && <Made now={now} isRunning={isRunning} />}
    </section>
  )
}

function Made({ now, isRunning }: { now: Backups; isRunning: boolean }) {
  const last = now.runs.find(({ state }) => state !== 'running')
  return (
    <>
      <p>
        {now.every === null ? t('backup.byHand') : t('backup.every', { span: spanWords(now.every) })}{' '}
        {t('backup.keep', { count: now.keep })}{' '}
        <span class="quiet small" translate={false} dir="ltr">
          {now.directory}
        </span>
      </p>
      {last?.state === 'failed' && (
        <p class="note held" role="status">
          {t('backup.failed', {
            time: fullTime(last.began_at),
            reason: reasonWords(last.code, last.reason, 'backup.why'),
          })}
        </p>
      )}
      <ul class="members">
        {now.data.map(({ name, bytes, taken_at: at }) => (
          <li key={name}>
            <a href={backupUrl(name)} download={name}>
              {fullTime(at)}
            </a>
            <span class="quiet">{sizeWords(bytes)}</span>
          </li>
        ))}
      </ul>
      <p role="status">{isRunning ? t('backup.running') : ''}</p>
      <Action label={t('backup.now')} class="primary" disabled={isRunning} run={makeBackup} />
    </>
  )
}
