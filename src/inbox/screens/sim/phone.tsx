/** The phone of somebody in the sandbox: what it has received, a field to write as them, and what can happen to it. */
import { useEffect, useState } from 'preact/hooks'
import type { Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { newestEvent } from '../../model/live.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { clockTime } from '../../ui/times.ts'
import { TransportGlyph } from '../../ui/transport.tsx'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import type { Perform, SimPerson } from './world.ts'

interface Received {
  over: 'sms' | 'signal'
  text: string
  at: string | null
}

export function Phone({ person, perform }: { person: SimPerson; perform: Perform }) {
  const { key, name, summary, signal, phone } = person
  const hasSignal = signal === 'online' || signal === 'offline'
  const [text, setText] = useState('')
  const writing = useAct()
  const inbox = useFetched<Page<Received>>(`/api/v1/simulator/people/${key}/messages`)
  useEffect(() => newestEvent.subscribe((event) => event && inbox.reload()), [])
  const isOff = phone === 'off'
  return (
    <section class="card" data-testid="sim-phone">
      <h3 translate={false}>{name}</h3>
      <p class="quiet small" translate={false}>
        {summary}
      </p>
      <ol class="lines" data-testid="sim-received">
        {inbox.data?.data.slice(-8).map(({ over: by, text: words, at }) => (
          <li key={`${at}${words}`}>
            <TransportGlyph transport={by} /> <span translate={false}>{words}</span>{' '}
            <time class="quiet">{clockTime(at)}</time>
          </li>
        ))}
      </ol>
      <form
        class="small-form"
        onSubmit={(event) => {
          event.preventDefault()
          const way = event.submitter instanceof HTMLButtonElement ? event.submitter.value : 'text'
          void writing.run(() => perform({ action: way, from: key, text })).then((isDone) => isDone && setText(''))
        }}
      >
        <label class="field">
          <span>{t('sim.writeAs', { name })}</span>
          <input
            type="text"
            required
            autocomplete="off"
            data-testid="sim-text"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          {(['signal', 'sms'] as const).map((way) => (
            <button
              key={way}
              type="submit"
              class={`button ${way}`}
              disabled={writing.busy || (way === 'signal' && !hasSignal)}
              data-testid={`sim-send-${way}`}
              value={way === 'signal' ? 'signal' : 'text'}
            >
              <TransportGlyph transport={way} label />
            </button>
          ))}
        </div>
        {writing.error !== undefined && <Problem error={writing.error} />}
      </form>
      <div class="buttons">
        <Action
          label={isOff || signal === 'offline' ? t('sim.phoneOn') : t('sim.phoneOff')}
          run={() =>
            perform({
              action: isOff || signal === 'offline' ? 'online' : 'offline',
              person: key,
              on: hasSignal ? 'both' : 'sms',
            })
          }
        />
        {signal !== 'none' && (
          <Action
            label={signal === 'left' ? t('sim.return') : t('sim.leave')}
            run={() => perform({ action: signal === 'left' ? 'return' : 'leave', person: key })}
          />
        )}
        {hasSignal && <Action label={t('sim.newPhone')} run={() => perform({ action: 'change-key', person: key })} />}
      </div>
    </section>
  )
}
