// @ts-check
// Says before anything else whether this machine can run the gateway at all. The limits come from the prebuilt Signal
// libraries: 64-bit x86 or ARM, Linux, glibc 2.34; and from Node 20.19, the first that lets CommonJS require them.
import { SetupError } from './child.mjs'

const nodeMin = [20, 19]
const glibcMin = [2, 34]
const architectures = ['x64', 'arm64']

/** What the check looks at, so that tests can describe other machines. */
export function thisMachine() {
  /** @type {any} */
  const report = process.report.getReport()
  return {
    node: process.versions.node,
    platform: /** @type {string} */ (process.platform),
    architecture: /** @type {string} */ (process.arch),
    glibc: /** @type {string | undefined} */ (report.header.glibcVersionRuntime),
  }
}

/**
 * Returns one line about the machine. Throws SetupError (78) that says what is missing and how to get it.
 * @param {ReturnType<typeof thisMachine>} machine
 */
export function checkPlatform({ node, platform, architecture, glibc }) {
  if (!atLeast(node, nodeMin)) {
    throw new SetupError(
      `Causeway needs Node ${nodeMin.join('.')} or newer; this is ${node}.\n` +
        'Debian 13 has Node 20 (apt-get install nodejs npm); on Debian 12 take it from https://nodejs.org.',
      78,
    )
  }
  if (platform !== 'linux' || !architectures.includes(architecture)) {
    throw new SetupError(
      `Causeway runs on 64-bit Linux (x64 or arm64); this is ${platform} ${architecture}.\n` +
        'Signal ships its library for nothing smaller: on a Raspberry Pi take the 64-bit system. See hardware.md.',
      78,
    )
  }
  if (glibc === undefined || !atLeast(glibc, glibcMin)) {
    throw new SetupError(
      `Causeway needs glibc ${glibcMin.join('.')} or newer; this system has ${glibc ?? 'another C library'}.\n` +
        'Debian 12, Ubuntu 22.04 and Raspberry Pi OS Bookworm (64-bit) or newer have it; Alpine has not. See hardware.md.',
      78,
    )
  }
  return `Node ${node}, ${platform} ${architecture}, glibc ${glibc}`
}

/** @param {string} version @param {readonly number[]} minimum */
function atLeast(version, minimum) {
  const numbers = version.split('.').map(Number)
  for (const [place, least] of minimum.entries()) {
    const number = numbers[place] ?? 0
    if (number !== least) return number > least
  }
  return true
}
