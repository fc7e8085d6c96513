/** Settings of the box: a list of sections, and the one that is open. */
import type { ComponentType } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../../languages/translate.ts'
import { session } from '../../model/session.ts'
import { Room } from '../later/room.tsx'
import { Notifications } from '../notifications.tsx'
import { About } from './about.tsx'
import { AddressBook } from './address-book.tsx'
import { BackupPanel } from './backup.tsx'
import { FallbackChoice } from './fallback.tsx'
import { Integrations } from './integrations.tsx'
import { ModeChoice } from './mode.tsx'
import { Modems } from './modems.tsx'
import { SignalAccount } from './signal-account.tsx'
import { Users } from './users.tsx'

interface Section {
  words: () => string
  Screen: ComponentType
  /** For administrators alone. */
  isRuling?: true
}

const sections: Readonly<Record<string, Section>> = {
  mode: { words: () => t('settings.mode'), Screen: ModeChoice },
  fallback: { words: () => t('fallback.name'), Screen: FallbackChoice },
  modems: { words: () => t('settings.modems'), Screen: Modems },
  signal: { words: () => t('transport.signal.short'), Screen: SignalAccount },
  notifications: { words: () => t('push.title'), Screen: Notices },
  integrations: { words: () => t('settings.integrations'), Screen: Integrations, isRuling: true },
  book: { words: () => t('book.name'), Screen: AddressBook },
  backup: { words: () => t('backup.title'), Screen: BackupPanel, isRuling: true },
  users: { words: () => t('settings.users'), Screen: Users },
  about: { words: () => t('about.title'), Screen: About },
}

/** The same as behind the own menu. */
function Notices() {
  return (
    <section class="card">
      <h3>{t('push.title')}</h3>
      <Notifications />
    </section>
  )
}

export function Settings({ section = 'mode' }: { section: string | undefined }) {
  const mayRule = session.value?.user?.role === 'admin'
  const shown = Object.entries(sections).filter(([, { isRuling }]) => mayRule || isRuling !== true)
  const [open, { Screen }] = shown.find(([name]) => name === section) ?? ['mode', { Screen: ModeChoice }]
  const nav = useRef<HTMLElement>(null)
  // Where they do not all fit, the open one is in sight, also when the phone is turned.
  useLayoutEffect(() => {
    const show = () => {
      nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
    }
    show()
    addEventListener('resize', show)
    return () => removeEventListener('resize', show)
  }, [open])
  return (
    <Room title={t('settings.title')}>
      <nav ref={nav} class="filters" aria-label={t('settings.title')}>
        {shown.map(([name, { words }]) => (
          <a key={name} class="chip" href={`#/settings/${name}`} aria-current={name === open ? 'page' : undefined}>
            {words()}
          </a>
        ))}
      </nav>
      <Screen />
    </Room>
  )
}
