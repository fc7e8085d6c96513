/**
 * The set-up that turns a bare clone into something that runs: what it refuses, what it installs, what it leaves alone.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run, SetupError } from '../../../scripts/setup/child.mjs'
import { buildIsFresh, ensureBuild } from '../../../scripts/setup/compile.mjs'
import { ensureProgram } from '../../../scripts/setup/debian.mjs'
import { fulfils } from '../../../scripts/setup/packages.mjs'
import { checkPlatform } from '../../../scripts/setup/platform.mjs'
import { tallyOf } from '../../../scripts/setup/vitest.mjs'

const machine = { node: '20.19.0', platform: 'linux', architecture: 'arm64', glibc: '2.36' }

describe('the platform', () => {
  it.each([machine, { ...machine, node: '22.0.0' }, { ...machine, architecture: 'x64', glibc: '2.34' }])(
    'is right: %o',
    (described) => {
      expect(checkPlatform(described)).toContain(`Node ${described.node}`)
    },
  )

  it.each([
    [{ ...machine, node: '20.18.3' }, /needs Node 20\.19/],
    [{ ...machine, node: '18.20.4' }, /needs Node 20\.19/],
    [{ ...machine, architecture: 'arm' }, /64-bit/],
    [{ ...machine, platform: 'darwin' }, /64-bit Linux/],
    [{ ...machine, glibc: '2.31' }, /glibc 2\.34/],
    [{ ...machine, glibc: undefined }, /another C library/],
  ])('is refused with a reason and 78: %o', (described, reason) => {
    const refused = () => checkPlatform(described)
    expect(refused).toThrow(reason)
    expect(refused).toThrow(expect.objectContaining({ exitCode: 78 }))
  })
})

describe('a program that is needed', () => {
  const need = { programs: ['redis-server', 'valkey-server'], debianPackage: 'redis-server', unit: 'u', why: 'Why.' }
  const system = (present: Set<string>, prefix: readonly string[] | undefined) => {
    const installed: string[] = []
    return {
      installed,
      find: (names: readonly string[]) => names.find((name) => present.has(name)),
      prefix: async () => prefix,
      install: async ({ name }: { name: string }) => {
        installed.push(name)
        present.add(name)
      },
    }
  }

  it('is left alone when it is there', async () => {
    const has = system(new Set(['valkey-server', 'apt-get']), [])
    await expect(ensureProgram(need, has)).resolves.toBe('valkey-server')
    expect(has.installed).toEqual([])
  })

  it('is installed when it is not and we may', async () => {
    const may = system(new Set(['apt-get']), ['sudo', '-n'])
    await expect(ensureProgram(need, may)).resolves.toBe('redis-server')
    expect(may.installed).toEqual(['redis-server'])
  })

  it('is asked for with one line and 78 when we may not', async () => {
    const may = system(new Set(['apt-get']), undefined)
    await expect(ensureProgram(need, may)).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('\n  sudo apt-get install -y --no-install-recommends redis-server\n'),
    })
    expect(may.installed).toEqual([])
  })

  it('is asked for in words where there is no apt', async () => {
    await expect(ensureProgram(need, system(new Set(), []))).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('redis-server or valkey-server'),
    })
  })
})

describe('packages laid down by hand', () => {
  const wanted = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    },
  }

  it('count when every one is there in its version', () => {
    expect(fulfils({ packages: { 'node_modules/a': { version: '1.0.0' } } }, wanted)).toBe(true)
  })

  it('do not count when one is missing or of another version', () => {
    expect(fulfils({ packages: {} }, wanted)).toBe(false)
    expect(fulfils({ packages: { 'node_modules/a': { version: '1.0.1' } } }, wanted)).toBe(false)
  })
})

describe('the count of a test run', () => {
  const file = (status: string, ...assertions: string[]) => ({
    status,
    assertionResults: assertions.map((assertion) => ({ status: assertion })),
  })
  const report = (passed: number, failed: number, ...testResults: ReturnType<typeof file>[]) => ({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults,
  })

  it.each([
    ['clean', report(2, 0, file('passed', 'passed', 'passed')), 0, { passed: 2, failed: 0, skipped: 1 }],
    ['one failed', report(1, 1, file('failed', 'passed', 'failed')), 1, { passed: 1, failed: 1, skipped: 1 }],
    [
      'a file that does not load',
      report(1, 0, file('failed'), file('passed', 'passed')),
      1,
      { passed: 1, failed: 1, skipped: 1 },
    ],
    [
      'an error outside every test',
      report(2, 0, file('passed', 'passed', 'passed')),
      1,
      { passed: 2, failed: 1, skipped: 1 },
    ],
    ['killed after its report', report(2, 0), null, { passed: 2, failed: 1, skipped: 1 }],
    ['no report at all', undefined, 0, { passed: 0, failed: 1, skipped: 0 }],
  ])('%s', (_name, given, code, tally) => {
    expect(tallyOf(given, code)).toEqual(tally)
  })
})

describe('a program of the set-up', () => {
  it('hands back its exit code and its last words', async () => {
    const { code, output } = await run(process.execPath, ['-e', 'console.error("why"); process.exit(3)'], {
      timeoutMs: 60_000,
    })
    expect({ code, output }).toEqual({ code: 3, output: 'why' })
  })

  it('that hangs is ended', async () => {
    const { code } = await run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 })
    expect(code).toBeNull()
  })
})

describe('the build', () => {
  let checkout: string

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'causeway-build-'))
    for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) {
      writeFileSync(join(checkout, file), readFileSync(file))
    }
    symlinkSync(join(process.cwd(), 'node_modules'), join(checkout, 'node_modules'))
    mkdirSync(join(checkout, 'src/deep'), { recursive: true })
    writeFileSync(join(checkout, 'src/one.ts'), "import { two } from './deep/two.ts'\nexport const one: number = two\n")
    writeFileSync(join(checkout, 'src/deep/two.ts'), 'export const two = 2\n')
    writeFileSync(join(checkout, 'src/deep/generated.js'), 'export const three = 3\n')
  })
  afterEach(() => rmSync(checkout, { recursive: true, force: true }))

  const built = (path: string) => readFileSync(join(checkout, 'dist', path), 'utf8')

  it('compiles, carries assets over and is then fresh', async () => {
    expect(buildIsFresh(checkout)).toBe(false)
    await expect(ensureBuild(checkout)).resolves.toBe(true)
    expect(built('src/one.js')).toContain("'./deep/two.js'")
    expect(built('src/deep/generated.js')).toContain('three')
    expect(buildIsFresh(checkout)).toBe(true)
    await expect(ensureBuild(checkout)).resolves.toBe(false)
  })

  it('notices a changed, an added and a removed source, and leaves nothing of the removed one', async () => {
    await ensureBuild(checkout)
    writeFileSync(join(checkout, 'src/deep/two.ts'), 'export const two = 22\n')
    await expect(ensureBuild(checkout)).resolves.toBe(true)
    expect(built('src/deep/two.js')).toContain('22')
    writeFileSync(join(checkout, 'src/new.ts'), 'export const fresh = true\n')
    await expect(ensureBuild(checkout)).resolves.toBe(true)
    rmSync(join(checkout, 'src/new.ts'))
    await expect(ensureBuild(checkout)).resolves.toBe(true)
    expect(readdirSync(join(checkout, 'dist/src'))).not.toContain('new.js')
  })

  it('does not compile again what only looks newer', async () => {
    await ensureBuild(checkout)
    utimesSync(join(checkout, 'src/one.ts'), 1, 1)
    expect(buildIsFresh(checkout)).toBe(false)
    await expect(ensureBuild(checkout)).resolves.toBe(false)
    expect(buildIsFresh(checkout)).toBe(true)
  })

  it('keeps the last good one when the sources do not compile, and says why', async () => {
    await ensureBuild(checkout)
    writeFileSync(join(checkout, 'src/one.ts'), 'export const = \n')
    const refusal = await ensureBuild(checkout).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(SetupError)
    expect(refusal).toHaveProperty('message', expect.stringContaining('src/one.ts'))
    expect(built('src/one.js')).toContain('two')
    expect(readdirSync(checkout).filter((name) => name.startsWith('.dist'))).toEqual([])
  })

  it('is done once when many ask at once, even after a builder died', async () => {
    writeFileSync(join(checkout, '.dist-lock'), '999999999')
    const results = await Promise.all([ensureBuild(checkout), ensureBuild(checkout), ensureBuild(checkout)])
    expect(results.filter(Boolean)).toHaveLength(1)
  })
})
