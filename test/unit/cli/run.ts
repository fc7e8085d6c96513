/** Runs the command line program as a child process, as a person would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuild } from '../../../scripts/setup/compile.mjs'

const root = dirname(fileURLToPath(new URL('../..', import.meta.url)))
// Built once for all of them: each start from the sources would cost a second.
await ensureBuild(root)
const main = join(root, 'dist/program/main.js')

export interface Ended {
  code: number | null
  out: string
  err: string
}

export interface RunOptions {
  input?: string
  env?: Record<string, string>
  cwd?: string
}

/** Starts it; the caller reads and ends it. */
export function start(words: readonly string[], { env = {}, cwd }: RunOptions = {}): ChildProcess {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAUSEWAY')))
  return spawn(process.execPath, [main, ...words], {
    env: { ...clean, ...env, TZ: 'UTC' },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: 'pipe',
  })
}

/** Runs it to its end. */
export function run(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(words, options)
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    ended.out += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    ended.err += chunk
  })
  child.stdin?.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ ...ended, code }))
  })
}
