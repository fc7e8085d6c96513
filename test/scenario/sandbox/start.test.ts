/** What the sandbox does when it cannot start, and what it leaves behind. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Log } from '../../../src/log.ts'
import { sandboxPaths } from '../../../src/sandbox/fresh-directory.ts'
import type { SandboxOptions } from '../../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'

const failingGateway = fileURLToPath(new URL('../../fixtures/failing-gateway.mjs', import.meta.url))
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let dataDir: string
let lines: string[]

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'causeway-sandbox-'))
  lines = []
})

afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

function options(mode: string): SandboxOptions {
  return {
    dataDir,
    httpListen: '127.0.0.1:0',
    log: quiet,
    progress: (line) => lines.push(line),
    program: [process.execPath, failingGateway, mode],
  }
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a gateway that ends is told with its exit code and its last words', async () => {
  const started = startSandbox(options('die'), new AbortController().signal)
  await expect(started).rejects.toMatchObject({ exitCode: 78, message: expect.stringContaining('the last words') })
})

test('an abort in the middle stops the child and the world', async () => {
  const stopping = new AbortController()
  const started = startSandbox(options('hang'), stopping.signal)
  const outcome = started.then(
    () => 'started',
    (error: Error) => error.message,
  )
  await vi.waitFor(() => expect(readFileSync(sandboxPaths(dataDir).gatewayLog, 'utf8')).toContain('words'))
  const pids = childPids()
  expect(pids).toHaveLength(1)
  stopping.abort(new Error('enough'))
  expect(await outcome).toBe('enough')
  expect(pids.filter(running)).toEqual([])
  expect(existsSync(sandboxPaths(dataDir).controlSocket)).toBe(false)
})

test('a directory with other things in it is left alone', async () => {
  writeFileSync(join(dataDir, 'thesis.txt'), 'precious')
  const started = startSandbox(options('die'), new AbortController().signal)
  await expect(started).rejects.toMatchObject({ exitCode: 78 })
  expect(readFileSync(join(dataDir, 'thesis.txt'), 'utf8')).toBe('precious')
})

test('a directory that a sandbox lives in is left alone', async () => {
  const stopping = new AbortController()
  const first = startSandbox(options('hang'), stopping.signal).catch(() => {})
  await vi.waitFor(() => expect(existsSync(sandboxPaths(dataDir).controlSocket)).toBe(true))
  const second = startSandbox(options('die'), new AbortController().signal)
  await expect(second).rejects.toMatchObject({ exitCode: 69 })
  stopping.abort(new Error('enough'))
  await first
})

/** Process ids of our own children that run the failing gateway. */
function childPids(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('failing-gateway'))
}
