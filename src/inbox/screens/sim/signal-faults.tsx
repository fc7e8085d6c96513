/** What can go wrong with the simulated Signal server, as buttons; and an end to all of it, at the modems too. */
import { t } from '../../languages/translate.ts'
import { Action } from '../later/action.tsx'
import type { Perform } from './world.ts'

export function SignalFaults({ perform }: { perform: Perform }) {
  return (
    <section class="card" data-testid="sim-signal">
      <h3>{t('transport.signal.short')}</h3>
      <div class="buttons">
        <Action label={t('sim.stop')} run={() => perform({ action: 'server', state: 'stopped' })} />
        <Action label={t('sim.captcha')} run={() => perform({ action: 'challenge' })} />
        <Action label={t('sim.limit')} run={() => perform({ action: 'rate-limit' })} />
        <Action label={t('sim.heal')} run={() => perform({ action: 'heal' })} />
      </div>
    </section>
  )
}
