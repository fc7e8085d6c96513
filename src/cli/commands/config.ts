/** Looks at the configuration without starting anything: what holds and who said so, what is wrong, which keys there are. */
import { join } from 'node:path'
import { readCertificate } from '../../config/certificate.ts'
import { type ConfigValue, explainKey } from '../../config/explain.ts'
import { configJsonSchema } from '../../config/json-schema.ts'
import { configReference } from '../../config/reference.ts'
import { demandKey, rootShape } from '../../config/shape.ts'
import { type Config, type LoadConfigOptions, loadConfig, readConfig } from '../../config.ts'
import { CausewayError } from '../../domain/errors.ts'
import { EXIT, ExitError } from '../exit.ts'
import { answers, call } from '../gateway.ts'
import type { SettingsJson } from '../json.ts'
import { json, line, printable } from '../print.ts'

interface Options {
  config?: string
  set?: Record<string, string>
  json?: boolean
}

/** Throws what is wrong with it; says what holds. */
export function check(options: Options): void {
  const config = loadConfig(given(options))
  const { tls } = config.http
  const until = tls === undefined ? undefined : new Date(readCertificate(tls, Date.now()).notAfterMs)
  if (options.json === true) {
    json({ ok: true, file: config.file ?? null, data_dir: config.dataDir, runtime_dir: config.runtimeDir })
    return
  }
  line(`${config.file ?? 'No file; defaults'}: ok. Data in ${config.dataDir}.`)
  if (until !== undefined) line(`HTTPS, with a certificate that holds until ${until.toISOString()}.`)
}

/** The text of docs/config.md. */
export function reference(): void {
  process.stdout.write(configReference())
}

/** For editors. */
export function schema(): void {
  line(JSON.stringify(configJsonSchema(), undefined, 2))
}

/** The value in force, of one key, of all in a section, or of all there are. */
export async function get(key: string | undefined, options: Options): Promise<void> {
  const { path, node } = key === undefined ? { path: [], node: rootShape() } : demandKey(key)
  const { layers } = readConfig(given(options))
  const config = loaded(options)
  const written = explainKey(layers, path, node, config === undefined ? {} : computed(config))
  const values = config === undefined ? written : await withChosen(written, join(config.runtimeDir, 'api.sock'))
  if (values.length === 0) line('Nothing.')
  for (const value of values) {
    if (options.json === true) {
      const { kind, where, ...rest } = value
      json({ ...rest, value: value.value ?? null, where: where ?? null, secret: kind === 'secret' })
    } else line(describe(value))
  }
  if (config === undefined) {
    process.stderr.write('The configuration is not right as it is; see: causeway config check\n')
    process.exitCode = EXIT.warnings
  }
}

/** What holds for a key, as one would tell it. */
export function describe({ key, value, kind, source, where }: Shown): string {
  const hidden = kind === 'secret' && source !== 'default' ? '(secret, not shown)' : undefined
  const shown = hidden ?? (value === undefined ? '(not set)' : printable(value))
  return `${key} = ${shown}    ${source === 'default' ? 'default' : source === 'file' ? where : `${source} ${where}`}`
}

type Shown = Omit<ConfigValue, 'source'> & { source: ConfigValue['source'] | 'settings' }

/** Some keys can be changed while the gateway runs, which then goes before all else. */
async function withChosen(values: readonly ConfigValue[], socketPath: string): Promise<readonly Shown[]> {
  const isLive = values.some(({ key }) => key === 'mode' || key.startsWith('fallback.'))
  if (!isLive || !(await answers(socketPath))) return values
  try {
    const { mode, fallback, chosen } = await call<SettingsJson>({ socketPath }, 'GET', '/api/v1/settings')
    const live: Readonly<Record<string, string>> = { mode, ...prefixed(fallback) }
    return values.map((value): Shown => {
      const { key } = value
      return chosen.includes(key) && live[key] !== undefined
        ? { ...value, value: live[key], source: 'settings', where: '(changed while it runs: causeway settings)' }
        : value
    })
  } catch (error) {
    if (error instanceof ExitError) return values
    throw error
  }
}

function prefixed(fallback: SettingsJson['fallback']): Record<string, string> {
  return Object.fromEntries(Object.entries(fallback).map(([key, value]) => [`fallback.${key}`, String(value)]))
}

/** Undefined where it is wrong: what is written can be shown all the same. */
function loaded(options: Options): Config | undefined {
  try {
    return loadConfig(given(options))
  } catch (error) {
    if (CausewayError.is(error)) return undefined
    throw error
  }
}

function computed(config: Config): Readonly<Record<string, string>> {
  return {
    data_dir: config.dataDir,
    runtime_dir: config.runtimeDir,
    'store.key_file': config.store.keyFile,
    'backup.directory': config.backup.directory,
    'fallback.time_zone': config.fallback.timeZone,
  }
}

function given({ config, set }: Options): LoadConfigOptions {
  return { file: config, ...(set === undefined ? {} : { flags: set }) }
}
