import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BundleParts, makeBundle } from '../../../src/doctor/bundle.ts'
import { Redaction } from '../../../src/doctor/redaction.ts'
import { namesInTar } from '../../../src/doctor/tar.ts'
import { run } from '../cli/run.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-bundle-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const nowMs = Date.UTC(2026, 10, 23, 3, 15)
const secrets = {
  number: '+447700900123',
  spaced: '+44 7700 900-123',
  imei: '490154203237518',
  aci: '9d0652a3-dcc3-4d11-975f-74d61598733f',
  key: 'ab'.repeat(32),
  base64: Buffer.alloc(33, 0xa7).toString('base64'),
  token: 'cw_01JD8K3N5W7XZ9ABCDEFGHJKMN_s3cr3t',
  mail: 'me@home.example',
  password: 'hunter2',
  user: 'gertrude',
}
const everything = Object.values(secrets).join(' | ')

const parts: BundleParts = {
  findings: [
    {
      id: 'modem.failed',
      code: 'modem.failed',
      values: {},
      severity: 'error',
      what: `Granny’s flat gave up: ${everything}`,
      fix: everything,
    },
  ],
  config: [
    { key: 'modems[0].pin', value: undefined, source: 'file', where: 'causeway.yaml:3', kind: 'secret' },
    { key: 'modems[0].number', value: 'grandmother', source: 'file', where: 'causeway.yaml:4', kind: 'private' },
    { key: 'data_dir', value: `/home/${secrets.user}/data`, source: 'default', where: undefined, kind: 'open' },
    {
      key: 'queue.redis',
      value: `redis://me:${secrets.password}@box`,
      source: 'flag',
      where: 'queue.redis',
      kind: 'open',
    },
  ],
  versions: { node: '20.20.2' },
  names: ['Granny’s flat', 'flat'],
  modems: [{ id: `mdm_${secrets.imei}`, [secrets.number]: { deep: [everything] } }],
  log: [
    { at: '2026-11-23T03:14:15.926Z', message: everything.replace(` | ${secrets.password} | ${secrets.user}`, '') },
  ],
}

function open(archive: Buffer): { names: string[]; text: string } {
  const file = join(directory, 'bundle.tar.gz')
  writeFileSync(file, archive)
  const names = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n')
  return { names, text: execFileSync('tar', ['xzOf', file], { encoding: 'utf8' }) }
}

describe('a support bundle', () => {
  const plain = { ...parts, findings: parts.findings.map((finding) => ({ ...finding, what: 'x', fix: 'y' })) }

  test('is an archive that tar reads, with a word on each file and on what is missing', () => {
    const archive = makeBundle(plain, { nowMs, randomOctets: randomBytes })
    const { names, text } = open(archive)
    expect(names).toEqual(namesInTar(gunzipSync(archive)))
    expect(names.map((name) => name.split('/'))).toEqual(
      ['README.txt', 'doctor.txt', 'versions.json', 'config.txt', 'modems.json', 'log.jsonl'].map((name) => [
        'causeway-bundle-20261123-031500',
        name,
      ]),
    )
    expect(text).toContain('these are missing: health.json, signal.json, queue.json, webhooks.json, database.json.')
    expect(text).toContain('doctor.txt  what the doctor found')
  })

  test('has no number, account, address, key, password or user in it, wherever they were handed in', () => {
    const { text } = open(makeBundle(parts, { nowMs, randomOctets: randomBytes }))
    const known = Object.values({ ...secrets, password: `:${secrets.password}@`, user: `/${secrets.user}` })
    expect(known.filter((secret) => text.includes(secret))).toEqual([])
    expect(text).not.toMatch(/7700 ?900|grandmother|Granny|flat/)
    expect(text).toContain('modems[0].pin = (secret, set)    causeway.yaml:3')
    expect(text).toContain('modems[0].number = (private, set)    causeway.yaml:4')
    expect(text).toContain('redis://…@box    flag queue.redis')
    expect(text).toContain('2026-11-23T03:14:15.926Z')
  })

  test('marks the same number alike within one bundle, and otherwise in the next', () => {
    const [one, other] = [new Redaction(randomBytes(32)), new Redaction(randomBytes(32))]
    expect(one.text(secrets.spaced)).toMatch(/^\[number [\da-f]{6}\]$/)
    expect(one.text(secrets.number)).toBe(one.text(secrets.spaced))
    expect(one.text(secrets.aci)).toBe(one.text(secrets.aci.toUpperCase()))
    expect(one.text(secrets.imei)).not.toBe(one.text(secrets.number))
    expect(other.text(secrets.number)).not.toBe(one.text(secrets.number))
  })

  test('leaves times, versions and ports as they are', () => {
    const text = 'Node 20.20.2 since 2026-11-23T03:14:15.926Z until 2027-01-02; 127.0.0.1:8420, -67 dBm, 1 of 10'
    expect(new Redaction(randomBytes(32)).text(text)).toBe(text)
  })
})

test('without a gateway the command writes what can be said, for its user alone, and never over another file', async () => {
  writeFileSync(join(directory, 'causeway.yaml'), 'region: GB\nmodems: [{ port: auto, pin: "4711" }]\ndata_dir: d\n')
  const words = ['doctor', '--bundle', 'b.tar.gz', '--config', 'causeway.yaml']
  const ended = await run(words, { cwd: directory })
  expect([ended.code, ended.err]).toEqual([0, ''])
  expect(ended.out.split('\n')[0]).toBe(join(directory, 'b.tar.gz'))
  expect(ended.out).toContain('config.txt  keys of the configuration')
  expect(statSync(join(directory, 'b.tar.gz')).mode & 0o777).toBe(0o600)
  const { text } = open(readFileSync(join(directory, 'b.tar.gz')))
  expect(text).toContain('region = GB    causeway.yaml:1')
  expect(text).toContain('modems[0].pin = (secret, set)')
  expect(text).toContain('warning gateway.down')
  const again = await run(words, { cwd: directory })
  expect([again.code, again.err]).toEqual([1, expect.stringMatching(/b\.tar\.gz cannot be written \(EEXIST/)])
})

test('of a configuration that cannot be understood no line is in it', async () => {
  writeFileSync(join(directory, 'broken.yaml'), 'modems:\n  - port: auto\n    pin: "4711" 1\n')
  const file = 'broken.tar.gz'
  const ended = await run(['doctor', '--bundle', file, '--config', 'broken.yaml'], { cwd: directory })
  expect([ended.code, ended.err]).toEqual([0, ''])
  const { text } = open(readFileSync(join(directory, file)))
  expect(text).toMatch(/error config\.invalid: .*broken\.yaml cannot be understood: .* at line 3/)
  expect(text).not.toContain('4711')
})
