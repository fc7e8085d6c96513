/** What became of one message, in words: the attempt ledger as a timeline, and each member's state in a group. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Attempt, Ledger, Message, Page, Recipient } from '../api/types.ts'
import { maybeT, speaksEnglish, t } from '../languages/translate.ts'
import { messageLine } from '../model/people.ts'
import { modems } from '../model/status.ts'
import { threadOf } from '../model/threads.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { Reason } from '../ui/reason.tsx'
import { stateMeaning, stateWord, Tick } from '../ui/tick.tsx'
import { clockTime, fullTime } from '../ui/times.ts'
import { TransportGlyph } from '../ui/transport.tsx'
import { PanelHead } from './panel-head.tsx'

interface InfoProps {
  conversationId: string
  messageId: string
}

interface Loaded {
  message: Message
  ledger: Ledger
  recipients: readonly Recipient[]
}

export function MessageInfo({ conversationId, messageId }: InfoProps) {
  const shown = threadOf(conversationId).value.messages.find(({ id }) => id === messageId)
  const [loaded, setLoaded] = useState<Loaded | undefined>(undefined)
  const loading = useAct()
  // Whatever changes the message may have added to its ledger.
  useEffect(() => void loading.run(async () => setLoaded(await load(messageId))), [messageId, shown?.updated_at])
  const message = shown ?? loaded?.message
  return (
    <>
      <PanelHead title={t('info.title')} conversationId={conversationId} />
      <div class="panel-body">
        {loading.error !== undefined && <Problem error={loading.error} />}
        {message !== undefined && (
          <>
            <blockquote class="info-text" translate={false} dir="auto">
              {messageLine(message)}
            </blockquote>
            {message.transport !== null && (
              <p class={`info-transport ${message.transport}`}>
                <TransportGlyph transport={message.transport} />
                {t(`info.transport.${message.transport}`)}
              </p>
            )}
            {message.modem !== null && <p class="quiet small">{t('info.modem', { modem: laneName(message.modem) })}</p>}
            <Timeline message={message} attempts={loaded?.ledger.data ?? []} plan={loaded?.ledger.plan ?? []} />
            {message.fallback !== null && (
              <p class="note fallback">
                {t(message.transport === 'mms' ? 'info.fallbackMms' : 'info.fallback')}{' '}
                <Reason
                  code={message.fallback.code}
                  reason={message.fallback.reason}
                  values={message.fallback.values}
                />
              </p>
            )}
          </>
        )}
        {loaded !== undefined && loaded.recipients.length > 0 && (
          <section>
            <h3>{t('info.members')}</h3>
            <ul class="members">
              {loaded.recipients.map(({ address, aci, name, status, detail }) => (
                <li key={aci ?? address} title={speaksEnglish() ? (detail ?? undefined) : undefined}>
                  <span translate={false}>{name ?? address ?? aci?.slice(0, 8)}</span>
                  <span class="quiet">{maybeT(`state.${status}`) ?? status}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
        {loaded !== undefined && <OwnWords {...loaded} message={message ?? loaded.message} />}
      </div>
    </>
  )
}

interface TimelineProps {
  message: Message
  attempts: readonly Attempt[]
  plan: Ledger['plan']
}

function Timeline({ message, attempts, plan }: TimelineProps) {
  const wentOnAt = message.fallback?.at ?? undefined
  const before = attempts.filter(({ started_at: at }) => wentOnAt === undefined || (at ?? '') < wentOnAt)
  const tries = wentOnAt === undefined ? before : [...before, 'fallback' as const, ...attempts.slice(before.length)]
  return (
    <ol class="timeline" aria-label={t('info.timeline')}>
      <Step at={message.direction === 'in' ? message.sent_at : message.created_at} isFull>
        {message.direction === 'in' ? t('info.sentByThem') : t('info.written')}
      </Step>
      {message.direction === 'in' && <Step at={message.created_at}>{t('info.received')}</Step>}
      {message.scheduled_at !== null && <Step at={message.scheduled_at}>{t('info.scheduled')}</Step>}
      {tries.map((step) =>
        step === 'fallback' ? (
          <Step key={step} at={message.fallback?.at ?? null}>
            {t(message.transport === 'mms' ? 'info.wentOnMms' : 'info.wentOn')}
          </Step>
        ) : (
          <Step key={step.id} at={step.started_at} kind={step.transport}>
            {attemptWords(step)}
            {step.transport !== 'signal' && step === attempts.find(({ leg }) => leg === step.leg) && (
              <Detail {...plan.find(({ leg }) => leg === step.leg)} />
            )}
            <Detail code={step.code} reason={step.detail} />
          </Step>
        ),
      )}
      {message.delivered_at !== null && <Step at={message.delivered_at}>{t('info.delivered')}</Step>}
      {message.direction === 'out' && message.read_at !== null && <Step at={message.read_at}>{t('info.read')}</Step>}
      {message.direction === 'out' && (
        <li class="now">
          <Tick message={message} />
          <span>
            <b>{stateWord(message.status)}</b>
            <small>{stateMeaning(message)}</small>
            {message.priority !== 'normal' && <small>{t(`priority.${message.priority}`)}</small>}
            <Detail code={message.code} reason={message.reason} values={message.values} />
          </span>
        </li>
      )}
    </ol>
  )
}

interface StepProps {
  at: string | null
  kind?: 'signal' | 'sms' | 'mms'
  isFull?: boolean
  children: preact.ComponentChildren
}

function Step({ at, kind, isFull, children }: StepProps) {
  return (
    <li class={kind ?? ''}>
      <time>{isFull === true ? fullTime(at) : clockTime(at)}</time>
      <span>{children}</span>
    </li>
  )
}

interface DetailProps {
  code?: string | null
  reason?: string | null
  values?: Message['values'] | undefined
}

/** Without a code it only says again, in English, what the step itself says: `OwnWords` has it. */
function Detail({ code = null, reason = null, values }: DetailProps) {
  if (reason === null || (code === null && !speaksEnglish())) return null
  return (
    <small class="quiet">
      <Reason code={code} reason={reason} values={values} />
    </small>
  )
}

/** All that the gateway says of it, exact and in English, for whom another language is chosen. */
function OwnWords({ message, ledger, recipients }: Loaded) {
  if (speaksEnglish()) return null
  const said = [
    message.fallback?.reason,
    ...ledger.plan.map(({ reason }) => reason),
    ...ledger.data.map(({ detail }) => detail),
    ...recipients.map(({ detail }) => detail),
    message.reason,
  ]
  return (
    <details class="quiet small">
      <summary>{t('why.own')}</summary>
      <ul class="lines" translate={false} lang="en" dir="ltr">
        {[...new Set(said)].map((words) => words && <li key={words}>{words}</li>)}
      </ul>
    </details>
  )
}

function attemptWords({ transport, lane, result, ended_at: endedAt }: Attempt): string {
  const where =
    transport === 'signal'
      ? t('transport.signal.short')
      : t(transport === 'mms' ? 'info.pictureOver' : 'info.textOver', { modem: laneName(lane) })
  if (endedAt === null || result === null) return t('info.trying', { where })
  return maybeAttempt(result, where) ?? t('info.attempt', { where, result })
}

/** As its owner calls it. */
function laneName(lane: string | null): string {
  return modems.value?.find(({ id }) => id === lane)?.label ?? lane ?? '?'
}

function maybeAttempt(result: string, where: string): string | undefined {
  if (result === 'accepted') return t('info.accepted', { where })
  if (result === 'uncertain') return t('info.uncertain', { where })
  if (result === 'failed' || result === 'other-transport') return t('info.failed', { where })
  if (result === 'retry') return t('info.retry', { where })
  if (result === 'held') return t('info.held', { where })
  if (result === 'interrupted') return t('info.interrupted', { where })
  return undefined
}

/** Throws ApiProblem. */
async function load(messageId: string): Promise<Loaded> {
  const path = `/api/v1/messages/${messageId}`
  const message = await ask<Message>('GET', path)
  const ledger = await ask<Ledger>('GET', `${path}/attempts`)
  const isToGroup = message.group !== null && message.direction === 'out'
  const recipients = isToGroup ? (await ask<Page<Recipient>>('GET', `${path}/recipients`)).data : []
  return { message, ledger, recipients }
}
