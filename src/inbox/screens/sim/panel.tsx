/**
 * The simulator, in the sandbox alone: a drawer beside everything else with the phones of its people, switches for what
 * can go wrong, and a tape of what happened. Its `data-testid`s are what tests hold on to.
 */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { GatewayEvent } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { newestEvent } from '../../model/live.ts'
import { X } from '../../ui/icons.ts'
import { Problem } from '../../ui/problem.tsx'
import { clockTime } from '../../ui/times.ts'
import { useFetched } from '../later/fetched.ts'
import { Faults } from './faults.tsx'
import { Phone } from './phone.tsx'
import { SignalFaults } from './signal-faults.tsx'
import type { Perform, SimModem, SimPerson } from './world.ts'

const PATH = '/api/v1/simulator'
interface World {
  people: SimPerson[]
  modems: SimModem[]
}

/** The oldest fall off the tape. */
const TAPE_MAX = 60

export function SimPanel({ onClose }: { onClose: () => void }) {
  const { data, error, reload, keep } = useFetched<World>(PATH)
  const [who, setWho] = useState<string | undefined>(undefined)
  const [tape, setTape] = useState<readonly GatewayEvent[]>([])
  useEffect(() => newestEvent.subscribe((event) => event && setTape((now) => [event, ...now].slice(0, TAPE_MAX))), [])
  const perform: Perform = async (body) => {
    await ask('POST', `${PATH}/actions`, { body })
    // A switch that can be pressed shows what is: pressed before, it would do the same once more.
    keep(await ask<World>('GET', PATH))
  }
  const person = data?.people.find(({ key }) => key === who) ?? data?.people[0]
  return (
    <aside class="sim" aria-label={t('sim.title')} data-testid="sim">
      <header class="panel-head">
        <h2>{t('sim.title')}</h2>
        <button type="button" class="icon-button" aria-label={t('action.close')} onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      </header>
      <div class="panel-body">
        {error !== undefined && <Problem error={error} retry={reload} />}
        <div class="filters" role="tablist" aria-label={t('sim.phones')}>
          {data?.people.map(({ key, name }) => (
            <button
              key={key}
              type="button"
              role="tab"
              class="chip"
              aria-selected={key === person?.key}
              data-testid={`sim-person-${key}`}
              translate={false}
              onClick={() => setWho(key)}
            >
              {name}
            </button>
          ))}
        </div>
        {person !== undefined && <Phone key={person.key} person={person} perform={perform} />}
        {data?.modems.map((modem) => (
          <Faults key={modem.key} modem={modem} perform={perform} />
        ))}
        <SignalFaults perform={perform} />
        <section>
          <h3>{t('sim.tape')}</h3>
          <ol class="lines" data-testid="sim-tape" translate={false}>
            {tape.map(({ id, at, type }) => (
              <li key={id}>
                <time>{clockTime(at)}</time> {type}
              </li>
            ))}
          </ol>
        </section>
      </div>
    </aside>
  )
}
