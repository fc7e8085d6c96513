/** Who is in a group, and what we are to it. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Group } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { addressWords } from '../model/people.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'

export function GroupSheet({ groupId }: { groupId: string }) {
  const [group, setGroup] = useState<Group | undefined>(undefined)
  const loading = useAct()
  useEffect(
    () => void loading.run(async () => setGroup(await ask<Group>('GET', `/api/v1/groups/${groupId}`))),
    [groupId],
  )
  return (
    <section>
      {loading.error !== undefined && <Problem error={loading.error} />}
      {group !== undefined && (
        <>
          {group.description !== '' && (
            <p translate={false} dir="auto">
              {group.description}
            </p>
          )}
          <h3>{t('group.members', { count: group.members.length })}</h3>
          <ul class="members">
            {group.members.map(({ aci, name, address, admin }) => (
              <li key={aci}>
                <span translate={false} dir="auto">
                  {name ?? addressWords(address)}
                </span>
                {admin && <span class="quiet">{t('group.admin')}</span>}
              </li>
            ))}
            {group.invited.map(({ aci, name, address }) => (
              <li key={aci ?? address}>
                <span translate={false} dir="auto">
                  {name ?? addressWords(address)}
                </span>
                <span class="quiet">{t('group.invited')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
