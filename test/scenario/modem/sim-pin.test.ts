/** A person hands in the PIN of a SIM while the modem waits for it: on the simulated modem, with its real counter of tries. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PinError, type PinGiven } from '../../../modem/contract.ts'
import type { KeptPins } from '../../../modem/pin-desk.ts'
import { PinRecord, VolatilePinEntries } from '../../../modem/pin-record.ts'
import { keptPins } from '../../../src/service/sim-pins.ts'
import type { Database } from '../../../src/store/database.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { Gateway } from './gateway.ts'

let gateway: Gateway
let directory: string
let db: Database
let kept: KeptPins
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'causeway-sim-pin-'))
  db = await freshDatabase({ path: join(directory, 'x.db'), key: new Uint8Array(32).fill(7), broken: () => {} })
  kept = keptPins(db)
})
afterEach(async () => {
  await gateway.close()
  await db.destroy()
  await rm(directory, { recursive: true, force: true })
})

/** Waits for its PIN. */
async function waiting(...[sim, driver]: Parameters<typeof Gateway.open>): Promise<Gateway> {
  gateway = await Gateway.open({ pin: '4321', ...sim }, { keptPins: kept, ...driver })
  gateway.modem.start()
  await untilState(gateway.modem, 'sim-locked')
  return gateway
}

const given = (pin: string, more: Partial<PinGiven> = {}): PinGiven => ({
  pin,
  lastTry: false,
  remember: false,
  ...more,
})

async function outcome(pin: string, more: Partial<PinGiven> = {}): Promise<string> {
  try {
    const { remembered } = await gateway.modem.enterPin(given(pin, more))
    return remembered ? 'accepted, remembered' : 'accepted'
  } catch (error) {
    return error instanceof PinError ? `${error.code} ${error.triesLeft ?? '?'}` : String(error)
  }
}

test('the right PIN opens the SIM, and the modem goes on by itself', async () => {
  const { modem, sim } = await waiting()
  expect(modem.status().simLock).toEqual({ wants: 'pin', triesLeft: 3, isTold: true })
  expect(modem.status().iccid).toBe(sim.card.iccid)
  expect(await outcome('4321')).toBe('accepted')
  await untilState(modem, 'ready')
  expect(modem.status().simLock).toBeUndefined()
  expect(sim.card.pinTriesLeft).toBe(3)
  expect(await kept.of(sim.card.iccid)).toBeUndefined()
  expect(await outcome('4321')).toBe('not-wanted ?')
})

test('a wrong PIN costs one try and is never entered again; the right one is, while two are left', async () => {
  const { modem, sim } = await waiting()
  expect(await outcome('1111')).toBe('refused 2')
  await until(() => modem.status().simLock?.triesLeft === 2)
  expect(await outcome('1111')).toBe('known-wrong 2')
  expect(sim.card.pinTriesLeft).toBe(2)
  expect(await outcome('4321')).toBe('accepted')
  await untilState(modem, 'ready')
})

test('the last try is spent on the owner’s explicit word only', async () => {
  const { modem, sim } = await waiting()
  await outcome('1111')
  expect(await outcome('2222')).toBe('refused 1')
  expect(await outcome('4321')).toBe('last-try 1')
  expect(await outcome('4321')).toBe('last-try 1')
  expect(sim.card.pinTriesLeft).toBe(1)
  expect(await outcome('4321', { lastTry: true })).toBe('accepted')
  await untilState(modem, 'ready')
})

test('a last try that fails says that the SIM wants its PUK, and no PIN is entered after it', async () => {
  const { modem, sim } = await waiting()
  await outcome('1111')
  await outcome('2222')
  expect(await outcome('3333', { lastTry: true })).toBe('puk 0')
  await until(() => modem.status().simLock?.wants === 'puk')
  const entries = () => sim.commandLines.filter((line) => line.startsWith('AT+CPIN=')).length
  const before = entries()
  expect(await outcome('4321', { lastTry: true })).toBe('puk 0')
  expect(entries()).toBe(before)
  await untilState(modem, 'sim-locked')
  expect(modem.status().reason).toContain('PUK')
  expect(modem.status().simLock?.pukTriesLeft).toBe(10)
})

test.each(['ec25', 'sim7600'] as const)('the tries of the PUK are told by a %s, too', async (family) => {
  await waiting({ family })
  for (const [pin, more] of [['1111'], ['2222'], ['3333', { lastTry: true }]] as const) await outcome(pin, more)
  gateway.sim.card.pukTriesLeft = 7
  await until(() => gateway.modem.status().simLock?.pukTriesLeft === 7)
  expect(gateway.modem.status().simLock).toEqual({ wants: 'puk', triesLeft: 0, isTold: true, pukTriesLeft: 7 })
})

test('where the module does not tell the tries, our own entries count, over restarts of the service', async () => {
  const pins = () => new PinRecord(entries, Date.now)
  const entries = new VolatilePinEntries()
  await waiting({ family: 'sara' }, { pins: pins() })
  expect(gateway.modem.status().simLock).toMatchObject({ wants: 'pin', triesLeft: 3, isTold: false })
  expect(await outcome('1111')).toBe('refused ?')
  expect(await outcome('2222')).toBe('refused ?')
  await until(() => gateway.modem.status().simLock?.triesLeft === 1)
  expect(await outcome('4321')).toBe('last-try ?')
  expect(await outcome('4321', { lastTry: true })).toBe('accepted')
  await untilState(gateway.modem, 'ready')
})

test('a PIN that is remembered opens this SIM after a loss of power, and no other SIM', async () => {
  const { modem, sim } = await waiting()
  expect(await outcome('4321', { remember: true })).toBe('accepted, remembered')
  await untilState(modem, 'ready')
  sim.unplug({ forMs: 20 })
  await untilState(modem, 'absent')
  await untilState(modem, 'ready')
  await gateway.close()

  const other = await waiting({ iccid: '8949000000000000999' })
  await until(() => other.sim.commandLines.filter((line) => line === 'AT+CPIN?').length >= 3)
  expect(other.sim.card.pinTriesLeft).toBe(3)
})

test('a remembered PIN that the SIM refuses is forgotten, and one that is forgotten is not entered', async () => {
  gateway = await Gateway.open({ pin: '4321' }, { keptPins: kept })
  const { modem, sim } = gateway
  await kept.keep(sim.card.iccid, '9999')
  modem.start()
  await untilState(modem, 'sim-locked')
  expect(await kept.of(sim.card.iccid)).toBeUndefined()
  expect(sim.card.pinTriesLeft).toBe(2)
  await outcome('4321', { remember: true })
  await untilState(modem, 'ready')
  await modem.forgetPin()
  sim.unplug({ forMs: 20 })
  await untilState(modem, 'absent')
  await untilState(modem, 'sim-locked')
})

test('the configured PIN stays possible, and a person’s comes before it', async () => {
  const { modem, sim } = await waiting({}, { pin: '1111' })
  expect(sim.card.pinTriesLeft).toBe(2)
  expect(await outcome('4321')).toBe('accepted')
  await untilState(modem, 'ready')
})

test('of two PINs at once the second is told to wait, and a PIN for a modem that is away is not kept for later', async () => {
  const { modem, sim } = await waiting()
  const first = outcome('4321')
  expect(await outcome('5555')).toBe('busy ?')
  expect(await first).toBe('accepted')
  await untilState(modem, 'ready')
  sim.unplug()
  await untilState(modem, 'absent')
  expect(await outcome('4321')).toBe('unavailable ?')
})
