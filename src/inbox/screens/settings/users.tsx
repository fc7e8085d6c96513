/** Who may sign in and as what; where one is signed in; the own password. */
import { ask } from '../../api/client.ts'
import type { Page, Role } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { session } from '../../model/session.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { SmallForm } from '../later/small-form.tsx'

const PASSWORD_CHARS_MIN = 10
const ROLES = ['viewer', 'sender', 'admin'] as const

interface User {
  id: string
  name: string
  role: Role
}

interface OpenSession {
  id: string
  user: User
  current: boolean
  user_agent: string | null
  address: string | null
  seen_at: string | null
}

export function Users() {
  return (
    <>
      {session.value?.user?.role === 'admin' && <People />}
      <Sessions />
      <section class="card">
        <h3>{t('settings.ownPassword')}</h3>
        <SmallForm
          fields={[
            {
              name: 'current',
              label: t('settings.current'),
              type: 'password',
              autocomplete: 'current-password',
            },
            newPassword(t('settings.newPassword')),
          ]}
          button={t('edit.save')}
          run={(body) => ask('POST', '/api/v1/session/password', { body })}
        />
      </section>
    </>
  )
}

function newPassword(label: string) {
  return {
    name: 'password',
    label,
    type: 'password',
    autocomplete: 'new-password',
    minLength: PASSWORD_CHARS_MIN,
    hint: t('setup.passwordHint', { count: PASSWORD_CHARS_MIN }),
  } as const
}

function People() {
  const { data, error, reload } = useFetched<Page<User>>('/api/v1/users')
  const changing = useAct()
  const roles = Object.fromEntries(ROLES.map((role) => [role, t(`role.${role}`)]))
  return (
    <section class="card">
      <h3>{t('settings.users')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      {changing.error !== undefined && <Problem error={changing.error} />}
      <ul class="members">
        {data?.data.map(({ id, name, role }) => (
          <li key={id}>
            <span translate={false}>{name}</span>
            <select
              aria-label={t('settings.roleOf', { name })}
              value={role}
              onChange={(event) => {
                const body = { role: event.currentTarget.value }
                void changing.run(() => ask('PATCH', `/api/v1/users/${id}`, { body })).then(reload)
              }}
            >
              {ROLES.map((each) => (
                <option key={each} value={each}>
                  {roles[each]}
                </option>
              ))}
            </select>
            <Action
              label={t('groups.remove')}
              name={t('composer.detach', { name })}
              sure={t('settings.sure')}
              class="danger"
              run={() => ask('DELETE', `/api/v1/users/${id}`).then(reload)}
            />
          </li>
        ))}
      </ul>
      <SmallForm
        fields={[
          { name: 'name', label: t('setup.name') },
          { name: 'role', label: t('settings.may'), options: roles },
          newPassword(t('setup.password')),
        ]}
        button={t('settings.addUser')}
        run={(body) => ask('POST', '/api/v1/users', { body }).then(reload)}
      />
    </section>
  )
}

function Sessions() {
  const { data, error, reload } = useFetched<Page<OpenSession>>('/api/v1/sessions')
  return (
    <section class="card">
      <h3>{t('settings.sessions')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      <ul class="members">
        {data?.data.map((one) => (
          <li key={one.id}>
            <span translate={false}>
              {one.user.name} <small class="quiet">{browserOf(one.user_agent)}</small>
            </span>
            <span class="quiet">{one.current ? t('settings.here') : shortTime(one.seen_at)}</span>
            {!one.current && (
              <Action label={t('menu.signOut')} run={() => ask('DELETE', `/api/v1/sessions/${one.id}`).then(reload)} />
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The product at the end of a User-Agent: enough to know one's own browsers apart. */
function browserOf(userAgent: string | null): string {
  return /(Firefox|Edg|OPR|Chrome|Safari)\/\d+/.exec(userAgent ?? '')?.[0] ?? (userAgent ?? '').slice(0, 40)
}
