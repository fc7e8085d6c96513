// @ts-check
// `npm start`: from a bare clone to a running sandbox. Sets up what is missing, then becomes the sandbox: the command
// line program runs in this very process, so that Ctrl-C and exit codes are its own.

import { createProgress } from './setup/progress.mjs'
import { cliPath, explain, setUpBuild, setUpPackages, setUpPlatform, setUpRedis } from './setup.mjs'

try {
  const progress = createProgress(process.stdout, { onlySlow: false })
  setUpPlatform(progress)
  await setUpRedis(progress)
  await setUpPackages(progress)
  await setUpBuild(progress)
} catch (error) {
  process.exit(explain(error))
}
process.argv = [process.execPath, cliPath, 'sandbox', ...process.argv.slice(2)]
await import(cliPath)
