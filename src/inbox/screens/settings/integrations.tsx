/** For programs: tokens, whose secret is shown once, and webhooks. */
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { Problem } from '../../ui/problem.tsx'
import { shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { Secret } from '../later/secret.tsx'
import { SmallForm } from '../later/small-form.tsx'
import { Webhooks } from './webhooks.tsx'

/** What a token may be allowed; its names are the API's own. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  read: ['messages:read', 'contacts:read', 'modems:read', 'signal:read', 'events:read', 'system:read'],
  send: ['messages:send'],
  both: ['messages:send', 'messages:read', 'contacts:read', 'events:read'],
  admin: ['admin'],
}

interface Token {
  id: string
  name: string
  scopes: readonly string[]
  last_used_at: string | null
  revoked_at: string | null
}

export function Integrations() {
  const { data, error, reload } = useFetched<Page<Token>>('/api/v1/tokens')
  const [secret, setSecret] = useState<{ words: string; line: string } | undefined>(undefined)
  return (
    <>
      <section class="card">
        <h3>{t('settings.tokens')}</h3>
        {error !== undefined && <Problem error={error} retry={reload} />}
        {secret !== undefined && <Secret {...secret} onClose={() => setSecret(undefined)} />}
        <ul class="members">
          {data?.data
            .filter(({ revoked_at: at }) => at === null)
            .map((token) => (
              <li key={token.id}>
                <span translate={false}>
                  {token.name} <small class="quiet">{token.scopes.join(' ')}</small>
                </span>
                <time class="quiet">{shortTime(token.last_used_at)}</time>
                <Action
                  label={t('settings.revoke')}
                  name={`${t('settings.revoke')} ${token.name}`}
                  sure={t('settings.sure')}
                  class="danger"
                  run={() => ask('DELETE', `/api/v1/tokens/${token.id}`).then(reload)}
                />
              </li>
            ))}
        </ul>
        <SmallForm
          fields={[
            { name: 'name', label: t('setup.name') },
            {
              name: 'kind',
              label: t('settings.may'),
              options: {
                both: `${t('settings.mayRead')}, ${t('settings.maySend')}`,
                send: t('settings.maySend'),
                read: t('settings.mayRead'),
                admin: t('role.admin'),
              },
            },
          ]}
          button={t('settings.newToken')}
          run={async ({ name, kind = '' }) => {
            const made = await ask<{ token: string }>('POST', '/api/v1/tokens', { body: { name, scopes: KINDS[kind] } })
            setSecret({ words: made.token, line: lineFor(made.token, KINDS[kind] ?? []) })
            reload()
          }}
        />
        <a href="/api/" target="_blank" rel="noreferrer">
          {t('settings.reference')}
        </a>
      </section>
      <Webhooks />
    </>
  )
}

/** Writes to a number where the token may, else reads. */
function lineFor(token: string, scopes: readonly string[]): string {
  const line = `curl ${location.origin}/api/v1/messages -H 'Authorization: Bearer ${token}'`
  const maySend = scopes.includes('messages:send') || scopes.includes('admin')
  return maySend ? `${line} -H 'Content-Type: application/json' -d '{"to":"+15550000102","text":"Hello"}'` : line
}
