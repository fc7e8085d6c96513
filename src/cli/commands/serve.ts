/** Runs the gateway, or the sandbox around one, until somebody says stop. */
import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { type Config, loadConfig } from '../../config.ts'
import { createLog } from '../../log.ts'
import { EXIT, ExitError } from '../exit.ts'

export interface ServeOptions {
  config?: string
  set: Record<string, string>
}

/** A machine with less memory than this is to be spared. */
const SMALL_MACHINE_BYTES = 2 * 1024 ** 3
/** How often the gateway of a sandbox looks whether the sandbox was killed. */
const PARENT_POLL_MS = 1_000
/** How long a stop may take before the process ends anyway. */
const STOP_TIMEOUT_MS = 20_000

/** Resolves when it was told to stop and has stopped. A second Ctrl-C ends it at once. */
export async function serve(options: ServeOptions): Promise<void> {
  const config = loadConfig({ file: options.config, flags: options.set })
  if (config.memory === 'small' || (config.memory === 'auto' && totalmem() < SMALL_MACHINE_BYTES)) useLittleMemory()
  const stop = toldToStop()
  const { runService } = await import('../../service.ts')
  const service = await runService(config, { log: logFor(config) })
  // Not through the log, which others may read.
  if (service.setupCode !== undefined) {
    const here = config.http.tls === undefined ? 'http://127.0.0.1' : 'https://localhost'
    const url = config.http.publicUrl ?? `${here}:${service.port}`
    process.stderr.write(`Nobody has signed in yet. Setup code for the inbox: ${service.setupCode}\n`)
    process.stderr.write(`Open ${url}/#/?code=${service.setupCode}\n`)
  }
  await stop
  const forced = setTimeout(() => {
    process.stderr.write('It did not stop in time.\n')
    process.exit(EXIT.failed)
  }, STOP_TIMEOUT_MS)
  // It stays: whatever keeps the process alive after the stop is ended too.
  forced.unref()
  await service.stop()
}

/**
 * A box with 512 MB is a goal. These flags take a third off the resident memory of the gateway under load and cost it a
 * fifth of its speed; they act from here on, which is before anything big is loaded.
 */
function useLittleMemory(): void {
  for (const flag of ['--optimize-for-size', '--max-semi-space-size=2', '--semi-space-growth-factor=1']) {
    setFlagsFromString(flag)
  }
}

export async function sandbox(options: {
  dataDir: string
  listen: string
  logLevel: string
  unregistered?: boolean
}): Promise<void> {
  const level = (['debug', 'info', 'warn', 'error', 'silent'] as const).find((known) => known === options.logLevel)
  if (level === undefined) throw new ExitError(EXIT.usage, `--log-level ${options.logLevel}: there is no such level.`)
  const { runSandbox } = await import('../../sandbox/sandbox.ts')
  await runSandbox({
    dataDir: options.dataDir,
    httpListen: options.listen,
    unregistered: options.unregistered === true,
    log: createLog(level, process.stdout.isTTY === true),
    progress: (text) => process.stdout.write(`${text}\n`),
    command: process.env['CAUSEWAY_COMMAND'] ?? 'scripts/causeway',
  })
}

function logFor(config: Config) {
  const { level, format } = config.log
  return createLog(level, format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true))
}

function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve())
    if (process.env['CAUSEWAY_STOP_WITH_PARENT'] === undefined) return
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) resolve()
    }, PARENT_POLL_MS).unref()
  })
}
