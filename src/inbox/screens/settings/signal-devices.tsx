/** The account's devices: which there are, signing one out, and calling one by another name. Only the server knows them. */
import { ask } from '../../api/client.ts'
import type { Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { loadStatus } from '../../model/status.ts'
import { Problem } from '../../ui/problem.tsx'
import { shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { SmallForm } from '../later/small-form.tsx'

const PATH = '/api/v1/signal/devices'

interface Device {
  id: number
  name: string | null
  this_device: boolean
  primary: boolean
  last_seen_at: string | null
}

export function SignalDevices({ mayRule }: { mayRule: boolean }) {
  const { data, error, reload, keep } = useFetched<Page<Device>>(PATH)
  const isPrimary = data?.data.some((device) => device.this_device && device.primary) ?? false
  const named = data?.data.filter((device) => !device.primary && (isPrimary || device.this_device)) ?? []
  return (
    <section class="card">
      <h3>{t('settings.devices')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      <ul class="members">
        {data?.data.map((device) => (
          <li key={device.id}>
            <span translate={false}>{device.name ?? device.id}</span>
            <span class="quiet">{device.this_device ? t('settings.here') : shortTime(device.last_seen_at)}</span>
            {mayRule && isPrimary && !device.this_device && (
              <Action
                label={t('menu.signOut')}
                sure={t('settings.sure')}
                run={async () => {
                  await ask('DELETE', `${PATH}/${device.id}`)
                  reload()
                  await loadStatus()
                }}
              />
            )}
          </li>
        ))}
      </ul>
      {mayRule && named.length > 0 && (
        <SmallForm
          fields={[
            {
              name: 'id',
              label: t('settings.device'),
              options: Object.fromEntries(named.map(({ id, name }) => [id, name ?? `${id}`])),
            },
            { name: 'name', label: t('settings.deviceName') },
          ]}
          button={t('settings.rename')}
          run={async ({ id = '', name = '' }) =>
            keep(await ask<Page<Device>>('PUT', `${PATH}/${id}/name`, { body: { name } }))
          }
        />
      )}
    </section>
  )
}
