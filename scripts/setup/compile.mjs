// @ts-check
// Keeps dist/ the image of the sources: decides cheaply whether it is stale, and replaces it as a whole, so that nobody
// ever runs a half-built one. Only turns TypeScript into JavaScript; `npm run check` judges the types.
import { createHash } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mustRun, SetupError } from './child.mjs'

const compileTimeoutMs = 5 * 60_000
const lockPollMs = 100
/** What ends up in dist/. */
const sourceFolders = ['src', 'modem', 'bench']
/** The web inbox, which is bundled for browsers and ends up in dist/inbox. */
const inboxFolder = 'src/inbox'
/** What is bundled into dist/program. */
const programFile = 'src/cli/main.js'
const bundleFile = 'scripts/program.vite.mjs'
/** What else decides how it comes out. */
const settingFiles = ['tsconfig.json', 'tsconfig.build.json', 'package.json', bundleFile]
const outputFolder = 'dist'
const stampFile = 'dist/.sources.json'
const lockFile = '.dist-lock'

/** @typedef {Record<string, [mtimeMs: number, sizeBytes: number]>} Listing */

/** True when dist/ was built from the present sources. Looks at times and sizes only. @param {string} root checkout */
export function buildIsFresh(root) {
  const stamp = readStamp(root)
  return stamp !== undefined && sameListing(stamp.listing, listSources(root))
}

/**
 * Builds dist/ if it is stale. Several processes may call it at once: one builds, the others wait for it.
 * Resolves true when something was compiled. Throws SetupError with the compiler's words.
 * @param {string} root checkout
 */
export async function ensureBuild(root) {
  if (buildIsFresh(root)) return false
  const release = await takeLock(join(root, lockFile))
  try {
    if (buildIsFresh(root)) return false
    const listing = listSources(root)
    const hash = hashSources(root, Object.keys(listing))
    // A fresh checkout of the same content changes every time but nothing else.
    if (readStamp(root)?.hash === hash) {
      writeStamp(join(root, stampFile), { listing, hash })
      return false
    }
    await compile(root, { listing, hash })
    return true
  } finally {
    release()
  }
}

/** @param {string} root @param {{ listing: Listing, hash: string }} stamp */
async function compile(root, stamp) {
  // Beside dist/ and as deep, so that the source maps stay right when it takes dist/'s place.
  const next = join(root, `.dist-next-${process.pid}`)
  const old = join(root, `.dist-old-${process.pid}`)
  try {
    await mustRun(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--noCheck', '--outDir', next],
      { cwd: root, timeoutMs: compileTimeoutMs, advice: 'The sources do not compile; `npm run check` says more.' },
    )
    await bundleInbox(root, next)
    copyAssets(root, next, Object.keys(stamp.listing))
    await bundleProgram(root, next)
    writeStamp(join(next, '.sources.json'), stamp)
    if (existsSync(join(root, outputFolder))) renameSync(join(root, outputFolder), old)
    renameSync(next, join(root, outputFolder))
  } finally {
    rmSync(next, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

/** The web inbox, where the checkout has one. @param {string} root @param {string} next */
async function bundleInbox(root, next) {
  if (!existsSync(join(root, inboxFolder))) return
  await mustRun(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', inboxFolder, '--outDir', join(next, 'inbox')],
    {
      cwd: root,
      // Whatever the caller's is: another one bundles what only developers see.
      env: { ...process.env, NODE_ENV: 'production' },
      timeoutMs: compileTimeoutMs,
      advice: 'The inbox does not build; `npm run check` says more.',
    },
  )
}

/** The command line program, where the checkout has one. @param {string} root @param {string} next */
async function bundleProgram(root, next) {
  if (!existsSync(join(next, programFile))) return
  await mustRun(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', next, '--config', join(root, bundleFile)],
    { cwd: root, timeoutMs: compileTimeoutMs, advice: 'The program cannot be bundled; `npm run check` says more.' },
  )
}

/** What the compiler does not carry over: generated JavaScript, tables, certificates. */
function copyAssets(/** @type {string} */ root, /** @type {string} */ next, /** @type {readonly string[]} */ sources) {
  for (const source of sources) {
    if (source.startsWith(`${inboxFolder}/`)) continue
    if (source.endsWith('.ts') || settingFiles.includes(source) || existsSync(join(next, source))) continue
    mkdirSync(dirname(join(next, source)), { recursive: true })
    copyFileSync(join(root, source), join(next, source))
  }
}

/** @param {string} root @returns {Listing} */
function listSources(root) {
  /** @type {Listing} */
  const listing = {}
  const visit = (/** @type {string} */ path) => {
    const { mtimeMs, size } = statSync(join(root, path))
    listing[path] = [mtimeMs, size]
  }
  for (const folder of sourceFolders) {
    if (!existsSync(join(root, folder))) continue
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) visit(join(entry.parentPath, entry.name).slice(root.length + 1))
    }
  }
  for (const file of settingFiles) if (existsSync(join(root, file))) visit(file)
  return listing
}

/** @param {string} root @param {readonly string[]} sources */
function hashSources(root, sources) {
  const hash = createHash('sha256')
  for (const source of [...sources].sort()) hash.update(`${source}\0`).update(readFileSync(join(root, source)))
  return hash.digest('hex')
}

/** @param {Listing} left @param {Listing} right */
function sameListing(left, right) {
  const paths = Object.keys(right)
  return (
    paths.length === Object.keys(left).length &&
    paths.every((path) => left[path]?.[0] === right[path]?.[0] && left[path]?.[1] === right[path]?.[1])
  )
}

/** @param {string} root @returns {{ listing: Listing, hash: string } | undefined} */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, stampFile), 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} path @param {{ listing: Listing, hash: string }} stamp */
function writeStamp(path, stamp) {
  writeFileSync(path, JSON.stringify(stamp))
}

/**
 * One builder at a time. The file holds the builder's process id; one whose process is gone is nobody's.
 * @param {string} path @returns {Promise<() => void>}
 */
async function takeLock(path) {
  for (let waitedMs = 0; waitedMs < compileTimeoutMs; waitedMs += lockPollMs) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, String(process.pid))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch {
      if (holderIsGone(path)) rmSync(path, { force: true })
      else await sleep(lockPollMs)
    }
  }
  throw new SetupError(`Another process has been building for too long. If there is none, remove ${path}.`)
}

/** @param {string} path */
function holderIsGone(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'))
    if (!Number.isInteger(holder) || holder <= 0) return Date.now() - statSync(path).mtimeMs > compileTimeoutMs
    process.kill(holder, 0)
    return false
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH'
  }
}
