/** Where one can go beside conversations, for the menu and for the palette; each for those who may go there. */
import { t } from '../languages/translate.ts'
import { maySend, session } from '../model/session.ts'
import { maySimulate, simOpen } from './layers.ts'

export interface Destination {
  words: string
  /** A place, or something that is opened. */
  to: string | (() => void)
}

export function destinations(): readonly Destination[] {
  const mayRule = session.value?.user?.role === 'admin'
  const simulator = () => {
    simOpen.value = true
  }
  return [
    { words: t('settings.title'), to: '/settings' },
    { words: t('queue.title'), to: '/queue' },
    { words: t('doctor.title'), to: '/doctor' },
    ...(mayRule
      ? [
          { words: t('logs.title'), to: '/logs' },
          { words: t('wizard.title'), to: '/setup' },
        ]
      : []),
    ...(maySend.value ? [{ words: t('groups.new'), to: '/group' }] : []),
    ...(maySimulate() ? [{ words: t('sim.title'), to: simulator }] : []),
  ]
}
