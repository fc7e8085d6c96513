/** Makes the recovery key of the backups, and shows it this once. */
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../languages/translate.ts'
import { backupsNow, loadBackups, makeRecoveryKey } from '../../model/backups.ts'
import { Action } from '../later/action.tsx'
import { Secret } from '../later/secret.tsx'

export function RecoveryKey() {
  const [shown, setShown] = useState<string | undefined>(undefined)
  useEffect(() => {
    // Where this fails, making one says why.
    void loadBackups().catch(() => {})
  }, [])
  const hasOne = backupsNow.value?.key_made_at != null
  if (shown !== undefined) {
    return (
      <>
        <p>{t('backup.keyWrite')}</p>
        <Secret words={shown} onClose={() => setShown(undefined)} />
      </>
    )
  }
  return (
    <div class="small-form">
      <p class="quiet small">{hasOne ? t('backup.keyThere') : t('backup.keyNone')}</p>
      <Action
        label={hasOne ? t('backup.keyAgain') : t('backup.keyMake')}
        {...(hasOne ? { sure: t('settings.sure') } : { class: 'primary' })}
        run={async () => setShown(await makeRecoveryKey(hasOne))}
      />
    </div>
  )
}
