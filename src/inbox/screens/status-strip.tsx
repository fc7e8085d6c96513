/** One line about the box: is it reached, modems, Signal, what waits, and that this is the sandbox; and the own menu. */
import { signal } from '@preact/signals'
import { useLocation } from 'wouter-preact'
import type { Modem } from '../api/types.ts'
import { reasonWords } from '../languages/reasons.ts'
import { t } from '../languages/translate.ts'
import { install, mayInstall } from '../model/install.ts'
import { session, signOut } from '../model/session.ts'
import { account, modems, online, pauses, queued, queueProblem } from '../model/status.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Bell, Download, LogOut, Pencil, UserRound } from '../ui/icons.ts'
import { Menu } from '../ui/menu.tsx'
import { destinations } from './destinations.ts'
import { Notifications } from './notifications.tsx'
import { Preferences } from './preferences.tsx'

/** dBm from which so many bars are lit (27.007 §8.5 gives −113…−51). */
const BARS_DBM = [-110, -100, -90, -78] as const

const preferencesOpen = signal(false)
const notificationsOpen = signal(false)

export function StatusStrip() {
  const me = session.value
  const [, go] = useLocation()
  return (
    <header class="strip">
      <span class="brand">
        <img src="/icon.svg" alt="" width="22" height="22" />
        <span class="brand-name">{t('app.name')}</span>
      </span>
      {me?.sandbox === true && (
        <span class="ribbon" title={t('sandbox.note')}>
          {t('sandbox.ribbon')}
        </span>
      )}
      <span class="strip-space" />
      {!online.value && (
        <span class="strip-item offline" role="status">
          {t('status.offline')}
        </span>
      )}
      {queueProblem.value !== null && (
        <a class="strip-item offline" href="#/queue" title={queueProblem.value}>
          {t('status.stands')}
        </a>
      )}
      {pauses.value.length > 0 && (
        <a class="strip-item offline" href="#/queue">
          {t('status.paused')}
        </a>
      )}
      {queued.value > 0 && (
        <a class="strip-item" href="#/queue">
          {t('status.queued', { count: queued.value })}
        </a>
      )}
      {modems.value?.map((modem) => (
        <ModemSign key={modem.id} modem={modem} />
      ))}
      <SignalSign />
      <Menu
        label={t('menu.own')}
        icon={<UserRound aria-hidden="true" />}
        head={
          me?.user !== undefined && (
            <p class="menu-head" translate={false}>
              {me.user.name} <small translate={true}>{t(`role.${me.user.role}`)}</small>
            </p>
          )
        }
        entries={[
          {
            label: t('menu.preferences'),
            icon: <Pencil aria-hidden="true" />,
            run: () => {
              preferencesOpen.value = true
            },
          },
          ...destinations().map(({ words, Icon, to }) => ({
            label: words,
            icon: <Icon aria-hidden="true" />,
            run: () => (typeof to === 'string' ? go(to) : to()),
          })),
          {
            label: t('push.title'),
            icon: <Bell aria-hidden="true" />,
            run: () => {
              notificationsOpen.value = true
            },
          },
          mayInstall()
            ? { label: t('push.install'), icon: <Download aria-hidden="true" />, run: () => void install() }
            : undefined,
          { label: t('menu.signOut'), icon: <LogOut aria-hidden="true" />, run: () => void signOut().catch(() => {}) },
        ]}
      />
      {notificationsOpen.value && (
        <Dialog
          title={t('push.title')}
          onClose={() => {
            notificationsOpen.value = false
          }}
        >
          <Notifications />
        </Dialog>
      )}
      {preferencesOpen.value && (
        <Preferences
          onClose={() => {
            preferencesOpen.value = false
          }}
        />
      )}
    </header>
  )
}

function ModemSign({ modem }: { modem: Modem }) {
  const name = modem.label ?? modem.operator ?? modem.id
  const isReady = modem.state === 'ready'
  const dbm = modem.signal_dbm
  const lit = !isReady ? 0 : dbm === null ? 1 : BARS_DBM.filter((bar) => dbm >= bar).length
  const title = isReady
    ? t('status.modem', { name, operator: modem.operator ?? '–', dbm: dbm === null ? '?' : `${dbm} dBm` })
    : t('status.modemDown', { name, reason: reasonWords(modem.state, modem.reason, 'modem.is') })
  return (
    <span class={isReady ? 'strip-item bars' : 'strip-item bars down'} title={title}>
      <svg viewBox="0 0 20 14" width="20" height="14" aria-hidden="true">
        {BARS_DBM.map((bar, index) => (
          <rect
            key={bar}
            class={index < lit ? 'lit' : ''}
            x={index * 5}
            y={9 - index * 3}
            width="4"
            height={5 + index * 3}
            rx="1"
          />
        ))}
      </svg>
      <span class="visually-hidden">{title}</span>
    </span>
  )
}

function SignalSign() {
  const now = account.value
  if (now === undefined) return null
  const level = now.state === 'connected' ? 'good' : now.state === 'none' ? 'off' : 'bad'
  const words =
    level === 'good' ? t('status.signalUp') : level === 'off' ? t('status.signalNone') : t('status.signalDown')
  return (
    <span
      class={`strip-item dot ${level}`}
      title={level === 'bad' ? reasonWords(now.state, now.reason, 'signal.is') : words}
    >
      <span class="dot-mark" aria-hidden="true" />
      {t('transport.signal.short')}
      <span class="visually-hidden">: {words}</span>
    </span>
  )
}
