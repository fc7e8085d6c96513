/** Which version this is, under which licence, and what it is made of. */
import { t } from '../../languages/translate.ts'
import { Problem } from '../../ui/problem.tsx'
import { Facts } from '../later/facts.tsx'
import { useFetched } from '../later/fetched.ts'

/** What this page is made of, and the gateway (a test compares it with what is installed). */
const LIBRARIES = [
  'Preact (MIT) · Preact Signals (MIT) · wouter (Unlicense) · virtua (MIT) · Lucide (ISC)',
  '@signalapp/libsignal-client, @signalapp/sqlcipher (AGPL-3.0-only) · prom-client, sharp (Apache-2.0) · protobufjs (BSD-3-Clause) · yaml (ISC) · @clack/prompts, @serialport/parser-readline, bullmq, busboy, commander, express, ioredis, kysely, libphonenumber-js, node-pdu, pino, pino-pretty, serialport, uqr, zod (MIT)',
]

interface Health {
  components: { component: string; status: keyof typeof VERDICTS; detail: string | null }[]
}

/** A check of the health page → the word that the check-up has for it. */
const VERDICTS = { pass: 'ok', warn: 'warning', fail: 'error' } as const

interface Version {
  version: string
  licence: string
  /** null: whoever runs the box has not said. */
  source_url: string | null
}

export function About() {
  const { data, error, reload } = useFetched<Health>('/api/v1/system/health')
  const { data: own } = useFetched<Version>('/api/v1/system/version')
  return (
    <section class="card">
      <h3>{t('app.name')}</h3>
      {error !== undefined && <Problem error={error} retry={reload} />}
      <Facts
        rows={[
          [t('settings.version'), own?.version],
          [t('settings.licenceText'), own?.licence],
        ]}
      />
      <ul class="lines" translate={false}>
        {data?.components.map(({ component, status, detail }) => (
          <li key={component}>
            <b>{component}</b> <span translate>{t(`doctor.${VERDICTS[status]}`)}</span>
            {detail !== null && <small class="quiet"> {detail}</small>}
          </li>
        ))}
      </ul>
      <p>{t('settings.licence')}</p>
      {own?.source_url === null && <p class="note-box">{t('settings.noSource')}</p>}
      {LIBRARIES.map((libraries) => (
        <p key={libraries} class="quiet small" translate={false} lang="en">
          {libraries}
        </p>
      ))}
      <div class="buttons">
        {own?.source_url != null && (
          <a class="button primary" href={own.source_url} target="_blank" rel="noreferrer">
            {t('settings.source')}
          </a>
        )}
        <a class="button" href="https://www.gnu.org/licenses/agpl-3.0.html" target="_blank" rel="noreferrer">
          {t('settings.licenceText')}
        </a>
        <a class="button" href="/api/" target="_blank" rel="noreferrer">
          {t('settings.reference')}
        </a>
      </div>
    </section>
  )
}
