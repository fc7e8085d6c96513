/** The account's username and its link: taken, renewed, given up; on a linked device shown alone. */
import type { SignalAccount } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { claimUsername, releaseUsername, renewUsernameLink } from '../../model/profile.ts'
import { Action } from '../later/action.tsx'
import { Facts } from '../later/facts.tsx'
import { SmallForm } from '../later/small-form.tsx'

export function SignalUsername({ account, mayRule }: { account: SignalAccount; mayRule: boolean }) {
  const { username, username_link: link, device_id: device } = account
  const mayChange = mayRule && device === 1
  return (
    <section class="card">
      <h3>{t('username.title')}</h3>
      <p class="quiet">{t('username.words')}</p>
      {username === null ? (
        <p>{t('username.none')}</p>
      ) : (
        <Facts
          rows={[
            [t('username.title'), username],
            [t('username.link'), link],
          ]}
        />
      )}
      {username !== null && (
        <div class="buttons">
          {link !== null && <Action label={t('settings.copy')} run={() => navigator.clipboard.writeText(link)} />}
          {mayChange && <Action label={t('username.renew')} sure={t('settings.sure')} run={renewUsernameLink} />}
          {mayChange && <Action label={t('username.remove')} sure={t('settings.sure')} run={releaseUsername} />}
        </div>
      )}
      {mayChange && (
        <SmallForm
          fields={[{ name: 'username', label: t('username.field'), hint: t('username.hint') }]}
          button={t('username.set')}
          run={({ username: words = '' }) => claimUsername(words)}
        />
      )}
      {!mayChange && device !== 1 && <p class="quiet">{t('profile.onPhone')}</p>}
    </section>
  )
}
