// @ts-check
// Runs vitest and counts. The count comes from vitest's own report; where vitest crashed, hung or failed without saying
// which test, there is at least one failure.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const suiteTimeoutMs = 45 * 60_000
const killAfterMs = 10_000

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Tally
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] }} VitestReport
 */

/**
 * Runs the tests of a checkout with the output on this process's own streams.
 * @param {string} root checkout @param {readonly string[]} filters file names, none for everything
 * @returns {Promise<Tally>}
 */
export async function runVitest(root, filters) {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-test-'))
  const reportPath = join(folder, 'report.json')
  try {
    const code = await spawnVitest(root, [
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportPath}`,
      ...filters,
    ])
    const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : undefined
    return tallyOf(report, code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {VitestReport | undefined} report undefined when vitest wrote none
 * @param {number | null} code its exit code; null when it was killed
 * @returns {Tally}
 */
export function tallyOf(report, code) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  // A file that does not even load has no failed test in it.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length
  const failed = report.numFailedTests + broken
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** @param {string} root @param {readonly string[]} parameters @returns {Promise<number | null>} */
function spawnVitest(root, parameters) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...parameters], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const stop = () => {
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref()
    }
    const timer = setTimeout(stop, suiteTimeoutMs)
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const end = (/** @type {number | null} */ code) => {
      clearTimeout(timer)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve(code)
    }
    child.once('error', () => end(null))
    child.once('close', end)
  })
}
