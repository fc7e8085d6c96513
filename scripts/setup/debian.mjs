// @ts-check
// Finds programs on PATH, and fetches missing ones as Debian packages where this user may. A package's service is kept
// from starting: causeway runs its own private Redis and never touches a system one.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { mustRun, run, SetupError } from './child.mjs'

const installTimeoutMs = 10 * 60_000
const sudoTimeoutMs = 5_000
/** Where Debian puts servers; not on an ordinary user's PATH. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

/** The first of these programs that can be run, as a full path. @param {readonly string[]} names */
function findProgram(names, path = process.env['PATH'] ?? '') {
  for (const name of names) {
    for (const folder of [...path.split(delimiter), ...serverFolders]) {
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // Not here; the next folder may have it.
      }
    }
  }
  return undefined
}

/** The one line that installs a package by hand. @param {string} name */
function installLine(name) {
  return `sudo apt-get install -y --no-install-recommends ${name}`
}

/**
 * How this process can act as root: directly, through sudo without a password, or not at all (undefined).
 * @returns {Promise<readonly string[] | undefined>} words to put in front of a command
 */
async function rootPrefix() {
  if (process.getuid?.() === 0) return []
  const { code } = await run('sudo', ['-n', 'true'], { timeoutMs: sudoTimeoutMs })
  return code === 0 ? ['sudo', '-n'] : undefined
}

// `policy-rc.d` is Debian's own way of saying "start no service during this installation"; one that is there already
// belongs to somebody else and stays. The unit that the package enables is disabled again, so that it does not come up
// at the next boot either.
const installScript = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
install() { apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$1"; }
install "$1" || { apt-get -o DPkg::Lock::Timeout=120 update && install "$1"; }
if [ -n "$2" ] && command -v systemctl >/dev/null; then systemctl disable "$2" || true; fi
`

/**
 * Installs one Debian package. Throws SetupError when it cannot be had.
 * @param {{ name: string, unit: string, prefix: readonly string[] }} order `unit`: the service to keep from starting, or ''
 */
async function installDebianPackage({ name, unit, prefix }) {
  const [command, ...parameters] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', installScript]
  await mustRun(/** @type {string} */ (command), [...parameters, 'install', name, unit], {
    timeoutMs: installTimeoutMs,
    advice: `The Debian package could not be installed. By hand: ${installLine(name)}`,
  })
}

/**
 * Makes sure one of `programs` is there, installing `debianPackage` where that is allowed.
 * Throws SetupError (78) with the one line that would install it.
 * @param {{ programs: readonly string[], debianPackage: string, unit: string, why: string }} need
 * @param {{ find: typeof findProgram, prefix: typeof rootPrefix, install: typeof installDebianPackage }} system
 */
export async function ensureProgram(
  { programs, debianPackage, unit, why },
  system = { find: findProgram, prefix: rootPrefix, install: installDebianPackage },
) {
  const present = system.find(programs)
  if (present !== undefined) return present
  const byHand = `${why}\nInstall it with this line, then run the same command again:\n\n  ${installLine(debianPackage)}\n`
  if (system.find(['apt-get']) === undefined) {
    throw new SetupError(`${why}\nThis is no Debian: install ${programs.join(' or ')} your system's way.`, 78)
  }
  const prefix = await system.prefix()
  if (prefix === undefined) throw new SetupError(byHand, 78)
  await system.install({ name: debianPackage, unit, prefix })
  const installed = system.find(programs)
  if (installed === undefined) throw new SetupError(byHand, 78)
  return installed
}
