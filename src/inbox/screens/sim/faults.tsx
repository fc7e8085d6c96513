/** What can go wrong with a simulated modem, as switches; and texts that fail, one at a time. */
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { Action } from '../later/action.tsx'
import type { Perform, SimModem } from './world.ts'

/** "Network out of order" (27.005 §3.2.5): worth another try. */
const NETWORK_OUT_OF_ORDER = 38

export function Faults({ modem, perform }: { modem: SimModem; perform: Perform }) {
  const switching = useAct()
  const { key, label, plugged, coverage, faults } = modem
  const switches = [
    {
      name: 'network',
      words: t('sim.network'),
      isOn: coverage !== 'none',
      flip: { action: 'network', modem: key, coverage: coverage === 'none' ? 'home' : 'none' },
    },
    {
      name: 'plug',
      words: t('sim.plugged'),
      isOn: plugged,
      flip: { action: plugged ? 'unplug' : 'plug', modem: key },
    },
  ]
  return (
    <section class="card" data-testid={`sim-modem-${key}`}>
      <h3 translate={false}>{label}</h3>
      {switches.map(({ name, words, isOn, flip }) => (
        <label key={name} class="check">
          <input
            type="checkbox"
            checked={isOn}
            disabled={switching.busy}
            data-testid={`sim-${name}-${key}`}
            onChange={() => void switching.run(() => perform(flip))}
          />
          <span>{words}</span>
        </label>
      ))}
      {switching.error !== undefined && <Problem error={switching.error} />}
      <div class="buttons">
        <Action
          label={t('sim.refuse')}
          run={() => perform({ action: 'cms-error', modem: key, code: NETWORK_OUT_OF_ORDER })}
        />
        <Action label={t('sim.lose')} run={() => perform({ action: 'lose-result', modem: key })} />
        <Action label={t('sim.fill')} run={() => perform({ action: 'fill-sim', modem: key })} />
        <Action label={t('sim.empty')} run={() => perform({ action: 'empty-sim', modem: key })} />
        {faults > 0 && <Action label={t('sim.clear')} run={() => perform({ action: 'clear-faults', modem: key })} />}
      </div>
    </section>
  )
}
