/** What the queue was told to leave where it is, and the buttons that pause all of it, a transport or a modem, or let it go on. */
import { ask } from '../../api/client.ts'
import type { Pause } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { session } from '../../model/session.ts'
import { modems, pauses } from '../../model/status.ts'
import { shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'

interface Way {
  words: string
  body: { transport?: string; modem?: string }
}

export function Pauses() {
  const mayRule = session.value?.user?.role === 'admin'
  const set = async (action: 'pause' | 'resume', body: Way['body']) => {
    const answer = await ask<{ paused: readonly Pause[] }>('POST', `/api/v1/queue/${action}`, { body })
    pauses.value = answer.paused
  }
  const of = ({ transport, modem }: Pause): Way =>
    ways().find(({ body }) => body.transport === (transport ?? undefined) && body.modem === (modem ?? undefined)) ?? {
      words: modem ?? transport ?? '',
      body: { ...(transport === null ? {} : { transport }), ...(modem === null ? {} : { modem }) },
    }
  const rest = ways().filter(({ words }) => pauses.value.every((pause) => of(pause).words !== words))
  return (
    <div class="pauses">
      {pauses.value.map((pause) => {
        const { words, body } = of(pause)
        return (
          <p key={words} class="card held" role="status">
            {t('queue.pausedSince', { what: words, time: shortTime(pause.since) })}{' '}
            {mayRule && (
              <Action
                label={t('queue.resume')}
                name={t('queue.resumeWhat', { what: words })}
                run={() => set('resume', body)}
              />
            )}
          </p>
        )
      })}
      {mayRule && (
        <details>
          <summary>{t('queue.pause')}</summary>
          <p class="quiet small">{t('queue.pauseWords')}</p>
          <div class="buttons">
            {rest.map(({ words, body }) => (
              // A modem has the name that its owner gave it.
              <span key={words} translate={body.modem === undefined}>
                <Action label={words} name={t('queue.pauseWhat', { what: words })} run={() => set('pause', body)} />
              </span>
            ))}
          </div>
        </details>
      )}
    </div>
  )
}

function ways(): Way[] {
  return [
    { words: t('queue.everything'), body: {} },
    ...(['signal', 'sms', 'mms'] as const).map((transport) => ({
      words: t(`transport.${transport}.short`),
      body: { transport },
    })),
    ...(modems.value ?? []).map(({ id, label }) => ({ words: label ?? id, body: { modem: id } })),
  ]
}
