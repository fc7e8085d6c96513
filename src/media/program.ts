/**
 * Runs somebody else's program on octets from strangers: at low priority, with bounds of time, memory, CPU and what it may
 * write, without our environment and without input. What it says is kept up to a bound; what it did is told by its code.
 */
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const FOLDERS: readonly string[] = ['/usr/bin', '/bin', '/usr/local/bin']
/** Of address space: a coder maps far more than it uses. */
const MEMORY_BYTES_MAX = 2 * 2 ** 30
const WRITTEN_BYTES_MAX = 256 * 2 ** 20
const OUTPUT_BYTES_MAX = 256 * 1024
const NICENESS = 15

/** The full path of a program that may be run here. */
export async function findProgram(name: string, path = process.env['PATH'] ?? ''): Promise<string | undefined> {
  for (const folder of new Set([...path.split(delimiter).filter((each) => each.startsWith('/')), ...FOLDERS])) {
    const file = join(folder, name)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return undefined
}

/** Programs of Debian's essential packages that hold the others within their bounds. */
export interface Keepers {
  prlimit: string
  nice: string
}

/** Standard output where it ended with 0 in time, else undefined. Never rejects. */
export async function runWithin(
  { prlimit, nice }: Keepers,
  command: readonly string[],
  { cwd, timeoutMs }: { cwd: string; timeoutMs: number },
): Promise<string | undefined> {
  const seconds = Math.ceil(timeoutMs / 1000)
  const bounds = [
    `--as=${MEMORY_BYTES_MAX}`,
    `--fsize=${WRITTEN_BYTES_MAX}`,
    // Of all its threads together.
    `--cpu=${seconds * 4}`,
    '--core=0',
  ]
  return await new Promise((resolve) => {
    const child = spawn(prlimit, [...bounds, nice, '-n', String(NICENESS), ...command], {
      cwd,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const said: Buffer[] = []
    let bytes = 0
    const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= OUTPUT_BYTES_MAX) said.push(chunk)
      else child.kill('SIGKILL')
    })
    child.on('error', () => {
      clearTimeout(deadline)
      resolve(undefined)
    })
    child.on('close', (code) => {
      clearTimeout(deadline)
      resolve(code === 0 ? Buffer.concat(said).toString('utf8') : undefined)
    })
  })
}
