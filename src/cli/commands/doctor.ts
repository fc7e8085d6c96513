/** Says what is wrong and what to do. A running gateway is asked; without one, machine and configuration are looked at. */
import { type Config, ConfigError, loadConfig } from '../../config.ts'
import { examineHost } from '../../doctor/host.ts'
import { CausewayError } from '../../domain/errors.ts'
import { type Finding, SEVERITIES, type Severity } from '../../domain/finding.ts'
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line } from '../print.ts'
import { bundle } from './doctor-bundle.ts'

export interface DoctorOptions extends GatewayOptions {
  json?: boolean
  /** A file, or a fresh one here. */
  bundle?: string | boolean
}

const MARKS: Readonly<Record<Severity, string>> = { ok: '✓', info: '·', warning: '!', error: '✗' }

/** 0: all is well, or the bundle is written; 2: warnings; 1: something is wrong. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const examine = async () => [...(await examineHere(options)), GATEWAY_DOWN]
  if (options.bundle !== undefined) {
    await bundle(options, examine)
    return EXIT.ok
  }
  const findings = (await askGateway(options)) ?? (await examine())
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  if (options.json === true) {
    for (const { id, code, severity, what, fix, values } of findings)
      json({ id, code, severity, what, fix: fix ?? null, values })
  } else {
    const worstFirst = SEVERITIES.toReversed().flatMap((wanted) =>
      findings.filter((finding) => finding.severity === wanted),
    )
    for (const { id, severity, what, fix } of worstFirst) {
      line(`${MARKS[severity]} ${id}  ${what}`)
      if (fix !== undefined && fix !== null) line(`    ${fix}`)
    }
    line(
      SEVERITIES.filter((severity) => count(severity) > 0)
        .map((severity) => `${count(severity)} ${severity}`)
        .join(' · '),
    )
  }
  if (count('error') > 0) return EXIT.failed
  return count('warning') > 0 ? EXIT.warnings : EXIT.ok
}

const GATEWAY_DOWN: Finding = {
  id: 'gateway.down',
  code: 'gateway.down',
  values: {},
  severity: 'warning',
  what: 'No gateway runs; modems, Signal account and queue were not looked at.',
  fix: 'causeway serve, or systemctl start causeway.',
}

async function askGateway(options: DoctorOptions): Promise<readonly Finding[] | undefined> {
  try {
    const gateway = await findGateway(options)
    return (await call<{ data: Finding[] }>(gateway, 'GET', '/api/v1/system/doctor')).data
  } catch (error) {
    const isDown = error instanceof ExitError && error.exitCode === EXIT.unavailable
    // A configuration that cannot be read is a finding, not a reason to find nothing.
    if (isDown || (CausewayError.is(error) && error.code.startsWith('config-'))) return undefined
    throw error
  }
}

async function examineHere(options: DoctorOptions): Promise<Finding[]> {
  const { config, findings } = configuration(options)
  const { examineSchema } = await import('../../doctor/schema.ts')
  return [...findings, ...(await examineHost(config)), ...(await examineSchema(config))]
}

function configuration(options: DoctorOptions): { config: Config; findings: Finding[] } {
  try {
    const config = loadConfig({ file: options.config })
    const what = config.file === undefined ? 'There is no configuration; defaults hold.' : `${config.file} is right.`
    return { config, findings: [{ ...configFinding('config.invalid', 'ok', what), code: 'config.invalid.ok' }] }
  } catch (error) {
    if (!CausewayError.is(error)) throw error
    const fix = 'All keys: docs/config.md. Check again: causeway config check.'
    const problems = error instanceof ConfigError ? error.problems : [{ id: 'config.invalid', message: error.message }]
    const findings = problems.map(({ id, message }) => configFinding(id, 'error', message, fix))
    return { config: loadConfig({ file: '/dev/null', env: {} }), findings }
  }
}

/** Never shown in an inbox: where the configuration cannot be read no gateway runs. */
function configFinding(id: string, severity: Severity, what: string, fix?: string): Finding {
  return { id, code: id, severity, what, fix, values: {} }
}
