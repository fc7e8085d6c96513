// @ts-check
// `npm run check`: types, lint, dead code, and the architecture test; seconds, without the rest of the tests.

import { runChecks } from './setup/checks.mjs'
import { createProgress } from './setup/progress.mjs'
import { runVitest } from './setup/vitest.mjs'
import { explain, root, setUpPackages } from './setup.mjs'

try {
  const progress = createProgress(process.stdout, { onlySlow: false })
  await setUpPackages(progress)
  const checks = await runChecks(root, progress)
  const architecture = await runVitest(root, ['test/architecture.test.ts'])
  process.exitCode = checks.failed + architecture.failed === 0 ? 0 : 1
} catch (error) {
  process.exitCode = explain(error)
}
