// @ts-check
// The command line program straight from a checkout, building first what is stale. Standard input and output belong to
// the program: whatever the set-up has to say goes to standard error.

import { createProgress } from './setup/progress.mjs'
import { cliPath, explain, root, setUpBuild, setUpPackages } from './setup.mjs'

try {
  const progress = createProgress(process.stderr, { onlySlow: true })
  await setUpPackages(progress)
  await setUpBuild(progress)
} catch (error) {
  process.exit(explain(error))
}
process.argv[1] = cliPath
process.env.CAUSEWAY_CHECKOUT ??= root
await import(cliPath)
