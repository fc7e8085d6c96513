/** What a member may change about a group, and the administrator beside that: people, name, picture, link, leaving. */
import { useState } from 'preact/hooks'
import type { Group } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { Action } from '../later/action.tsx'
import { SmallForm } from '../later/small-form.tsx'
import { PeoplePicker } from './people-picker.tsx'
import { PictureField } from './picture-field.tsx'

interface GroupChangesProps {
  group: Group
  act: (method: string, path: string, body?: object) => Promise<void>
}

export function GroupChanges({ group, act }: GroupChangesProps) {
  const [adding, setAdding] = useState<readonly string[] | undefined>(undefined)
  const isSignal = group.kind === 'signal'
  const patch = (body: object) => act('PATCH', '', body)
  const changing = useAct()
  const mayAdd = isSignal && (group.admin || group.who_adds === 'members')
  const mayEdit = !isSignal || group.admin || group.who_edits === 'members'
  return (
    <>
      {mayAdd && adding === undefined && (
        <button type="button" class="button" onClick={() => setAdding([])}>
          {t('groups.add')}
        </button>
      )}
      {adding !== undefined && (
        <div class="card">
          <PeoplePicker
            chosen={adding}
            choose={setAdding}
            without={new Set([...group.members, ...group.invited].flatMap(({ address }) => address ?? []))}
          />
          <p class="quiet small">{t('groups.invites')}</p>
          <Action
            label={t('groups.add')}
            class="primary"
            disabled={adding.length === 0}
            run={async () => {
              await act('POST', '/members', { members: adding })
              setAdding(undefined)
            }}
          />
        </div>
      )}
      {mayEdit && (
        <SmallForm
          key={group.title}
          fields={[{ name: 'title', label: t('groups.title'), value: group.title }]}
          button={t('edit.save')}
          run={({ title = '' }) => patch({ title })}
        />
      )}
      {mayEdit && isSignal && <PictureField picture={undefined} choose={(avatar) => patch({ avatar })} />}
      {!isSignal && (
        <label class="check">
          <input
            type="checkbox"
            checked={group.texts_apart === true}
            onChange={(event) => {
              const { checked } = event.currentTarget
              void changing.run(() => patch({ texts_apart: checked }))
            }}
          />
          <span>
            {t('groups.apart')}
            <small>{t('groups.apartWords')}</small>
          </span>
        </label>
      )}
      {isSignal && group.admin && (
        <label class="field">
          <span>{t('groups.link')}</span>
          <select
            value={group.link}
            onChange={(event) => {
              const { value } = event.currentTarget
              void changing.run(() => patch({ link: value }))
            }}
          >
            {(['off', 'join', 'request'] as const).map((link) => (
              <option key={link} value={link}>
                {t(`groups.link.${link}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      {group.link_url !== null && (
        <>
          <p class="code" translate={false} dir="ltr">
            {group.link_url}
          </p>
          <div class="buttons">
            <Action label={t('groups.copy')} run={() => navigator.clipboard.writeText(group.link_url ?? '')} />
            {group.admin && <Action label={t('groups.resetLink')} run={() => patch({ reset_link: true })} />}
          </div>
        </>
      )}
      {changing.error !== undefined && <Problem error={changing.error} />}
      {isSignal && (
        <Action
          label={t('groups.leave')}
          sure={t('groups.leaveSure')}
          class="danger"
          run={() => act('POST', '/leave')}
        />
      )}
    </>
  )
}
