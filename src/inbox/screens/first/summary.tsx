/** What became of each step of the first hour, and where that which was skipped can be done later. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { SetUp } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { STEP_FACES } from './step-faces.tsx'

export function Summary({ now }: { now: SetUp }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => heading.current?.focus(), [])
  const isWhole = now.steps.every(({ state }) => state === 'done')
  return (
    <section class="card summary">
      <h3 ref={heading} tabIndex={-1} class="step-title">
        {t('wizard.summary')}
      </h3>
      <p class="quiet">{t(isWhole ? 'wizard.whole' : 'wizard.rest')}</p>
      <ul class="members">
        {now.steps.map(({ step, state }) => {
          const { title, later } = STEP_FACES[step]
          return (
            <li key={step}>
              <span>{title()}</span>
              <span class={state === 'done' ? 'state good' : 'state'}>{t(`wizard.state.${state}`)}</span>
              {state !== 'done' && (
                <a class="button" href={`#${later.path}`}>
                  {later.words()}
                </a>
              )}
            </li>
          )
        })}
      </ul>
      <a class="button primary" href="#/">
        {t('wizard.finish')}
      </a>
    </section>
  )
}
