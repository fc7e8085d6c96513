/**
 * What is installed is what was chosen: exact pins, a lock file that `npm ci` accepts anywhere, no package scripts.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)

interface LockEntry {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
}

const manifest: {
  license: string
  engines: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  overrides: Record<string, string>
} = JSON.parse(readFileSync('package.json', 'utf8'))
const lock: { packages: Record<string, LockEntry> } = JSON.parse(readFileSync('package-lock.json', 'utf8'))

/** Newer lines of these ask for Node 22, or lack a platform's package in some registries. */
const heldBack: Readonly<Record<string, RegExp>> = {
  vitest: /^4\./,
  kysely: /^0\.28\./,
  commander: /^14\./,
  'dependency-cruiser': /^17\./,
  '@biomejs/biome': /^2\.5\.15$/,
  knip: /^6\.40\.0$/,
  '@swc/core': /^1\.16\.18$/,
  'msgpackr-extract': /^3\.0\.4$/,
}

describe('pins', () => {
  it('are exact, except for type declarations', () => {
    const pins = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    const loose = pins.filter(([name, pin]) => !/^\d+\.\d+\.\d+$/.test(pin) && !name.startsWith('@types/'))
    expect(pins.length).toBeGreaterThan(20)
    expect(loose).toEqual([])
  })

  it('are what the lock file has', () => {
    for (const [name, pin] of Object.entries(manifest.dependencies)) {
      expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, pin])
    }
  })

  it('stay on the lines that run on Node 20', () => {
    expect(manifest.engines['node']).toBe('>=20.19')
    for (const [name, line] of Object.entries(heldBack)) {
      expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, expect.stringMatching(line)])
    }
  })

  it('bring the Signal library once', () => {
    const copies = Object.keys(lock.packages).filter((path) =>
      path.endsWith('node_modules/@signalapp/libsignal-client'),
    )
    expect(copies).toEqual(['node_modules/@signalapp/libsignal-client'])
  })
})

describe('the lock file', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'causeway-lock-'))
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(file, join(folder, file))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** npm's own judgement, without network and without a cache that could help it out. */
  const dryRun = () =>
    run('npm', ['ci', '--dry-run', '--ignore-scripts', '--offline', '--cache', join(folder, 'cache')], { cwd: folder })

  it('names no registry, and has a checksum for every package', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
    expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([])
  })

  it('is complete for npm ci', async () => {
    await expect(dryRun()).resolves.toHaveProperty('stdout', expect.stringMatching(/added \d{3} packages/))
  })

  it('would be refused with a platform package missing', async () => {
    const broken = structuredClone(lock)
    delete broken.packages['node_modules/@biomejs/cli-darwin-arm64']
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(broken))
    await expect(dryRun()).rejects.toHaveProperty(
      'stderr',
      expect.stringContaining('Missing: @biomejs/cli-darwin-arm64'),
    )
  })
})

describe('the repository', () => {
  it('lets npm run no scripts of packages, checks engines and keeps registries out of the lock file', () => {
    const settings = readFileSync('.npmrc', 'utf8').split('\n')
    expect(settings).toEqual(
      expect.arrayContaining([
        'ignore-scripts=true',
        'engine-strict=true',
        'save-exact=true',
        'omit-lockfile-registry-resolved=true',
      ]),
    )
  })

  it('is under the licence of the Signal library', () => {
    expect(manifest.license).toBe('AGPL-3.0-only')
    const licence = readFileSync('LICENSE', 'utf8')
    expect(licence).toMatch(/^\s*GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3, 19 November 2007/)
    expect(licence).toContain('END OF TERMS AND CONDITIONS')
  })
})
