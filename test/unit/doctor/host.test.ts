import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Config, loadConfig } from '../../../src/config.ts'
import { found } from '../../../src/doctor/found.ts'
import { examineHost, type Host } from '../../../src/doctor/host.ts'
import { holderOf } from '../../../src/doctor/processes.ts'

let directory: string
let bin: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-doctor-'))
  bin = join(directory, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'redis-server'), '')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const host = (): Host => ({
  platform: 'linux',
  arch: 'x64',
  node: '20.19.0',
  glibc: '2.36',
  nowMs: Date.UTC(2027, 0, 1),
  path: `/nonexistent:${bin}`,
  clockSynchronized: async () => true,
  holderOf: () => undefined,
})

const config = (flags: Record<string, string> = {}): Config =>
  loadConfig({ env: {}, directory, file: '/dev/null', flags: { data_dir: join(directory, 'data'), ...flags } })

async function finding(id: string, given: Config, machine: Partial<Host> = {}) {
  const findings = await examineHost(given, undefined, { ...host(), ...machine })
  return findings.filter((candidate) => candidate.id === id).map(({ severity }) => severity)
}

describe('the doctor on the machine', () => {
  test.each<[string, Partial<Host>, string]>([
    ['node.version', {}, 'ok'],
    ['node.version', { node: '20.18.3' }, 'error'],
    ['node.version', { node: '22.1.0' }, 'ok'],
    ['node.version', { node: '18.20.0' }, 'error'],
    ['node.eol', { node: '20.20.2', nowMs: Date.UTC(2026, 3, 30, 12) }, 'info'],
    ['node.eol', { node: '20.20.2', nowMs: Date.UTC(2026, 4, 1) }, 'info'],
    ['node.eol', { node: '24.1.0', nowMs: Date.UTC(2026, 4, 1) }, 'ok'],
    ['node.eol', { node: '24.1.0', nowMs: Date.UTC(2029, 0, 1) }, 'info'],
    ['arch.unsupported', { arch: 'arm64' }, 'ok'],
    ['arch.unsupported', { arch: 'arm' }, 'error'],
    ['arch.unsupported', { platform: 'darwin' }, 'error'],
    ['glibc.old', { glibc: '2.34' }, 'ok'],
    ['glibc.old', { glibc: '2.31' }, 'error'],
    ['glibc.old', { glibc: undefined }, 'error'],
    ['clock.skew', {}, 'ok'],
    ['clock.skew', { clockSynchronized: async () => false }, 'warning'],
    ['clock.skew', { clockSynchronized: async () => undefined }, 'info'],
    ['clock.skew', { nowMs: 0 }, 'error'],
    ['redis.missing', {}, 'ok'],
    ['redis.missing', { path: '/nonexistent' }, 'error'],
  ])('%s of %j is %s', async (id, machine, severity) => {
    expect(await finding(id, config(), machine)).toEqual([severity])
  })

  test('times are said as people read them, and handed out as programs do', () => {
    const ended = found('node.eol', 'info', { version: '20.20.2', at: '2026-05-01T00:00:00.000Z' })
    expect(ended.what).toBe('Node 20.20.2 gets no security fixes since 2026-05-01, at least not from Node itself.')
    expect(ended.values).toMatchObject({ at: '2026-05-01T00:00:00.000Z' })
    const old = found('backup.old', 'warning', { taken_at: '2026-05-01T08:12:33.000Z' })
    expect(old.what).toContain('2026-05-01 08:12 UTC')
  })

  test('of a Node whose end is not known nothing is said', async () => {
    expect(await finding('node.eol', config(), { node: '99.0.0' })).toEqual([])
  })

  test('an own Redis must answer', async () => {
    const server = createServer()
    const path = join(directory, 'redis.sock')
    await new Promise<void>((resolve) => server.listen(path, resolve))
    expect(await finding('redis.missing', config({ 'queue.redis': path }))).toEqual(['ok'])
    await new Promise((resolve) => server.close(resolve))
    expect(await finding('redis.missing', config({ 'queue.redis': path }))).toEqual(['error'])
    expect(await finding('redis.missing', config({ 'queue.redis': 'redis://127.0.0.1:1' }))).toEqual(['error'])
  })

  test('a missing key is a worry only where there is a database', async () => {
    expect(await finding('db.key_missing', config())).toEqual(['info'])
    mkdirSync(join(directory, 'data'), { recursive: true })
    writeFileSync(join(directory, 'data/causeway.db'), '')
    expect(await finding('db.key_missing', config())).toEqual(['error'])
    const keyFile = join(directory, 'data/db.key')
    writeFileSync(keyFile, 'ab'.repeat(32), { mode: 0o600 })
    expect(await finding('db.key_missing', config())).toEqual(['ok'])
    chmodSync(keyFile, 0o640)
    expect(await finding('db.key_open', config())).toEqual(['error'])
  })

  test('ports are looked at, and none at all is worth saying', async () => {
    expect(await finding('modem.none', config())).toEqual(['info'])
    const missing = config({ modems: '[{port: /dev/nonexistent}, {port: "tcp://127.0.0.1:1"}]' })
    expect(await finding('port.missing', missing)).toEqual(['error'])
    expect(await finding('modem.none', missing)).toEqual([])
    expect(await finding('port.permission', config({ modems: '[{port: /dev/null}]' }))).toEqual(['ok'])
  })

  test('a port that another program holds is said with its name, where that can be told', async () => {
    const given = config({ modems: '[{port: /dev/null}]' })
    const held = { ...host(), holderOf: () => ({ program: 'minicom', pid: 7 }) }
    const said = async (refused: readonly string[] | undefined, machine: Host) =>
      (await examineHost(given, refused, machine)).filter(({ id }) => id.startsWith('port.')).map(({ code }) => code)
    expect(await said(undefined, held)).toEqual(['port.busy.by'])
    expect(await said(['/dev/null'], held)).toEqual(['port.busy.by'])
    expect(await said(['/dev/null'], host())).toEqual(['port.busy'])
    // A gateway that has the port, or has lent it, is not asked who else does.
    expect(await said([], held)).toEqual(['port.permission.ok'])
    // Where its module was found, though another port is configured.
    expect(await said(['/dev/zero'], host())).toEqual(['port.permission.ok', 'port.busy'])
  })

  test('who holds a file is found under each of its names, and this process is nobody', async () => {
    const [file, link] = [join(directory, 'held'), join(directory, 'link')]
    writeFileSync(file, '')
    symlinkSync(file, link)
    const own = openSync(file, 'r')
    expect(holderOf(link)).toBeUndefined()
    const other = spawn('sleep', ['60'], { stdio: [own, 'ignore', 'ignore'] })
    await once(other, 'spawn')
    closeSync(own)
    expect(holderOf(link)).toEqual({ program: 'sleep', pid: other.pid })
    other.kill()
    await once(other, 'exit')
    expect(holderOf(link)).toBeUndefined()
    expect(holderOf(join(directory, 'none'))).toBeUndefined()
  })
})
