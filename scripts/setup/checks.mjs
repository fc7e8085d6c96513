// @ts-check
// The checks that read the sources without running them: types, lint and form, dead code. Each is one pass or fail.
import { mustRun, SetupError } from './child.mjs'

const checkTimeoutMs = 5 * 60_000

/** @type {readonly { label: string, parameters: readonly string[] }[]} */
const checks = [
  { label: 'types', parameters: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { label: 'types of the inbox', parameters: ['node_modules/typescript/bin/tsc', '-p', 'src/inbox'] },
  { label: 'lint', parameters: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { label: 'dead code', parameters: ['node_modules/knip/bin/knip.js', '--no-progress'] },
]

/**
 * Runs them all, whatever the earlier ones said, and prints the words of those that failed.
 * @param {string} root checkout @param {import('./progress.mjs').Progress} progress
 */
export async function runChecks(root, progress) {
  const tally = { passed: 0, failed: 0 }
  for (const { label, parameters } of checks) {
    try {
      await progress.step(
        label,
        () => mustRun(process.execPath, parameters, { cwd: root, timeoutMs: checkTimeoutMs, advice: '' }),
        () => 'clean',
      )
      tally.passed += 1
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      tally.failed += 1
      progress.notice(error.message)
    }
  }
  return tally
}
