import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeConfigFile } from '../../../src/config/change.ts'
import { demandKey } from '../../../src/config/shape.ts'
import { checkConfigText } from '../../../src/config.ts'

let directory: string
let count = 0

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-change-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function fileWith(yaml: string): string {
  const file = join(directory, `c${++count}.yaml`)
  writeFileSync(file, yaml)
  return file
}

function change(file: string, key: string, value: string | undefined) {
  return changeConfigFile(file, demandKey(key).path, value, (text) => checkConfigText(text, file))
}

function changed(yaml: string, key: string, value: string | undefined): string {
  const file = fileWith(yaml)
  change(file, key, value)
  return readFileSync(file, 'utf8')
}

const written = `# My box, do not lose it.
region: GB   # where we live

modems:
  # The one in the kitchen.
  - port: /dev/ttyUSB2
    pin: 0000 # of the SIM
fallback: { default: auto, after: PT15M } # as the house wants it
`

describe('changing one key', () => {
  test.each([
    ['region', 'DE', 'region: GB ', 'region: DE '],
    ['modems[0].pin', '1234', 'pin: 0000 #', 'pin: 1234 #'],
    ['modems.0.port', 'tcp://box:1', 'port: /dev/ttyUSB2', 'port: tcp://box:1'],
    ['fallback.after', '5m', 'after: PT15M }', 'after: 5m }'],
    ['fallback.default', 'ask', 'default: auto,', 'default: ask,'],
  ])('%s = %s moves not one other character', (key, value, before, after) => {
    expect(changed(written, key, value)).toBe(written.replace(before, after))
  })

  test('a new key keeps comments and order', () => {
    const text = changed(written, 'http.listen', '0.0.0.0:8420')
    expect(text.split('\n').filter((line) => line.includes('#'))).toEqual([
      '# My box, do not lose it.',
      expect.stringMatching(/^region: GB +# where we live$/),
      '  # The one in the kitchen.',
      expect.stringMatching(/^ {4}pin: 0000 +# of the SIM$/),
      expect.stringMatching(/^fallback: \{ default: auto, after: PT15M \} +# as the house wants it$/),
    ])
    expect(text).toMatch(/\nhttp:\n {2}listen: 0\.0\.0\.0:8420\n$/)
  })

  test('line ends stay as they are, and a comment where no value stood', () => {
    const windows = written.replaceAll('\n', '\r\n')
    for (const [key, value] of [
      ['http.listen', '0.0.0.0:8420'],
      ['region', undefined],
      ['region', 'DE'],
    ] as const) {
      expect(changed(windows, key, value)).toBe(changed(written, key, value).replaceAll('\n', '\r\n'))
    }
    expect(changed('# top\r\nregion: GB\r\n', 'region', undefined)).toBe('# top\r\n')
    expect(changed('region: # to come\nmode: data_only\n', 'region', 'GB')).toBe(
      'region: GB # to come\nmode: data_only\n',
    )
  })

  test('a key of a section on one line goes into it', () => {
    expect(changed(written, 'fallback.when_roaming', 'never')).toContain('after: PT15M, when_roaming: never }')
  })

  test('a list is written as YAML, a further modem as the next entry', () => {
    expect(changed('region: GB\n', 'alerts.to', '["+447700900123"]')).toBe(
      'region: GB\nalerts:\n  to:\n    - "+447700900123"\n',
    )
    expect(changed(written, 'modems[1].port', 'auto')).toContain('    pin: 0000 # of the SIM\n  - port: auto\n')
  })

  test('the first entry of a list that is not there yet is made', () => {
    expect(changed('region: GB\nhttp:\n', 'modems[0].port', 'auto')).toBe(
      'region: GB\nhttp:\nmodems:\n  - port: auto\n',
    )
    expect(changed('http: # to come\n', 'http.listen', '[::1]:8420')).toContain('listen: "[::1]:8420"')
  })

  test('what would be read as something else is quoted', () => {
    expect(changed('signal: {}\n', 'signal.profile_name', 'Home: # 1')).toContain('"Home: # 1"')
    expect(changed('signal: { profile_name: x }\n', 'signal.profile_name', 'a, b')).toBe(
      'signal: { profile_name: "a, b" }\n',
    )
  })

  test('taken out, its default holds and the rest stays', () => {
    expect(changed(written, 'region', undefined)).not.toContain('region')
    expect(changed(written, 'fallback.after', undefined)).toContain(
      'fallback: { default: auto } # as the house wants it',
    )
    expect(changed('# mine\nregion: GB\n', 'region', undefined)).toBe('# mine\n')
  })

  test('a file that is not there is made, for its user and group', () => {
    const file = join(directory, 'new.yaml')
    expect(change(file, 'region', 'GB')).toEqual({ changed: true, remaining: [] })
    expect(readFileSync(file, 'utf8')).toBe('region: GB\n')
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  test('the mode stays, a link stays one, and nothing else is left in the folder', () => {
    const file = fileWith('region: GB\n')
    chmodSync(file, 0o604)
    const link = join(directory, 'link.yaml')
    symlinkSync(file, link)
    change(link, 'region', 'DE')
    expect(readFileSync(file, 'utf8')).toBe('region: DE\n')
    expect(statSync(file).mode & 0o777).toBe(0o604)
    expect(readdirSync(directory).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  test('the same again writes nothing', () => {
    const file = fileWith(written)
    const before = statSync(file)
    expect(change(file, 'region', 'GB')).toEqual({ changed: false, remaining: [] })
    expect(statSync(file).ino).toBe(before.ino)
  })
})

describe('what cannot be is not written', () => {
  test.each([
    ['fallback.after', 'soon', /write a span/],
    ['region', 'England', /two capital letters/],
    ['fallback', 'auto', /mapping/],
    ['modems[3].port', 'auto', /next one is modems\[1\]/],
    ['http.tls.cert', 'cert.pem', /give both cert and key/],
    ['modems[0].imei.x', '1', /no such key/],
  ])('%s = %s', (key, value, words) => {
    const file = fileWith(written)
    expect(() => change(file, key, value)).toThrow(words)
    expect(readFileSync(file, 'utf8')).toBe(written)
  })

  test('an alias that others use is left alone', () => {
    const file = fileWith('fallback: &all { after: PT1M }\nmodems: []\nattachments: *all\n')
    expect(() => change(file, 'attachments.after', '5m')).toThrow(/no such key/)
    expect(() => change(file, 'attachments.bytes_max', '5MB')).toThrow(/by hand/)
  })

  test('a file in another encoding is left alone', () => {
    const file = fileWith('')
    const octets = Buffer.from('region: GB # Küche\n', 'latin1')
    writeFileSync(file, octets)
    expect(() => change(file, 'region', 'DE')).toThrow(/not written in UTF-8/)
    expect(readFileSync(file)).toEqual(octets)
  })

  test('a file with a mistake elsewhere can be mended key by key', () => {
    const file = fileWith('regin: GB\nvalidity: soon\n')
    expect(change(file, 'validity', 'P1D').remaining).toEqual([expect.stringContaining('regin: there is no such key')])
    expect(() => change(file, 'validity', 'later')).toThrow(/validity: write a span/)
  })

  test('a key that does not exist is answered with the nearest', () => {
    expect(() => demandKey('fallbak.after')).toThrow('fallbak.after: there is no such key; did you mean fallback?')
    expect(() => demandKey('fallback.aftr')).toThrow('did you mean fallback.after?')
    expect(() => demandKey('modems.pin')).toThrow('modems is a list, whose first entry is modems[0]')
    expect(() => demandKey('a b')).toThrow('no such key')
    expect(demandKey('signal.server.cdn_urls.0').path).toEqual(['signal', 'server', 'cdn_urls', '0'])
    expect(demandKey('modems[0].mms.headers.X-Who').path).toEqual(['modems', 0, 'mms', 'headers', 'X-Who'])
  })
})
