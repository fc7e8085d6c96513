/** Who is in a group and what we are to it; and what we may do about that: people, roles, link, name, leaving. */
import { useState } from 'preact/hooks'
import { wordsOf } from '../../api/client.ts'
import type { Group } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { changeGroup } from '../../model/groups.ts'
import { addressWords } from '../../model/people.ts'
import { maySend } from '../../model/session.ts'
import { account } from '../../model/status.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { EllipsisVertical, Plus, Undo2 } from '../../ui/icons.ts'
import { Menu } from '../../ui/menu.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { GroupChanges } from './group-changes.tsx'

export function GroupSheet({ groupId }: { groupId: string }) {
  const { data: group, error, keep } = useFetched<Group>(`/api/v1/groups/${groupId}`)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  if (group === undefined) return error === undefined ? null : <Problem error={error} />
  const act = async (method: string, path: string, body?: object) =>
    keep(await changeGroup(groupId, method, path, body))
  const tried = (work: Promise<unknown>) => {
    setProblem(undefined)
    work.catch((refusal) => setProblem(wordsOf(refusal)))
  }
  const entry = (label: 'groups.remove' | 'groups.ban' | 'groups.unban', method: string, path: string) => ({
    label: t(label),
    icon: <Undo2 aria-hidden="true" />,
    danger: true,
    run: () => tried(act(method, path)),
  })
  const isIn = group.standing === 'member' && maySend.value
  const mayRule = isIn && group.admin && group.kind === 'signal'
  return (
    <section class="group-sheet">
      <p class={`kind ${group.kind === 'signal' ? 'signal' : 'sms'}`}>
        {group.kind === 'signal'
          ? t('thread.signalGroup')
          : group.texts_apart === true
            ? t('groups.phoneApart')
            : t('groups.phoneMms')}
      </p>
      {group.standing === 'out' && <p class="quiet">{t('groups.left')}</p>}
      {group.blocked && <p class="quiet">{t('groups.blocked')}</p>}
      {group.description !== '' && (
        <p translate={false} dir="auto">
          {group.description}
        </p>
      )}
      {group.standing === 'invited' && maySend.value && (
        <Action label={t('groups.accept')} class="primary" run={() => act('POST', '/accept')} />
      )}
      <h3>{t('group.members', { count: group.members.length })}</h3>
      {problem !== undefined && (
        <p class="note failed" role="alert">
          {problem}
        </p>
      )}
      <ul class="members">
        {[
          ...group.members.map((person) => ({ ...person, words: person.admin ? t('group.admin') : '', is: 'in' })),
          ...group.invited.map((person) => ({ ...person, admin: false, words: t('group.invited'), is: 'invited' })),
          ...group.requesting.map((person) => ({ ...person, admin: false, words: t('groups.asks'), is: 'asking' })),
          ...group.banned.map((person) => ({ ...person, admin: false, words: t('groups.banned'), is: 'banned' })),
        ].map(({ aci, name, address, admin, words, is, ...seen }) => {
          const who = encodeURIComponent(aci ?? address ?? '')
          const isOwn = aci !== null && aci === account.value?.aci
          const shown = isOwn ? t('thread.you') : (name ?? addressWords(address))
          return (
            <li key={aci ?? address}>
              <span class="member">
                <Avatar
                  id={seen.contact_id ?? aci ?? address ?? ''}
                  name={isOwn ? '' : (name ?? '')}
                  isGroup={false}
                  url={seen.avatar_url}
                  size="small"
                />
                <span translate={isOwn} dir="auto">
                  {shown}
                </span>
              </span>
              <span class="quiet">{words}</span>
              {mayRule && !isOwn && (
                <Menu
                  label={t('groups.about', { name: shown })}
                  icon={<EllipsisVertical aria-hidden="true" />}
                  entries={[
                    is === 'asking'
                      ? {
                          label: t('groups.letIn'),
                          icon: <Plus aria-hidden="true" />,
                          run: () => tried(act('POST', `/members/${who}/approve`)),
                        }
                      : undefined,
                    is === 'in'
                      ? {
                          label: admin ? t('groups.noAdmin') : t('groups.makeAdmin'),
                          icon: <Plus aria-hidden="true" />,
                          run: () => tried(act('POST', `/members/${who}/role`, { role: admin ? 'member' : 'admin' })),
                        }
                      : undefined,
                    ...(is === 'banned'
                      ? [entry('groups.unban', 'DELETE', `/bans/${who}`)]
                      : [
                          entry('groups.remove', 'DELETE', `/members/${who}`),
                          entry('groups.ban', 'PUT', `/bans/${who}`),
                        ]),
                  ]}
                />
              )}
            </li>
          )
        })}
      </ul>
      {isIn && <GroupChanges group={group} act={act} />}
      {group.kind === 'signal' && maySend.value && (
        <Action
          label={group.blocked ? t('about.unblock') : t('groups.block')}
          sure={group.blocked ? t('groups.unblockSure') : t('groups.blockSure')}
          class={group.blocked ? '' : 'danger'}
          run={() => act('POST', group.blocked ? '/unblock' : '/block')}
        />
      )}
    </section>
  )
}
