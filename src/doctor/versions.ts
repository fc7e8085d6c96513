/** Which versions run here: what is asked first in every bug report. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { arch, availableParallelism, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'

const COMMAND_TIMEOUT_MS = 3_000

/** `causeway` is ours. */
export async function versionsHere(causeway: string) {
  const { node, v8, openssl, uv } = process.versions
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return {
    causeway,
    node,
    v8,
    openssl,
    uv,
    system: `${type()} ${release()} ${arch()}`,
    distribution: distribution(),
    glibc: report.header?.glibcVersionRuntime ?? null,
    redis: await redis(),
    processors: availableParallelism(),
    memory_mb: Math.round(totalmem() / 1e6),
  }
}

function distribution(): string | null {
  if (!existsSync('/etc/os-release')) return null
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? null
}

async function redis(): Promise<string | null> {
  for (const name of ['redis-server', 'valkey-server']) {
    try {
      const { stdout } = await promisify(execFile)(name, ['--version'], { timeout: COMMAND_TIMEOUT_MS })
      return /\bv=([\w.-]+)/.exec(stdout)?.[1] ?? stdout.slice(0, 80).trim()
    } catch {
      // The other one, then.
    }
  }
  return null
}
