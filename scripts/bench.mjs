// @ts-check
// `npm run bench -- NAME`: sets up like `npm start`, then runs the benchmarks from dist/. Their results are the only thing
// on standard output.

import { createProgress } from './setup/progress.mjs'
import { explain, root, setUpBuild, setUpPackages, setUpPlatform, setUpRedis } from './setup.mjs'

try {
  const progress = createProgress(process.stderr, { onlySlow: true })
  setUpPlatform(progress)
  await setUpRedis(progress)
  await setUpPackages(progress)
  await setUpBuild(progress)
} catch (error) {
  process.exit(explain(error))
}
await import(`${root}/dist/bench/run.js`)
