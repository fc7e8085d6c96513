/** What is wrong with the box, the worst first, and what to do about it; the same findings as on the command line. */
import type { Severity } from '../../../domain/finding.ts'
import type { Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { Check, CircleAlert, Info, TriangleAlert } from '../../ui/icons.ts'
import { Problem } from '../../ui/problem.tsx'
import { useFetched } from '../later/fetched.ts'
import { Room } from '../later/room.tsx'

interface Finding {
  id: string
  severity: Severity
  what: string
  fix: string | null
}

const GRAVEST_FIRST = ['error', 'warning', 'info', 'ok'] as const
const SIGNS = { error: CircleAlert, warning: TriangleAlert, info: Info, ok: Check }

export function Doctor() {
  const { data, error, reload } = useFetched<Page<Finding>>('/api/v1/system/doctor')
  const findings = data?.data ?? []
  return (
    <Room
      title={t('doctor.title')}
      more={
        <button type="button" class="button" onClick={reload}>
          {t('doctor.again')}
        </button>
      }
    >
      {error !== undefined && <Problem error={error} retry={reload} />}
      {GRAVEST_FIRST.map((severity) => {
        const Sign = SIGNS[severity]
        const found = findings.filter((one) => one.severity === severity)
        if (found.length === 0) return null
        return (
          <section key={severity} class="card">
            <h3>{t('doctor.count', { words: t(`doctor.${severity}`), count: found.length })}</h3>
            <ul class="findings">
              {found.map(({ id, what, fix }) => (
                <li key={`${id}${what}`} class={`finding ${severity}`} translate={false}>
                  <Sign aria-hidden="true" />
                  <p>
                    {what} {fix !== null && <b>{fix}</b>}
                    <small class="quiet">{id}</small>
                  </p>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </Room>
  )
}
