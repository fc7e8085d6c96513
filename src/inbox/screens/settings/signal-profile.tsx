/** What contacts see of the account: its picture, name and line; changed here, or (where a phone has the account) there. */
import { ask } from '../../api/client.ts'
import { t } from '../../languages/translate.ts'
import { PROFILE_PATH, type Profile, setPicture } from '../../model/profile.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Action } from '../later/action.tsx'
import { Facts } from '../later/facts.tsx'
import { useFetched } from '../later/fetched.ts'
import { PictureChoice } from '../later/picture-choice.tsx'
import { SmallForm } from '../later/small-form.tsx'

/** Edge of the square, as the apps make it. */
const PICTURE_PX = 1_024

export function SignalProfile({ aci, mayRule }: { aci: string; mayRule: boolean }) {
  const { data: profile, error, reload, keep } = useFetched<Profile>(PROFILE_PATH)
  if (profile === undefined) return error === undefined ? null : <Problem error={error} retry={reload} />
  const { name, about, emoji, avatar_url: picture, editable, published } = profile
  const mayChange = mayRule && editable
  const change = async (body: object) => keep(await ask<Profile>('PATCH', PROFILE_PATH, { body }))
  return (
    <section class="card profile">
      <h3>{t('profile.title')}</h3>
      <p class="quiet">{t('profile.words')}</p>
      <div class="profile-top">
        <Avatar id={aci} name={name ?? ''} isGroup={false} size="large" url={picture} />
        {mayChange && (
          <div class="buttons">
            <PictureChoice
              label={t('profile.picture')}
              px={PICTURE_PX}
              take={async (square) => keep(await setPicture(square))}
            />
            {picture !== null && (
              <Action
                label={t('profile.remove')}
                run={async () => {
                  await ask('DELETE', `${PROFILE_PATH}/avatar`)
                  reload()
                }}
              />
            )}
          </div>
        )}
      </div>
      {mayChange ? (
        <SmallForm
          key={JSON.stringify([name, about, emoji])}
          fields={[
            { name: 'name', label: t('profile.name'), value: name ?? '', isOptional: true },
            { name: 'about', label: t('profile.about'), value: about ?? '', isOptional: true },
            { name: 'emoji', label: t('profile.emoji'), value: emoji ?? '', isOptional: true },
          ]}
          button={t('edit.save')}
          run={change}
        />
      ) : (
        <Facts
          rows={[
            [t('profile.name'), name],
            [t('profile.about'), [emoji, about].filter((part) => part !== null).join(' ')],
          ]}
        />
      )}
      {!editable && <p class="quiet">{t('profile.onPhone')}</p>}
      {!published && <p class="note held">{t('profile.pending')}</p>}
    </section>
  )
}
