/** The guided scene of the sandbox, in a line below the strip: what to try next, and where. */
import { useLocation } from 'wouter-preact'
import { t } from '../../languages/translate.ts'
import { endGuide, GUIDE_STEPS, guidePlace, guideStep, isGuided, switchOff } from '../../model/guide.ts'
import { useAct } from '../../ui/act.ts'
import { Check, X } from '../../ui/icons.ts'
import { Problem } from '../../ui/problem.tsx'
import { threadPath } from '../places.ts'

export function Guide() {
  const [path, go] = useLocation()
  const acting = useAct()
  if (!isGuided.value) return null
  const step = guideStep.value
  const place = guidePlace(step)
  const isThere = place !== undefined && path.startsWith(threadPath(place))
  const end = () => void acting.run(endGuide)
  return (
    <section class="guide" aria-label={t('first.guide')}>
      <ol class="guide-steps" aria-hidden="true">
        {GUIDE_STEPS.map((name, index) => {
          const now = step === undefined ? GUIDE_STEPS.length : GUIDE_STEPS.indexOf(step)
          return (
            <li key={name} class={index < now ? 'done' : index === now ? 'now' : ''}>
              {index < now ? <Check aria-hidden="true" /> : index + 1}
            </li>
          )
        })}
      </ol>
      <p role="status">
        <strong>{t(step === undefined ? 'first.done' : `first.${step}`)}</strong>{' '}
        <span class="quiet">{t(step === undefined ? 'first.done.words' : `first.${step}.words`)}</span>
      </p>
      {step === 'off' ? (
        <button type="button" class="button" disabled={acting.busy} onClick={() => void acting.run(switchOff)}>
          {t('first.off.do')}
        </button>
      ) : step === undefined ? (
        <button type="button" class="button" onClick={end}>
          {t('first.end')}
        </button>
      ) : (
        place !== undefined &&
        !isThere && (
          <button type="button" class="button" onClick={() => go(threadPath(place))}>
            {t('first.open')}
          </button>
        )
      )}
      {step !== undefined && (
        <button type="button" class="icon-button" aria-label={t('first.leave')} title={t('first.leave')} onClick={end}>
          <X aria-hidden="true" />
        </button>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
    </section>
  )
}
