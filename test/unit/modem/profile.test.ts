/** Profiles: strict files, chosen by what a module says of itself, and what they change. */
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dataPortOf } from '../../../modem/data-port.ts'
import type { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { parseProfile, profileOf, shippedProfiles, usbProfile } from '../../../modem/profile.ts'
import { refusal } from '../../../src/transports/sms-refusals.ts'
import { makeModem, RecordingSink, SUBMIT, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

const EXCEPTION = { why: 'so that it is tested', evidence: 'measured' }

function scripted(exceptions: object) {
  const json = {
    id: 'scripted',
    title: 'Scripted',
    match: { manufacturer: '^Scripted$', model: 'Peer' },
    ...exceptions,
  }
  return parseProfile('scripted.json', json)
}

describe('the files', () => {
  test('are all read, and every one says what it is', () => {
    const profiles = shippedProfiles()
    expect(profiles.length).toBe(readdirSync('modem/profiles').length)
    expect(profiles.map(({ id }) => id)).toContain('generic')
    expect(new Set(profiles.map(({ id }) => id)).size).toBe(profiles.length)
  })

  test.each<[what: string, json: object, error: RegExp]>([
    ['an exception without a why', { reset: { command: 'AT+X', evidence: 'manual' } }, /reset\.why/],
    ['one without evidence', { reset: { command: 'AT+X', why: 'so' } }, /reset\.evidence is none of manual/],
    ['a key that nobody knows', { rest: {} }, /rest is not known/],
    ['a slip inside a list', { urcs: [{ prefix: '^X:', meaning: 'bot', ...EXCEPTION }] }, /urcs\[0\]\.meaning/],
    ['a command that is none', { startCommands: [{ command: 'ERASE', ...EXCEPTION }] }, /startCommands\[0\]\.command/],
    [
      'a class of errors that is none',
      { errors: [{ codes: ['cms-513'], class: 'x', ...EXCEPTION }] },
      /class of errors/,
    ],
    ['an indication of four numbers', { indications: { first: [[2, 1, 0, 1]], ...EXCEPTION } }, /five numbers/],
    ['a pattern that is none', { match: { model: '(' } }, /regular expression/],
    ['another name than its file', { id: 'other' }, /not the name of the file/],
  ])('refuse %s', (_what, json, error) => {
    expect(() => scripted(json)).toThrow(error)
  })
})

test.each<[manufacturer: string | undefined, model: string | undefined, usbId: string | undefined, id: string]>([
  ['SIMCOM INCORPORATED', 'SIMCOM_SIM7600E-H', undefined, 'simcom-sim7600'],
  ['SIMCOM INCORPORATED', 'A7670E-FASE', undefined, 'simcom-a7670'],
  ['Quectel', 'EC25', '2c7c:0125', 'quectel-ec2x'],
  ['Quectel', 'BG96', undefined, 'quectel-bg9x'],
  ['huawei', 'E3372', undefined, 'huawei-stick'],
  ['Telit', 'LE910C1-EU', undefined, 'telit-le910c1'],
  ['u-blox', 'SARA-R211', undefined, 'ublox-r2'],
  [undefined, undefined, '1199:9071', 'sierra-mc7455'],
  ['ZTE CORPORATION', 'MF190', '19d2:0117', 'zte-mf190'],
  ['Causeway', 'SIM-1', undefined, 'generic'],
  [undefined, undefined, undefined, 'generic'],
])('%s %s at %s is driven as %s', (manufacturer, model, usbId, id) => {
  expect(profileOf(shippedProfiles(), { manufacturer, model, usbId }).id).toBe(id)
})

test('a USB id alone tells where AT answers', () => {
  expect(usbProfile(shippedProfiles(), '2c7c:0125')?.ports).toMatchObject({ at: [2, 3], avoid: [0, 1, 4] })
  expect(usbProfile(shippedProfiles(), '19d2:ffff')?.id).toBe('zte-mf190')
  expect(usbProfile(shippedProfiles(), 'dead:beef')).toBeUndefined()
})

describe('at a modem', () => {
  let peer: ScriptedModem
  let modem: Modem

  beforeEach(async () => {
    peer = new ScriptedModem()
    await peer.listen()
  })
  afterEach(async () => {
    await modem.stop()
    await peer.unplug()
  })

  async function ready(exceptions: object, options: Partial<ModemOptions> = {}): Promise<void> {
    modem = makeModem(peer.port, new RecordingSink(), { profiles: [scripted(exceptions)], ...options })
    modem.start()
    await untilState(modem, 'ready')
  }

  test('its start commands are sent, and a refusal of them does no harm', async () => {
    await ready({ startCommands: [{ command: 'AT^CURC=0', ...EXCEPTION }] })
    expect(peer.heard).toContain('AT^CURC=0')
    expect(modem.status().profile).toBe('scripted')
  })

  test('its own restart takes the place of AT+CFUN=1,1', async () => {
    await ready({ reset: { command: 'AT+CRESET', ...EXCEPTION } })
    await modem.reset()
    expect([peer.count('AT+CRESET'), peer.count('AT+CFUN=1,1')]).toEqual([1, 0])
  })

  test('its first choice of indications and memories is tried first', async () => {
    await ready({
      indications: { first: [[2, 1, 0, 1, 0]], ...EXCEPTION },
      memories: { order: ['SM', 'ME'], ...EXCEPTION },
    })
    expect(peer.cnmi).toBe('2,1,0,1,0')
    expect(peer.heard).toContain('AT+CPMS="SM","SM","SM"')
  })

  test('direct delivery is used only where it was proven, and what comes is acknowledged', async () => {
    await ready({ directDelivery: EXCEPTION })
    expect(peer.cnmi).toBe('2,2,2,1,0')
  })

  test('a boot line of its own has everything set up anew', async () => {
    await ready({ urcs: [{ prefix: '+BOOTED', meaning: 'boot', ...EXCEPTION }] })
    peer.cmgf = '1'
    peer.say('\r\n+BOOTED\r\n')
    await untilState(modem, 'starting')
    await untilState(modem, 'ready')
    expect(peer.cmgf).toBe('0')
  })

  test('its vendor codes mean what its table says, to the router too', async () => {
    await ready({ errors: [{ codes: ['cms-515'], class: 'permanent', ...EXCEPTION }] })
    peer.onBody = () => '\r\n+CMS ERROR: 515\r\n'
    const error = await modem.submit(SUBMIT, { moreToFollow: false }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ stage: 'refused', code: 'cms-515', errorClass: 'permanent' })
    expect(refusal('cms-515', 1, error instanceof Error ? error : undefined)?.retry).toBe('other-transport')
    expect(refusal('cms-515', 1)?.retry).toBe('same-transport')
  })
})

describe('the port that may be dialled on', () => {
  let root: string
  afterEach(() => rm(root, { recursive: true, force: true }))

  /** A USB device with a tty on each of these interfaces: ttyUSB0 and so on. */
  async function plugged(name: string, first: number, interfaces: readonly number[]): Promise<void> {
    const device = join(root, 'sys/devices', name)
    for (const [at, number] of interfaces.entries()) {
      const tty = join(device, `${name}:1.${number}/ttyUSB${first + at}`)
      await mkdir(tty, { recursive: true })
      await writeFile(join(device, `${name}:1.${number}/bInterfaceNumber`), number.toString(16).padStart(2, '0'))
      await mkdir(join(root, `sys/class/tty/ttyUSB${first + at}`), { recursive: true })
      await symlink(tty, join(root, `sys/class/tty/ttyUSB${first + at}/device`))
    }
    await writeFile(join(device, 'idVendor'), '1e0e\n')
    await writeFile(join(device, 'idProduct'), '9011\n')
  }

  test('is the one for data, else the second for AT, of the same module and never the one that texts use', async () => {
    root = await mkdtemp(join(tmpdir(), 'causeway-data-'))
    await plugged('1-1', 0, [2, 4, 5])
    await plugged('1-2', 3, [2, 3, 5])
    const ports = { at: [2, 3], avoid: [], data: [5], why: 'test', evidence: 'memory' } as const
    expect(await dataPortOf('/dev/ttyUSB0', { ports }, root)).toBe('/dev/ttyUSB2')
    expect(await dataPortOf('/dev/ttyUSB3', { ports: { ...ports, data: [] } }, root)).toBe('/dev/ttyUSB4')
    expect(await dataPortOf('/dev/ttyUSB4', { ports: { ...ports, data: [] } }, root)).toBe('/dev/ttyUSB3')
    expect(await dataPortOf('/dev/ttyUSB0', { ports: { ...ports, data: [] } }, root)).toBeUndefined()
    expect(await dataPortOf('/dev/ttyUSB0', { ports: undefined }, root)).toBeUndefined()
    expect(await dataPortOf('tcp://127.0.0.1:1', { ports }, root)).toBeUndefined()
  })
})
