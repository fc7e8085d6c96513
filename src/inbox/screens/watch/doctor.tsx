/** What is wrong with the box, the worst first, and what to do about it; the same findings as on the command line. */
import type { FindingAction, FindingValues, Severity } from '../../../domain/finding.ts'
import { ask } from '../../api/client.ts'
import type { Page } from '../../api/types.ts'
import { reasonWords } from '../../languages/reasons.ts'
import { maybeT, t } from '../../languages/translate.ts'
import { session } from '../../model/session.ts'
import { Check, CircleAlert, Info, TriangleAlert } from '../../ui/icons.ts'
import { Problem } from '../../ui/problem.tsx'
import { Action } from '../later/action.tsx'
import { useFetched } from '../later/fetched.ts'
import { Room } from '../later/room.tsx'

interface Finding {
  id: string
  severity: Severity
  what: string
  fix: string | null
  code: string
  values: FindingValues
  /** Without a method: a place in the inbox. */
  action: { name: FindingAction['name']; method: 'POST' | null; path: string; body: object | null } | null
}

const GRAVEST_FIRST = ['error', 'warning', 'info', 'ok'] as const
const SIGNS = { error: CircleAlert, warning: TriangleAlert, info: Info, ok: Check }

export function Doctor() {
  const { data, error, reload } = useFetched<Page<Finding>>('/api/v1/system/doctor')
  const findings = data?.data ?? []
  const mayRule = session.value?.user?.role === 'admin'
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
              {found.map((one) => (
                <li key={`${one.id}${one.what}`} class={`finding ${severity}`}>
                  <Sign aria-hidden="true" />
                  <Found finding={one} />
                  {mayRule && one.action !== null && <Fix action={one.action} done={reload} />}
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </Room>
  )
}

/** In the language of the screen; the gateway's own words stay at hand. */
function Found({ finding: { id, code, what, fix, values } }: { finding: Finding }) {
  const said = withReason(id, values)
  // Warnings of the Signal account say what to do in the same breath.
  const warning = maybeT(`warn.${code}`, said)
  const next = warning === undefined ? (maybeT(`fix.${code}`, said) ?? fix) : null
  return (
    <p translate={false} title={fix === null ? what : `${what} ${fix}`}>
      <span translate={true}>
        {warning ?? maybeT(`found.${code}`, said) ?? what} {next !== null && <b>{next}</b>}
      </span>
      <small class="quiet">{id}</small>
    </p>
  )
}

/** A reason that has a code is said in the language of the screen, too. */
function withReason(id: string, values: Finding['values']): Finding['values'] {
  const { reason, reason_code: code } = values
  if (reason === undefined || code === undefined) return values
  const kind = id.startsWith('backup.') ? 'backup.why' : id.startsWith('webhook.') ? 'hook.why' : 'mms.why'
  return { ...values, reason: reasonWords(String(code), String(reason), kind) }
}

/** What mends it, on a button; or the way to where a person mends it. */
function Fix({ action, done }: { action: NonNullable<Finding['action']>; done: () => void }) {
  const words = t(`doctor.do.${action.name}`)
  if (action.method === null) {
    return (
      <a class="button" href={`#${action.path}`}>
        {words}
      </a>
    )
  }
  const { method, path, body } = action
  const run = () => ask(method, path, body === null ? {} : { body }).then(done)
  return <Action label={words} run={run} />
}
