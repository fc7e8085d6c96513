/** Where one can go beside conversations, for the menu and for the palette; each for those who may go there. */
import { t } from '../languages/translate.ts'
import { maySend, session } from '../model/session.ts'
import { FileText, Hourglass, MessageSquare, RotateCw, Settings2, ShieldCheck, UsersRound } from '../ui/icons.ts'
import { maySimulate, simOpen } from './layers.ts'

export interface Destination {
  words: string
  Icon: typeof Settings2
  /** A place, or something that is opened. */
  to: string | (() => void)
}

export function destinations(): readonly Destination[] {
  const mayRule = session.value?.user?.role === 'admin'
  const simulator = () => {
    simOpen.value = true
  }
  return [
    { words: t('settings.title'), Icon: Settings2, to: '/settings' },
    { words: t('queue.title'), Icon: Hourglass, to: '/queue' },
    { words: t('doctor.title'), Icon: ShieldCheck, to: '/doctor' },
    ...(mayRule
      ? [
          { words: t('logs.title'), Icon: FileText, to: '/logs' },
          { words: t('wizard.title'), Icon: RotateCw, to: '/setup' },
        ]
      : []),
    ...(maySend.value ? [{ words: t('groups.new'), Icon: UsersRound, to: '/group' }] : []),
    ...(maySimulate() ? [{ words: t('sim.title'), Icon: MessageSquare, to: simulator }] : []),
  ]
}
