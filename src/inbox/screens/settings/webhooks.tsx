/** Webhooks: made, tried, stopped and taken up again, and what became of each delivery. */
import { useState } from 'preact/hooks'
import { WEBHOOK_EVENTS } from '../../../domain/webhook.ts'
import { ask } from '../../api/client.ts'
import type { Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { Problem } from '../../ui/problem.tsx'
import { Reason } from '../../ui/reason.tsx'
import { fullTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { Secret } from '../later/secret.tsx'
import { SmallForm } from '../later/small-form.tsx'

const PATH = '/api/v1/webhooks'

interface Webhook {
  id: string
  url: string
  active: boolean
  status: 'working' | 'failing' | 'paused' | 'disabled'
  code: string | null
  reason: string | null
}

interface Delivery {
  id: string
  type: string
  status: 'due' | 'delivered' | 'failed'
  attempts: number
  http_status: number | null
  code: string | null
  reason: string | null
  created_at: string | null
}

export function Webhooks() {
  const { data, error, reload } = useFetched<Page<Webhook>>(PATH)
  const [secret, setSecret] = useState<string | undefined>(undefined)
  return (
    <section class="card">
      <h3>{t('settings.webhooks')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      {secret !== undefined && <Secret words={secret} onClose={() => setSecret(undefined)} />}
      {data?.data.map((webhook) => (
        <One key={webhook.id} webhook={webhook} reload={reload} />
      ))}
      <SmallForm
        fields={[{ name: 'url', label: t('settings.webhookUrl'), type: 'url' }]}
        button={t('settings.newWebhook')}
        run={async ({ url }) => {
          const made = await ask<{ secret: string }>('POST', PATH, { body: { url, events: WEBHOOK_EVENTS } })
          setSecret(made.secret)
          reload()
        }}
      />
    </section>
  )
}

function One({ webhook, reload }: { webhook: Webhook; reload: () => void }) {
  const [isOpen, setIsOpen] = useState(false)
  const path = `${PATH}/${webhook.id}`
  return (
    <article class="webhook">
      <b class="code" translate={false} dir="ltr">
        {webhook.url}
      </b>
      <p class={webhook.status === 'working' ? 'state good' : 'state bad'}>
        <span>
          {t(`settings.hook.${webhook.status}`)}
          {webhook.reason !== null && ' · '}
          {webhook.reason !== null && <Reason kind="hook.why" code={webhook.code} reason={webhook.reason} />}
        </span>
      </p>
      <div class="buttons">
        <Action
          label={t('settings.test')}
          run={async () => {
            await ask('POST', `${path}/test`)
            setIsOpen(true)
          }}
        />
        <Action
          label={webhook.active ? t('settings.pause') : t('settings.goOn')}
          run={() => ask('PATCH', path, { body: { active: !webhook.active } }).then(reload)}
        />
        <button type="button" class="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {t('settings.deliveries')}
        </button>
        <Action
          label={t('groups.remove')}
          sure={t('settings.sure')}
          class="danger"
          run={() => ask('DELETE', path).then(reload)}
        />
      </div>
      {isOpen && <Deliveries path={`${path}/deliveries`} />}
    </article>
  )
}

function Deliveries({ path }: { path: string }) {
  const { data, error, reload } = useFetched<Page<Delivery>>(`${path}?limit=20`)
  const words = { due: t('state.queued'), delivered: t('state.delivered'), failed: t('state.failed') }
  return (
    <>
      {error !== undefined && <Problem error={error} />}
      <ol class="lines">
        {data?.data.map((one) => (
          <li key={one.id}>
            <time>{fullTime(one.created_at)}</time> <span translate={false}>{one.type}</span>{' '}
            <b class={one.status === 'failed' ? 'bad' : ''}>{words[one.status]}</b>{' '}
            <span translate={false}>{one.http_status}</span>{' '}
            {one.reason !== null && <Reason kind="hook.why" code={one.code} reason={one.reason} />}
            {one.status !== 'due' && (
              <Action label={t('action.retry')} run={() => ask('POST', `${path}/${one.id}/redeliver`).then(reload)} />
            )}
          </li>
        ))}
      </ol>
      <button type="button" class="button" onClick={reload}>
        {t('settings.refresh')}
      </button>
    </>
  )
}
