// @ts-check
// Makes node_modules be what package-lock.json says, running npm only when it is not.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './child.mjs'

const installTimeoutMs = 20 * 60_000
const stampPath = 'node_modules/.causeway-lock'
/** npm's own record of what it laid down. */
const hiddenLockPath = 'node_modules/.package-lock.json'

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lock */

/** True when node_modules was laid down from the present lock file. @param {string} root checkout */
export function packagesAreFresh(root) {
  const stamp = join(root, stampPath)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockStamp(root)) return true
  // Somebody ran npm by hand: believe npm's record rather than install everything again.
  const hidden = join(root, hiddenLockPath)
  if (!existsSync(hidden)) return false
  if (
    !fulfils(
      JSON.parse(readFileSync(hidden, 'utf8')),
      JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')),
    )
  )
    return false
  writeFileSync(stamp, lockStamp(root))
  return true
}

/**
 * Installs what the lock file says, without running any package's scripts. Throws SetupError.
 * @param {string} root checkout
 */
export async function installPackages(root) {
  await mustRun('npm', ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    timeoutMs: installTimeoutMs,
    advice: 'npm could not install the locked packages. Is the network there? Then run the same command again.',
  })
  writeFileSync(join(root, stampPath), lockStamp(root))
}

/** How many packages are laid down. @param {string} root checkout */
export function packageCount(root) {
  return Object.keys(JSON.parse(readFileSync(join(root, hiddenLockPath), 'utf8')).packages).length
}

/**
 * Whether `installed` has every package of `wanted` in its version. Optional ones may be missing: they are other
 * platforms' binaries.
 * @param {Lock} installed @param {Lock} wanted
 */
export function fulfils(installed, wanted) {
  return Object.entries(wanted.packages).every(([path, { version, optional }]) => {
    if (path === '') return true
    const found = installed.packages[path]
    return found === undefined ? optional === true : found.version === version
  })
}

/** @param {string} root */
function lockStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`
}
