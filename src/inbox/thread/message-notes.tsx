/** What must be seen below a bubble: why it went as a text, what waits for a decision, why it failed. */
import { useLocation } from 'wouter-preact'
import { ask } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { maySend } from '../model/session.ts'
import { keepMessage } from '../model/threads.ts'
import { infoPath } from '../screens/places.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { Reason } from '../ui/reason.tsx'
import { clockTime, fullTime } from '../ui/times.ts'

export function MessageNotes({ message }: { message: Message }) {
  const { status, direction, code, reason, fallback } = message
  if (direction === 'in') return message.replaced_by === null ? null : <p class="note">{t('note.replaced')}</p>
  if (status === 'held') return <Held message={message} />
  if (status === 'scheduled') return <Scheduled message={message} />
  if (status === 'failed' || status === 'expired' || status === 'uncertain') return <Failed message={message} />
  if (status === 'queued' && code === 'quiet-hours') {
    return (
      <p class="note">
        {t('note.quiet')} <Why message={message} />
      </p>
    )
  }
  if (fallback !== null && message.transport !== 'signal') {
    return (
      <p class="note fallback">
        {t(message.transport === 'mms' ? 'note.fallbackMms' : 'note.fallback')} <Why message={message} />
        <span class="quiet">
          <Reason code={fallback.code} reason={fallback.reason} values={fallback.values} />
        </span>
      </p>
    )
  }
  if (message.twin !== null) return <p class="note">{t('note.twin')}</p>
  if (status === 'queued' && code !== null && reason !== null) {
    return (
      <p class="note">
        {t('note.waiting')} <Why message={message} />
      </p>
    )
  }
  return null
}

function Why({ message }: { message: Message }) {
  const [, go] = useLocation()
  return (
    <button type="button" class="link" onClick={() => go(infoPath(message.conversation_id, message.id))}>
      {t('note.why')}
    </button>
  )
}

function Held({ message }: { message: Message }) {
  const acting = useAct()
  const decide = (path: string, body?: object) =>
    void acting.run(async () =>
      keepMessage(
        await ask<Message>('POST', `/api/v1/messages/${message.id}/${path}`, body === undefined ? {} : { body }),
      ),
    )
  const isIdentity = message.code === 'identity-changed'
  const isOverSignal = message.sent_at !== null
  return (
    <div class="note held">
      <p>
        {isIdentity ? t('held.identity') : message.code === 'consent-needed' ? t('held.signal') : t('held.other')}{' '}
        <Why message={message} />
      </p>
      {maySend.value && !isIdentity && (
        <div class="buttons">
          <button
            type="button"
            class="button sms"
            disabled={acting.busy}
            onClick={() => decide('approve', { send_as: 'sms' })}
          >
            {t('held.sendText')}
          </button>
          <button
            type="button"
            class="button"
            disabled={acting.busy}
            onClick={() => (isOverSignal ? decide('approve', { send_as: 'wait' }) : decide('cancel'))}
          >
            {isOverSignal ? t('held.wait') : t('held.cancel')}
          </button>
        </div>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
    </div>
  )
}

function Scheduled({ message }: { message: Message }) {
  return <p class="note">{t('note.scheduled', { time: fullTime(message.scheduled_at) })}</p>
}

function Failed({ message }: { message: Message }) {
  const acting = useAct()
  const retry = () =>
    void acting.run(async () => keepMessage(await ask<Message>('POST', `/api/v1/messages/${message.id}/retry`)))
  return (
    <div class={message.status === 'uncertain' ? 'note' : 'note failed'}>
      <p>
        {message.status === 'uncertain'
          ? t('note.uncertain')
          : message.status === 'expired'
            ? t('note.expired', { time: clockTime(message.valid_until) })
            : t('note.failed')}{' '}
        {message.reason !== null && <Reason code={message.code} reason={message.reason} values={message.values} />}{' '}
        <Why message={message} />
      </p>
      {maySend.value && message.status !== 'uncertain' && (
        <button type="button" class="button" disabled={acting.busy} onClick={retry}>
          {t('action.retry')}
        </button>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
    </div>
  )
}
