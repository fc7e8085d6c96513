/** What waits, is under way, needs a person, or failed: counted per way out, listed with reasons, tried again or taken back. */
import { useEffect, useState } from 'preact/hooks'
import type { MessageState } from '../../../domain/message.ts'
import { ask } from '../../api/client.ts'
import type { Message, Page, QueueRow } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { conversationName, messageLine } from '../../model/people.ts'
import { maySend } from '../../model/session.ts'
import { modems, queueProblem, rounds } from '../../model/status.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { Reason } from '../../ui/reason.tsx'
import { stateWord, Tick } from '../../ui/tick.tsx'
import { fullTime, leftWords, shortTime } from '../../ui/times.ts'
import { TransportGlyph } from '../../ui/transport.tsx'
import { Action } from '../later/action.tsx'
import { Room } from '../later/room.tsx'
import { messagePath } from '../places.ts'
import { Pauses } from './pauses.tsx'

const STATES = ['queued', 'sending', 'held', 'uncertain', 'scheduled', 'failed', 'expired'] as const
/** Of each state the oldest so many; of what failed the newest. */
const SHOWN = 50
const CANCELABLE: ReadonlySet<MessageState> = new Set(['queued', 'held', 'scheduled'])
const RETRYABLE: ReadonlySet<MessageState> = new Set(['failed', 'expired', 'uncertain'])

export function Queue() {
  const [messages, setMessages] = useState<readonly Message[] | undefined>(undefined)
  const [counts, setCounts] = useState<readonly QueueRow[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const loading = useAct()
  const load = () =>
    void loading.run(async () => {
      const pages = await Promise.all(
        STATES.map((state) => {
          const order = state === 'failed' || state === 'expired' ? 'newest' : 'oldest'
          const path = `/api/v1/messages?direction=out&status=${state}&order=${order}&limit=${SHOWN}`
          return ask<Page<Message>>('GET', path)
        }),
      )
      setMessages(pages.flatMap(({ data }) => data))
      setCounts((await ask<{ data: QueueRow[] }>('GET', '/api/v1/queue?failed=true')).data)
    })
  // Whatever happens may change the list.
  useEffect(load, [rounds.value])
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  const picked = (states: ReadonlySet<MessageState>) =>
    (messages ?? []).filter(({ id, status }) => chosen.has(id) && states.has(status))
  const forAll = async (states: ReadonlySet<MessageState>, action: 'retry' | 'cancel') => {
    try {
      for (const { id } of picked(states)) await ask('POST', `/api/v1/messages/${id}/${action}`)
      setChosen(new Set())
    } finally {
      load()
    }
  }
  return (
    <Room title={t('queue.title')}>
      {queueProblem.value !== null && (
        <p class="note held" role="status">
          {t('queue.stands')}{' '}
          <small class="quiet" translate={false}>
            {queueProblem.value}
          </small>
        </p>
      )}
      <Pauses />
      <ul class="counts">
        {counts.map((row) => (
          <li key={`${row.status}${row.transport}${row.lane}`} class="card">
            <b>{row.count}</b> {stateWord(row.status as MessageState)}
            <Way transport={row.transport} lane={row.lane} />
            {row.oldest_at !== null && (
              <small class="quiet" title={fullTime(row.oldest_at)}>
                {t('queue.oldest', { time: leftWords(Date.now() - Date.parse(row.oldest_at)) })}
              </small>
            )}
          </li>
        ))}
      </ul>
      {loading.error !== undefined && <Problem error={loading.error} retry={load} />}
      {messages?.length === 0 && <p class="empty quiet">{t('queue.none')}</p>}
      <ul class="queue">
        {messages?.map((message) => (
          <li key={message.id}>
            {maySend.value && message.status !== 'sending' && (
              <input
                type="checkbox"
                aria-label={t('queue.choose', { name: conversationName(message) })}
                checked={chosen.has(message.id)}
                onChange={() => toggle(message.id)}
              />
            )}
            <a class="queue-message" href={`#${messagePath(message.conversation_id, message.id)}`}>
              <b translate={false}>{conversationName(message)}</b>
              <span class="row-text" translate={false} dir="auto">
                {messageLine(message)}
              </span>
              {message.reason !== null && (
                <small class="quiet">
                  <Reason code={message.code} reason={message.reason} values={message.values} />
                </small>
              )}
            </a>
            <span class="queue-state">
              <Tick message={message} /> {stateWord(message.status)}
              <Way transport={message.transport} lane={message.lane} />
              <time class="quiet">{shortTime(message.created_at)}</time>
            </span>
          </li>
        ))}
      </ul>
      {maySend.value && (messages?.length ?? 0) > 0 && (
        <div class="room-foot buttons">
          <Action
            label={t('action.retry')}
            disabled={picked(RETRYABLE).length === 0}
            run={() => forAll(RETRYABLE, 'retry')}
          />
          <Action
            label={t('menu.cancel')}
            disabled={picked(CANCELABLE).length === 0}
            run={() => forAll(CANCELABLE, 'cancel')}
          />
        </div>
      )}
    </Room>
  )
}

/** The transport, and the modem where there is one. */
function Way({ transport, lane }: { transport: string | null; lane: string | null }) {
  if (transport !== 'signal' && transport !== 'sms' && transport !== 'mms') return null
  const modem = modems.value?.find(({ id }) => id === lane)
  return (
    <>
      {' '}
      <TransportGlyph transport={transport} label /> <span translate={false}>{modem?.label ?? ''}</span>
    </>
  )
}
