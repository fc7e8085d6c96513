/** Modems are found by asking who is there, and found again wherever they are. */
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PortScout } from '../../../modem/discovery.ts'
import { ImeiClaims } from '../../../modem/identity.ts'
import type { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { shippedProfiles } from '../../../modem/profile.ts'
import type { SerialPortListing } from '../../../modem/serial/listing.ts'
import { type Log, systemClock } from '../../../modem/serial/surroundings.ts'
import { openTransport } from '../../../modem/serial/transport.ts'
import { DEFAULT_TIMINGS } from '../../../modem/timings.ts'
import { makeModem, RecordingSink, until, untilState } from './bench.ts'
import { IMEI, ScriptedModem } from './scripted-modem.ts'

const OTHER_IMEI = '860000000000019'
const log: Log = { debug() {}, info() {}, warn() {}, error() {} }
const timings = { ...DEFAULT_TIMINGS, handshakeQuietMs: 20, escapeGuardMs: 20, probeLimitMs: 400 }

let first: ScriptedModem
let second: ScriptedModem
let listings: SerialPortListing[]
let claims: ImeiClaims
let scout: PortScout
const opened: string[] = []
const modems: Modem[] = []

beforeEach(async () => {
  first = new ScriptedModem()
  second = new ScriptedModem()
  second.imei = OTHER_IMEI
  await Promise.all([first.listen(), second.listen()])
  listings = [listing(first.port), listing(second.port)]
  claims = new ImeiClaims()
  opened.length = 0
  scout = new PortScout({
    list: async () => listings,
    open: (port) => {
      opened.push(port)
      return openTransport(port, { ...timings, clock: systemClock })
    },
    profiles: shippedProfiles(),
    clock: systemClock,
    log,
    timings,
  })
})
afterEach(async () => {
  for (const modem of modems.splice(0)) await modem.stop()
  await Promise.all([first.unplug(), second.unplug()])
})

function listing(path: string, facts: Partial<SerialPortListing> = {}): SerialPortListing {
  return { path, stablePath: undefined, usbId: '2c7c:0125', interfaceNumber: 2, product: undefined, ...facts }
}

function start(options: Partial<ModemOptions> = {}): Modem {
  const modem = makeModem(options.port ?? 'auto', new RecordingSink(), { scout, claims, ...options })
  modems.push(modem)
  modem.start()
  return modem
}

test('every port is told of: who answers there, or why it was not used', async () => {
  const mute = createServer((socket) => socket.resume().on('error', () => {}))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const address = mute.address()
  const mutePort = `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  scout.hold(second.port)
  listings.push(
    listing(mutePort, { usbId: '1a86:7523' }),
    listing('/dev/ttyUSB0', { interfaceNumber: 0 }),
    listing('/dev/ttyS0', { usbId: undefined, interfaceNumber: undefined }),
    listing('/nowhere/ttyUSB9', { interfaceNumber: 3 }),
  )
  const reports = new Map((await scout.probe()).map((report) => [report.port, report]))
  expect(reports.get(first.port)).toMatchObject({
    result: 'modem',
    imei: IMEI,
    manufacturer: 'Scripted',
    reason: undefined,
  })
  expect(reports.get(second.port)).toMatchObject({ result: 'held', reason: expect.stringContaining('this gateway') })
  expect(reports.get(mutePort)).toMatchObject({ result: 'silent', reason: expect.stringContaining('400 ms') })
  expect(reports.get('/dev/ttyUSB0')).toMatchObject({ result: 'skipped', reason: expect.stringContaining('diagnosis') })
  expect(reports.get('/dev/ttyS0')).toMatchObject({ result: 'skipped', reason: expect.stringContaining('not a USB') })
  expect(reports.get('/nowhere/ttyUSB9')).toMatchObject({
    result: 'refused',
    reason: expect.stringContaining('cannot open'),
  })
  expect(opened).not.toContain('/dev/ttyUSB0')
  expect(first.heard.filter((text) => !/^(ESC|AT|AT\+CG(SN|MI|MM))$/.test(text))).toEqual([])
  await new Promise((resolve) => mute.close(resolve))
})

test('the port where AT is known to answer is asked first', async () => {
  listings = [listing(second.port, { interfaceNumber: 3 }), listing(first.port)]
  await scout.find({ imei: undefined, taken: () => false })
  expect(opened).toEqual([first.port])
})

test('a port of an unknown device where no modem answered is left alone for a while', async () => {
  await first.unplug()
  listings = [listing(second.port, { usbId: 'dead:beef' })]
  second.reaction = () => null
  const wanted = { imei: OTHER_IMEI, taken: () => false }
  await scout.find(wanted)
  await scout.find(wanted)
  expect(opened).toEqual([second.port])
  listings = []
  await scout.find(wanted)
  listings = [listing(second.port, { usbId: 'dead:beef' })]
  second.reaction = () => undefined
  expect((await scout.find(wanted))?.port).toBe(second.port)
})

test('two entries with port auto each find a modem of their own', async () => {
  const [one, two] = [start({ label: 'one' }), start({ label: 'two' })]
  await Promise.all([untilState(one, 'ready'), untilState(two, 'ready')])
  expect([one.id, two.id].sort()).toEqual([`mdm_${IMEI}`, `mdm_${OTHER_IMEI}`])
  expect([one.status().port, two.status().port].sort()).toEqual([first.port, second.port].sort())
})

test('an entry that names an IMEI takes that module and no other', async () => {
  const modem = start({ imei: OTHER_IMEI })
  expect(modem.id).toBe(`mdm_${OTHER_IMEI}`)
  await untilState(modem, 'ready')
  expect(modem.status().port).toBe(second.port)
  expect(first.heard).not.toContain('AT+CPIN?')
})

test('a modem that returns at another port is found there by its IMEI', async () => {
  const modem = start({ imei: IMEI })
  await untilState(modem, 'ready')
  await first.unplug()
  await untilState(modem, 'absent')
  const moved = new ScriptedModem()
  await moved.listen()
  try {
    listings = [listing(second.port), listing(moved.port)]
    await untilState(modem, 'ready')
    expect(modem.status()).toMatchObject({ id: `mdm_${IMEI}`, port: moved.port })
  } finally {
    await modem.stop()
    await moved.unplug()
  }
})

test('the name of a fixed port counts less than the module: it is followed where it goes', async () => {
  const modem = start({ port: '/nowhere/ttyUSB3', imei: OTHER_IMEI })
  await untilState(modem, 'ready')
  expect(modem.status().port).toBe(second.port)
})

test('without any modem it says so, and goes on looking', async () => {
  listings = []
  const modem = start()
  await until(() => modem.status().reason?.includes('modem probe') ?? false)
  expect(modem.status()).toMatchObject({ state: 'absent', port: 'auto' })
  listings = [listing(first.port)]
  await untilState(modem, 'ready')
})

test('a person who resets an entry lets it take another module', async () => {
  listings = [listing(first.port)]
  const modem = start()
  await untilState(modem, 'ready')
  await first.unplug()
  listings = [listing(second.port)]
  await until(() => modem.status().reason?.includes('does not answer') ?? false)
  await modem.reset()
  await untilState(modem, 'ready')
  expect(modem.id).toBe(`mdm_${OTHER_IMEI}`)
})
