import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configReference } from '../../../src/config/reference.ts'
import { ConfigError, type LoadConfigOptions, loadConfig } from '../../../src/config.ts'
import { CausewayError } from '../../../src/domain/errors.ts'

let directory: string
let count = 0

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-config-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function load(yaml: string | undefined, options: LoadConfigOptions = {}) {
  const file = join(directory, `c${++count}.yaml`)
  if (yaml !== undefined) writeFileSync(file, yaml)
  return loadConfig({ env: {}, directory, ...(yaml === undefined ? {} : { file }), ...options })
}

function problems(yaml: string, options: LoadConfigOptions = {}): string[] {
  try {
    load(yaml, options)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message.replace(/^c\d+\.yaml/, 'file'))
    throw error
  }
  return []
}

const customServer = `
signal:
  server:
    port: 4430
    ca: ca.pem
    storage_url: https://localhost:4430/storage
    cdn_urls: { 0: "https://localhost:4430", 2: "https://localhost:4430", 3: "https://localhost:4430" }
    zkgroup: { server_public_params: AQI=, generic_server_public_params: Ag==, backup_server_public_params: Aw== }
    trust_roots: [BQUF]
    directory: people.jsonl
`

describe('what wins', () => {
  test('defaults hold where nothing is said', () => {
    const config = load('')
    expect(config.http.listen).toEqual({ host: '127.0.0.1', port: 8420 })
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(config.fallback).toEqual({
      default: 'auto',
      afterMs: 900_000,
      whenRoaming: 'ask',
      quietHours: 'off',
      timeZone,
    })
    expect(config.validityMs).toBe(86_400_000)
    expect(config.resendWhenUncertain).toBe(false)
    expect(config.signal.server).toEqual({ kind: 'production' })
    expect(config.queue.redis).toEqual({ kind: 'private' })
  })

  test('flags beat the environment, the environment beats the file', () => {
    const yaml = 'mode: sms_only\nregion: GB\nlog: { level: warn }'
    const config = load(yaml, {
      env: { CAUSEWAY__MODE: 'data_only', CAUSEWAY__REGION: 'DE' },
      flags: { region: 'FR' },
    })
    expect([config.mode, config.region, config.log.level]).toEqual(['data_only', 'FR', 'warn'])
  })

  test('a list in the environment is written as YAML', () => {
    const config = load(undefined, { env: { CAUSEWAY__MODEMS: '[{port: "tcp://127.0.0.1:7000", pin: 0012}]' } })
    expect(config.modems).toMatchObject([
      { port: 'tcp://127.0.0.1:7000', imei: undefined, label: undefined, number: undefined, pin: '0012' },
    ])
  })

  test('roaming: asked about unless the file says otherwise', () => {
    expect(load('').fallback.whenRoaming).toBe('ask')
    expect(load(undefined, { env: { CAUSEWAY__FALLBACK__WHEN_ROAMING: 'never' } }).fallback.whenRoaming).toBe('never')
    expect(() => load(undefined, { env: { CAUSEWAY__FALLBACK__WHEN_ROAMING: 'maybe' } })).toThrow(/when_roaming/)
  })

  test('what each modem may send is its own', () => {
    const modem =
      '{port: /dev/a, prefixes: ["+44", "+353"], cost_per_part: 0.05, daily_texts: 200, texts_per_minute: 6}'
    const config = load(undefined, { env: { CAUSEWAY__MODEMS: `[${modem}, {port: /dev/b}]` } })
    const unknown = {
      costPerPart: undefined,
      dailyTexts: undefined,
      monthlyTexts: undefined,
      textsPerMinute: undefined,
    }
    expect(config.modems.map(({ rules }) => rules)).toEqual([
      { ...unknown, prefixes: ['+44', '+353'], costPerPart: 0.05, dailyTexts: 200, textsPerMinute: 6 },
      { ...unknown, prefixes: [] },
    ])
    for (const wrong of ['prefixes: [44]', 'daily_texts: 0', 'cost_per_part: 5p', 'texts_per_minute: 1.5']) {
      expect(() => load(undefined, { env: { CAUSEWAY__MODEMS: `[{port: /dev/a, ${wrong}}]` } })).toThrow(/modems/)
    }
  })

  test('an empty value means the default', () => {
    expect(load('mode:\nhttp:\nregion: ""').mode).toBe('integrated')
  })
})

describe('what values mean', () => {
  test('an unquoted PIN keeps its zeros and a number its plus', () => {
    const [modem] = load('modems:\n  - port: /dev/ttyUSB2\n    pin: 0000\n    number: +447700900123').modems
    expect(modem?.pin).toBe('0000')
    expect(modem?.number).toBe('+447700900123')
  })

  test.each([
    ['PT15M', 900_000],
    ['15m', 900_000],
    ['P1D', 86_400_000],
    ['P1DT2H', 93_600_000],
    ['2h30m', 9_000_000],
    ['90s', 90_000],
  ])('a span may be written %s', (text, ms) => {
    expect(load(`fallback: { after: ${text} }`).fallback.afterMs).toBe(ms)
  })

  test.each([
    ['redis://10.0.0.1:6379', { kind: 'url', url: 'redis://10.0.0.1:6379' }],
    ['/run/redis.sock', { kind: 'socket', path: '/run/redis.sock' }],
    ['private', { kind: 'private' }],
  ])('redis may be %s', (text, expected) => {
    expect(load(`queue: { redis: "${text}" }`).queue.redis).toEqual(expected)
  })

  test('the reference of long texts takes 8 or 16 bits', () => {
    expect(load('').texts.referenceBits).toBe(8)
    expect(load('texts: { reference_bits: 16 }').texts.referenceBits).toBe(16)
    expect(problems('texts: { reference_bits: 12 }')).toEqual(['file:1: texts.reference_bits: write 8 or 16'])
  })

  test('the files of a certificate are given both or not at all', () => {
    expect(load('http: { tls: { cert: "", key: "" } }').http.tls).toBeUndefined()
    const { file, http } = load('http: { tls: { cert: a.pem, key: /b.pem } }')
    expect(http.tls).toEqual({ cert: join(file ?? '', '../a.pem'), key: '/b.pem' })
    expect(problems('http: { tls: { cert: a.pem } }')).toEqual([
      'file:1: http.tls.key: is missing; give both cert and key, or neither',
    ])
  })

  test('IPv6 addresses are written in brackets', () => {
    expect(load('http: { listen: "[::1]:8420" }').http.listen).toEqual({ host: '::1', port: 8420 })
  })

  test('a custom Signal server is read whole, with paths relative to the file', () => {
    writeFileSync(join(directory, 'ca.pem'), 'PEM')
    const { server } = load(customServer).signal
    expect(server).toEqual({
      kind: 'custom',
      host: 'localhost',
      ports: { chat: 4430, cdsi: 4430, svr2: 4430, svrB: 4430 },
      caPem: 'PEM',
      storageUrl: 'https://localhost:4430/storage',
      cdnUrls: { 0: 'https://localhost:4430', 2: 'https://localhost:4430', 3: 'https://localhost:4430' },
      zkgroup: {
        serverPublicParams: Uint8Array.of(1, 2),
        genericServerPublicParams: Uint8Array.of(2),
        backupServerPublicParams: Uint8Array.of(3),
      },
      trustRoots: [Uint8Array.of(5, 5, 5)],
      directoryFile: join(directory, 'people.jsonl'),
    })
  })
})

describe('where things are kept', () => {
  test('from a checkout everything is under ./data', () => {
    const config = load(undefined)
    expect(config.dataDir).toBe(join(directory, 'data'))
    expect(config.runtimeDir).toBe(join(directory, 'data/run'))
    expect(config.store.keyFile).toBe(join(directory, 'data/db.key'))
  })

  test('paths in a file begin at its folder, those of the environment at the working directory', () => {
    mkdirSync(join(directory, 'sub'), { recursive: true })
    const file = join(directory, 'sub/x.yaml')
    writeFileSync(file, 'data_dir: here')
    const config = loadConfig({ file, directory: '/somewhere', env: { CAUSEWAY__RUNTIME_DIR: 'run' } })
    expect(config.dataDir).toBe(join(directory, 'sub/here'))
    expect(config.runtimeDir).toBe('/somewhere/run')
  })

  test('the systemd credential holds the key where there is one', () => {
    writeFileSync(join(directory, 'db.key'), 'x')
    expect(load(undefined, { env: { CREDENTIALS_DIRECTORY: directory } }).store.keyFile).toBe(join(directory, 'db.key'))
  })
})

describe('what is wrong is said with its place and what to write', () => {
  test.each([
    ['mdoe: sms_only', ['file:1: mdoe: there is no such key; did you mean mode?']],
    ['http:\n  lisen: 1.2.3.4:5', ['file:2: http.lisen: there is no such key; did you mean listen?']],
    ['mode: both', ['file:1: mode: write integrated or data_only or sms_only']],
    ['fallback:\n  after: soon', ['file:2: fallback.after: write a span like PT15M, P1D, 15m or 2h30m']],
    ['fallback:\n  after: PT0S', ['file:2: fallback.after: write a span like PT15M, P1D, 15m or 2h30m']],
    ['http: { listen: 8420 }', ['file:1: http.listen: write an address and a port, as 127.0.0.1:8420 or [::1]:8420']],
    [
      'http: { listen: "127.0.0.1:70000" }',
      ['file:1: http.listen: write an address and a port, as 127.0.0.1:8420 or [::1]:8420'],
    ],
    [
      'modems:\n  - port: COM3',
      [
        'file:2: modems[0].port: write auto, a device as /dev/serial/by-id/…, or a network port as tcp://host:port or rfc2217://host:port',
      ],
    ],
    [
      'modems:\n  - port: auto\n  - port: auto',
      ['file:1: modems: give each entry with port auto an imei or a label of its own'],
    ],
    ['modems:\n  - label: x', ['file:2: modems[0].port: is missing; write a value']],
    ['modems: /dev/ttyUSB0', ['file:1: modems: write a list']],
    [
      'modems:\n  - port: /dev/a\n    nummer: x',
      ['file:3: modems[0].nummer: there is no such key; did you mean number?'],
    ],
    ['resend_when_uncertain: maybe', ['file:1: resend_when_uncertain: write true or false']],
    ['region: uk', ['file:1: region: write a country of two capital letters, as GB']],
    ['signal: { server: prod }', ['file:1: signal.server: write production, staging, or a mapping of keys']],
    [
      'region: GB\nmode: x\nlog: { level: loud }',
      [
        'file:2: mode: write integrated or data_only or sms_only',
        'file:3: log.level: write debug or info or warn or error or silent',
      ],
    ],
  ])('%s', (yaml, expected) => {
    expect(problems(yaml)).toEqual(expected)
  })

  test('a custom server is checked key by key', () => {
    const said = problems(`${customServer}    prot: 5\n`)
    expect(said).toEqual(['file:11: signal.server.prot: there is no such key; did you mean port?'])
  })

  test('a custom server wants one port or all ports, and one CA', () => {
    expect(problems(customServer.replace('port: 4430', 'ca_pem: x'))).toEqual([
      'file:3: signal.server.ports: give either port or ports',
      'file:5: signal.server.ca: give either ca (a file) or ca_pem (text)',
    ])
  })

  test('an unknown key in the environment names the variable', () => {
    expect(problems('', { env: { CAUSEWAY__HTTP__LISTNE: 'x' } })).toEqual([
      'environment CAUSEWAY__HTTP__LISTNE: http.listne: there is no such key; did you mean listen?',
    ])
  })

  test('languages of texts are named by their codes', () => {
    expect(load('texts: { national_languages: "tr, pt,tr" }').texts.nationalLanguages).toEqual([1, 3])
    expect(problems('texts: { national_languages: "tr, xx" }')[0]).toContain('write languages out of bn, es')
  })

  test('a far-off word gets no guess', () => {
    expect(problems('colour: red')).toEqual(['file:1: colour: there is no such key'])
  })

  test.each([
    ['a: [1', 'config-syntax'],
    ['- a\n- b', 'config-syntax'],
    ['mode: a\nmode: b', 'config-syntax'],
    ['mdoe: sms_only', 'config-unknown-key'],
    ['mode: x', 'config-invalid'],
  ])('%j is %s', (yaml, code) => {
    expect(() => load(yaml)).toThrow(CausewayError)
    try {
      load(yaml)
    } catch (error) {
      expect(CausewayError.is(error, code)).toBe(true)
    }
  })

  test('a file that is not there is config-unreadable', () => {
    expect(() => loadConfig({ env: {}, file: join(directory, 'absent.yaml') })).toThrow(/cannot be read/)
  })
})

describe('the reference page', () => {
  const page = configReference()

  test('docs/config.md is what the schema says', () => {
    expect(readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8')).toBe(page)
  })

  test('every key has a description', () => {
    const undocumented = page.split('\n').filter((line) => /^\| `[^|]*\|[^|]*\|\s*\|$/.test(line))
    expect(undocumented).toEqual([])
    expect(page).toContain('`modems[].pin`')
    expect(page).toContain('`signal.server.zkgroup.server_public_params`')
  })
})

describe('the way to a carrier', () => {
  const mms = (words: string) => `modems:\n  - port: /dev/a\n    mms: { ${words} }`
  const bearer = (words: string) => load(mms(words)).modems[0]?.mms?.bearer

  test('is what is named, and else follows from what is said', () => {
    expect(bearer('')).toEqual({ kind: 'modem-socket' })
    expect(bearer('interface: wwan0')).toEqual({ kind: 'interface', name: 'wwan0', gateway: undefined })
    expect(bearer('bearer: embedded')).toEqual({ kind: 'embedded' })
    expect(bearer('bearer: ppp')).toEqual({ kind: 'ppp', dial: {} })
    const all =
      'port: /dev/ttyUSB3, context: 1, unit: 0, baud_rate: 9600, carrier_detect: false, pppd: /sbin/pppd, chat: /sbin/chat, peer: causeway'
    expect(bearer(`ppp: { ${all} }`)).toEqual({
      kind: 'ppp',
      dial: {
        port: '/dev/ttyUSB3',
        context: 1,
        unit: 0,
        baudRate: 9600,
        carrierDetect: false,
        pppd: '/sbin/pppd',
        chat: '/sbin/chat',
        peer: 'causeway',
      },
    })
  })

  test.each([
    ['bearer: embedded, interface: wwan0', /interface: a bearer embedded needs none/],
    ['bearer: modem-socket, ppp: {}', /ppp: belongs to bearer ppp/],
    ['interface: wwan0, ppp: {}', /bearer: say which of the two it is/],
    ['ppp: { context: 17 }', /context: write a number from 1 to 16/],
    ['ppp: { unit: 256 }', /unit: write a number from 0 to 255/],
    ['ppp: { port: ttyUSB3 }', /port: write a whole path/],
    ['ppp: { pppd: "/usr/sbin/pppd; reboot" }', /pppd: write a whole path/],
    ['ppp: { peer: ../evil }', /peer: write the name of a file/],
    ['ppp: { conntext: 3 }', /conntext: there is no such key; did you mean context/],
    ['bearer: pp', /bearer/],
  ])('is refused with the reason: %s', (words, reason) => {
    expect(problems(mms(words)).join()).toMatch(reason)
  })
})
