/**
 * The first hour with hardware, step by step: each can be skipped, left and taken up, here or by `causeway setup`, since
 * the gateway keeps what is done. The address names the step, so that a reload stays where it was.
 */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import type { SetUp, SetUpStep } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { loadSetUp, markStep, setUpNow } from '../../model/first-hour.ts'
import { waking } from '../../model/notifications.ts'
import { isAdmin } from '../../model/session.ts'
import { account, modems } from '../../model/status.ts'
import { useAct } from '../../ui/act.ts'
import { Check } from '../../ui/icons.ts'
import { Problem } from '../../ui/problem.tsx'
import { Room } from '../later/room.tsx'
import { STEP_FACES } from './step-faces.tsx'
import { Summary } from './summary.tsx'

export function Wizard({ section }: { section: string | undefined }) {
  const loading = useAct()
  const load = () => void loading.run(loadSetUp)
  const ready = modems.value?.filter(({ state }) => state === 'ready').length
  // What is evident is done by whoever did it: a modem that got ready, an account, a browser that is woken.
  useEffect(load, [ready, account.value?.aci, waking.value])
  const now = setUpNow.value
  if (!isAdmin.value) return <Room title={t('wizard.title')}>{t('wizard.admins')}</Room>
  return (
    <Room title={t('wizard.title')}>
      {loading.error !== undefined && <Problem error={loading.error} retry={load} />}
      {now !== undefined && <Steps now={now} section={section} />}
    </Room>
  )
}

function Steps({ now, section }: { now: SetUp; section: string | undefined }) {
  const [, go] = useLocation()
  const shown = now.steps.find(({ step }) => step === section)?.step ?? (section === 'summary' ? undefined : now.next)
  // From here on it is this step's own address, however the others change.
  useLayoutEffect(() => {
    // Who has gone on to another address meanwhile stays there.
    if (section === undefined && location.hash === '#/setup') go(pathOf(shown), { replace: true })
  }, [section, shown])
  return (
    <>
      <nav aria-label={t('wizard.steps')}>
        <ol class="guide-steps wizard-steps">
          {now.steps.map(({ step, state }, index) => (
            <li key={step} class={state === 'done' ? 'done' : step === shown ? 'now' : ''}>
              <a href={`#${pathOf(step)}`} aria-current={step === shown ? 'step' : undefined}>
                {state === 'done' ? <Check aria-hidden="true" /> : <span aria-hidden="true">{index + 1}</span>}
                <span class="visually-hidden">
                  {STEP_FACES[step].title()}: {t(`wizard.state.${state}`)}
                </span>
              </a>
            </li>
          ))}
        </ol>
      </nav>
      {shown === undefined || shown === null ? <Summary now={now} /> : <OneStep key={shown} step={shown} now={now} />}
    </>
  )
}

function OneStep({ step, now }: { step: SetUpStep; now: SetUp }) {
  const [, go] = useLocation()
  const heading = useRef<HTMLHeadingElement>(null)
  const marking = useAct()
  useLayoutEffect(() => heading.current?.focus(), [])
  const { title, words, Body, done } = STEP_FACES[step]
  const index = now.steps.findIndex((each) => each.step === step)
  const isDone = now.steps[index]?.state === 'done'
  const before = now.steps[index - 1]?.step
  const leave = () => go(pathOf(now.steps.slice(index + 1).find(({ state }) => state !== 'done')?.step))
  const mark = (action: 'done' | 'skip') => void marking.run(() => markStep(step, action)).then((ok) => ok && leave())
  return (
    <>
      <h3 ref={heading} tabIndex={-1} class="step-title">
        {title()}
      </h3>
      <p class="quiet">{words()}</p>
      <Body keyFile={now.key_file} />
      {marking.error !== undefined && <Problem error={marking.error} />}
      <div class="buttons room-foot">
        {before !== undefined && (
          <button type="button" class="button" onClick={() => go(pathOf(before))}>
            {t('action.back')}
          </button>
        )}
        {!isDone && (
          <button type="button" class="button" disabled={marking.busy} onClick={() => mark('skip')}>
            {t('wizard.skip')}
          </button>
        )}
        {(isDone || done !== undefined) && (
          <button
            type="button"
            class="button primary"
            disabled={marking.busy}
            onClick={() => (isDone ? leave() : mark('done'))}
          >
            {isDone || done === undefined ? t('settings.goOn') : done()}
          </button>
        )}
      </div>
    </>
  )
}

/** The place of a step; of the summary where there is none. */
function pathOf(step: SetUpStep | null | undefined): string {
  return `/setup/${step ?? 'summary'}`
}
