/** Looks at the configuration without starting anything. */
import { configReference } from '../../config/reference.ts'
import { loadConfig } from '../../config.ts'
import { json, line } from '../print.ts'

/** Throws what is wrong with it; says what holds. */
export function check(options: { config?: string; json?: boolean }): void {
  const config = loadConfig({ file: options.config })
  if (options.json === true)
    json({ ok: true, file: config.file ?? null, data_dir: config.dataDir, runtime_dir: config.runtimeDir })
  else line(`${config.file ?? 'No file; defaults'}: ok. Data in ${config.dataDir}.`)
}

/** The text of docs/config.md. */
export function reference(): void {
  process.stdout.write(configReference())
}
