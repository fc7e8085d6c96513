import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainKey } from '../../../src/config/explain.ts'
import { configJsonSchema } from '../../../src/config/json-schema.ts'
import { demandKey, rootShape, type ShapeNode } from '../../../src/config/shape.ts'
import { dotted } from '../../../src/config/tree.ts'
import { readConfig } from '../../../src/config.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-explain-'))
  writeFileSync(
    join(directory, 'causeway.yaml'),
    `region: GB
fallback: { after: PT5M }
queue: { redis: "redis://me:s3cret@host:6379" }
modems:
  - port: auto
    pin: "4711"
    number: "+447700900123"
    mms: { apn: a, mmsc: "http://m/", password: pst, headers: { X-Who: "1{{msisdn}}" } }
`,
  )
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function explain(key: string, env: Record<string, string> = {}, flags: Record<string, string> = {}) {
  const { layers } = readConfig({ directory, env, flags })
  const { path, node } = demandKey(key)
  return explainKey(layers, path, node, { data_dir: '/here' })
}

describe('what holds', () => {
  test('is said with who said so', () => {
    expect(explain('region')).toMatchObject([{ value: 'GB', source: 'file', where: 'causeway.yaml:1' }])
    expect(explain('fallback.after')).toMatchObject([{ value: 'PT5M', source: 'file', where: 'causeway.yaml:2' }])
    expect(explain('fallback.default')).toMatchObject([{ value: 'auto', source: 'default', where: undefined }])
    const env = { CAUSEWAY__REGION: 'FR' }
    expect(explain('region', env)).toMatchObject([{ value: 'FR', source: 'environment', where: 'CAUSEWAY__REGION' }])
    expect(explain('region', env, { region: 'DE' })).toMatchObject([{ value: 'DE', source: 'flag', where: 'region' }])
    expect(explain('data_dir')).toMatchObject([{ value: '/here', source: 'default' }])
  })

  test('of a section, all of it', () => {
    expect(explain('fallback').map(({ key }) => key)).toEqual([
      'fallback.default',
      'fallback.after',
      'fallback.when_roaming',
      'fallback.quiet_hours',
      'fallback.time_zone',
    ])
    expect(explain('modems').map(({ key }) => key)).toContain('modems[0].pin')
    expect(explain('modems').map(({ key }) => key)).not.toContain('modems[0].mms.ppp.port')
    expect(explain('http.tls').map(({ key }) => key)).toEqual(['http.tls.cert', 'http.tls.key'])
    expect(explain('signal.server')).toMatchObject([{ value: 'production', source: 'default' }])
  })

  test('never a secret', () => {
    const all = explainKey(readConfig({ directory, env: {} }).layers, [], rootShape(), {})
    const text = JSON.stringify(all)
    for (const secret of ['4711', 'pst', 's3cret']) expect(text).not.toContain(secret)
    expect(all.find(({ key }) => key === 'modems[0].pin')).toMatchObject({ value: undefined, kind: 'secret' })
    expect(explain('queue.redis')).toMatchObject([{ value: 'redis://…@host:6379' }])
    const owners = all.filter(({ kind, source }) => kind === 'private' && source === 'file').map(({ key }) => key)
    expect(owners).toEqual(['modems[0].number', 'modems[0].mms.headers.X-Who'])
  })

  test('also not one that stands in the wrong place', () => {
    const wrong = join(directory, 'wrong.yaml')
    writeFileSync(
      wrong,
      `modems: { port: auto, pin: "4711" }
signal: [{ profile_name: { pin: "4711" } }]
region: { pin: "4711" }
alerts: { to: [[ "4711" ]] }
`,
    )
    const all = explainKey(readConfig({ file: wrong, env: {} }).layers, [], rootShape(), {})
    expect(JSON.stringify(all)).not.toContain('4711')
    expect(all.find(({ key }) => key === 'modems')).toMatchObject({ value: undefined, kind: 'secret', source: 'file' })
  })
})

function leaves(node: ShapeNode, path: readonly string[]): [string, ShapeNode][] {
  const inner = [
    ...Object.entries(node.properties ?? {}),
    ...(node.items === undefined ? [] : [['0', node.items] as const]),
  ]
  const choices = (node.anyOf ?? []).flatMap((choice) => leaves(choice, path))
  return [[dotted(path), node], ...choices, ...inner.flatMap(([name, child]) => leaves(child, [...path, name]))]
}

test('every key whose name sounds like a secret is one', () => {
  const sounding = leaves(rootShape(), []).filter(([key]) => /(^|\.)(pin|password|passphrase|secret|token)$/.test(key))
  expect(sounding.map(([key]) => key)).toEqual(['modems.0.pin', 'modems.0.mms.password'])
  for (const [, node] of sounding) expect(node.writeOnly).toBe(true)
})

test('the schema for editors takes what YAML makes of values', () => {
  const schema = configJsonSchema() as ShapeNode & { $schema: string }
  expect(schema.$schema).toContain('json-schema.org')
  const at = (...path: string[]) => path.reduce<ShapeNode | undefined>((node, key) => node?.properties?.[key], schema)
  expect(at('calls', 'hang_up')?.enum).toEqual([true, 'true', false, 'false', null])
  expect(at('config_version')?.enum).toEqual([1, '1', null])
  expect(at('mode')?.enum).toEqual(['integrated', 'data_only', 'sms_only', null])
  expect(at('attachments', 'bytes_max')?.type).toContain('number')
  expect(at('modems')?.items?.properties?.['port']?.description).toContain('AT port')
  expect(at('http')?.additionalProperties).toBe(false)
  expect(JSON.stringify(schema)).not.toContain('"private":true')
})
