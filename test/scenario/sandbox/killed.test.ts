/** A sandbox that is killed with -9 can stop nothing any more: its gateway, and the gateway's Redis, end by themselves. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'

const SETTLED = { timeout: 60_000, interval: 100 }

/** Processes whose command line names this directory. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory)
    } catch {
      return false
    }
  })
}

test('kill −9 of the sandbox leaves no process behind', async () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'cw-')), 'sandbox')
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const sandbox = spawn(
    process.execPath,
    [resolve('dist/program/main.js'), 'sandbox', '--data-dir', dataDir, '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let said = ''
  sandbox.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await vi.waitFor(() => expect(said).toContain('gateway ready'), SETTLED)
  expect(processesOf(dataDir).length).toBeGreaterThanOrEqual(3)
  sandbox.kill('SIGKILL')
  await vi.waitFor(() => expect(processesOf(dataDir)).toEqual([]), SETTLED)
})
