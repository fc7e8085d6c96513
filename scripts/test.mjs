// @ts-check
// `npm test`: the same set-up as `npm start`, then the checks and every test. Whatever happens, the last line is
// `N passed, N failed` and the exit code says the same.

import { runChecks } from './setup/checks.mjs'
import { createProgress } from './setup/progress.mjs'
import { runVitest } from './setup/vitest.mjs'
import { explain, root, setUpBuild, setUpPackages, setUpPlatform, setUpRedis, setUpTestPrograms } from './setup.mjs'

const progress = createProgress(process.stdout, { onlySlow: false })
const total = { passed: 0, failed: 0, skipped: 0 }
let exitCode = 1
try {
  setUpPlatform(progress)
  await setUpRedis(progress)
  await setUpTestPrograms(progress)
  await setUpPackages(progress)
  await setUpBuild(progress)
  const filters = process.argv.slice(2)
  // Named files only: somebody is at work on them, and the checks can wait.
  if (filters.length === 0) add(await runChecks(root, progress))
  add(await runVitest(root, filters))
  exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
} catch (error) {
  total.failed += 1
  exitCode = tellWhy(error)
}
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`
process.exitCode = exitCode
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`)

/** @param {{ passed: number, failed: number, skipped?: number }} tally */
function add({ passed, failed, skipped = 0 }) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}

/** @param {unknown} error */
function tellWhy(error) {
  try {
    return explain(error)
  } catch (bug) {
    process.stderr.write(`${bug instanceof Error ? bug.stack : String(bug)}\n`)
    return 1
  }
}
