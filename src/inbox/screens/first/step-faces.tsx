/** What each step of the first hour shows: mostly the panels of the settings, where all of it can be done later, too. */
import type { ComponentType } from 'preact'
import type { SetUpStep } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { modems } from '../../model/status.ts'
import { Notifications } from '../notifications.tsx'
import { ModeChoice } from '../settings/mode.tsx'
import { Modems } from '../settings/modems.tsx'
import { RecoveryKey } from '../settings/recovery-key.tsx'
import { SignalAccount } from '../settings/signal-account.tsx'
import { Sample } from './sample.tsx'
import { TestText } from './test-text.tsx'

interface StepFace {
  title: () => string
  words: () => string
  Body: ComponentType<{ keyFile: string }>
  /** What a person says who has done it; left out where it shows by itself. */
  done?: () => string
  /** Where it can be done later. */
  later: { words: () => string; path: string }
}

const settings = (words: () => string, section: string) => ({
  words: () => `${t('settings.title')} › ${words()}`,
  path: `/settings/${section}`,
})

export const STEP_FACES: Readonly<Record<SetUpStep, StepFace>> = {
  password: {
    title: () => t('settings.users'),
    words: () => t('wizard.password.words'),
    Body: () => null,
    later: settings(() => t('settings.users'), 'users'),
  },
  modem: {
    title: () => t('wizard.modem'),
    words: () => t('wizard.modem.words'),
    Body: () => (
      <>
        <Modems />
        {modems.value?.map((modem) => modem.state === 'ready' && <TestText key={modem.id} modem={modem} />)}
      </>
    ),
    later: settings(() => t('settings.modems'), 'modems'),
  },
  mode: {
    title: () => t('settings.mode'),
    words: () => t('wizard.mode.words'),
    Body: ModeChoice,
    done: () => t('wizard.mode.done'),
    later: settings(() => t('settings.mode'), 'mode'),
  },
  signal: {
    title: () => t('transport.signal.short'),
    words: () => t('wizard.signal.words'),
    Body: SignalAccount,
    later: settings(() => t('transport.signal.short'), 'signal'),
  },
  'backup-key': {
    title: () => t('wizard.key'),
    words: () => t('wizard.key.words'),
    Body: ({ keyFile }) => (
      <>
        <p class="code" translate={false} dir="ltr">
          {keyFile}
        </p>
        <h4>{t('backup.title')}</h4>
        <p class="quiet">{t('backup.words')}</p>
        <RecoveryKey />
      </>
    ),
    done: () => t('wizard.key.done'),
    later: settings(() => t('backup.title'), 'backup'),
  },
  notifications: {
    title: () => t('push.title'),
    words: () => t('wizard.push.words'),
    Body: () => (
      <>
        <Notifications />
        <Sample />
      </>
    ),
    later: { words: () => t('push.title'), path: '/setup/notifications' },
  },
}
