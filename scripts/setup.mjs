// @ts-check
// The set-up that `npm start`, `npm test`, `npm run bench` and `scripts/causeway` share: from a bare clone to something
// that runs. Plain JavaScript without a dependency, since it runs before there is any.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, SetupError } from './setup/child.mjs'
import { buildIsFresh, ensureBuild } from './setup/compile.mjs'
import { ensureProgram } from './setup/debian.mjs'
import { installPackages, packageCount, packagesAreFresh } from './setup/packages.mjs'
import { checkPlatform, thisMachine } from './setup/platform.mjs'

/** The checkout that this script belongs to. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** The command line program, once built. */
export const cliPath = `${root}/dist/program/main.js`

const versionTimeoutMs = 5_000

/** @typedef {import('./setup/progress.mjs').Progress} Progress */

/** Says what machine this is; throws SetupError (78) when it cannot run the gateway. @param {Progress} progress */
export function setUpPlatform(progress) {
  progress.fact('machine', checkPlatform(thisMachine()))
}

/** Installs the locked packages unless they are there. Throws SetupError. @param {Progress} progress */
export async function setUpPackages(progress) {
  if (packagesAreFresh(root)) {
    progress.fact('packages', `${packageCount(root)} there, as locked`)
    return
  }
  await progress.step(
    'packages',
    () => installPackages(root),
    () => `${packageCount(root)} installed`,
  )
}

/** Installs a Redis server unless there is one and if we may. Throws SetupError (78). @param {Progress} progress */
export async function setUpRedis(progress) {
  const need = {
    programs: ['redis-server', 'valkey-server'],
    debianPackage: 'redis-server',
    unit: 'redis-server.service',
    why: 'Causeway keeps its queues in a Redis server of its own, and none is installed.',
  }
  await progress.step(
    'redis',
    async () => {
      const { output } = await run(await ensureProgram(need), ['--version'], { timeoutMs: versionTimeoutMs })
      return output.match(/^(\S+).*?v=(\S+)/)
    },
    (match) => (match === null ? 'there' : `${match[1]} ${match[2]}`),
  )
}

/** Programs that only tests use, each with what is left out without it. */
const testPrograms = [
  { program: 'socat', why: 'socat makes the serial ports for tests.', without: 'the tests on real serial ports' },
  { program: 'gammu', why: 'gammu reads what the SMS codec writes.', without: 'the tests of the codec against gammu' },
  {
    program: 'tshark',
    why: 'tshark reads what the SMS codec writes.',
    without: 'the tests of the codec against tshark',
  },
  {
    program: 'chromium',
    why: 'Chromium walks through the inbox like a person would.',
    without: 'the tests of the inbox in a browser',
  },
]

/** Installs what only tests use; without one of them its tests are skipped. @param {Progress} progress */
export async function setUpTestPrograms(progress) {
  for (const { program, why, without } of testPrograms) {
    try {
      await progress.step(program, () => ensureProgram({ programs: [program], debianPackage: program, unit: '', why }))
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      progress.notice(`No ${program}: ${without} will be skipped.\n${error.message}`)
    }
  }
}

/** Compiles what is stale. Throws SetupError. @param {Progress} progress */
export async function setUpBuild(progress) {
  if (buildIsFresh(root)) {
    progress.fact('build', 'up to date')
    return
  }
  await progress.step(
    'build',
    () => ensureBuild(root),
    (compiled) => (compiled ? 'compiled' : 'up to date'),
  )
}

/** Prints why the set-up stopped and returns the exit code; anything but a SetupError is a bug and is thrown on. */
export function explain(/** @type {unknown} */ error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`\n${error.message}\n`)
  return error.exitCode
}
