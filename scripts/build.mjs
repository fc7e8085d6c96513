// @ts-check
// `npm run build`: packages and dist/, nothing else.

import { createProgress } from './setup/progress.mjs'
import { explain, setUpBuild, setUpPackages, setUpPlatform } from './setup.mjs'

try {
  const progress = createProgress(process.stdout, { onlySlow: false })
  setUpPlatform(progress)
  await setUpPackages(progress)
  await setUpBuild(progress)
} catch (error) {
  process.exitCode = explain(error)
}
