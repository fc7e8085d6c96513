/** `causeway modem …` on a driver at work on a simulated modem: what it says, and that a trace of it can be played again. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { createScout, modemPort } from '../../../src/service/modems.ts'
import { type Rig, startRig } from '../http/rig.ts'
import { makeModem, RecordingSink, until, untilState } from '../modem/bench.ts'
import { run } from './run.ts'

const OURS = '+4915550001'
const BEN = '+4915550002'

let rig: Rig
let elsewhere: string
let network: RadioNetwork
let sim: SimulatedModem
let modem: Modem

beforeAll(async () => {
  rig = await startRig()
  elsewhere = mkdtempSync(join(tmpdir(), 'causeway-cli-modem-'))
  network = new RadioNetwork()
  sim = new SimulatedModem(network, { number: OURS })
  const sink = new RecordingSink()
  modem = makeModem(`tcp://127.0.0.1:${await sim.listen()}`, sink, { label: 'kitchen' })
  // The ports of the machine that runs this are nobody's to look at.
  const { probe } = rig.ports.modems
  Object.assign(
    rig.ports.modems,
    modemPort([modem], createScout(rig.ports.log), () => [], { status: () => undefined }, { of: () => [] }),
    { probe },
  )
  modem.start()
  await untilState(modem, 'ready')
  network.person(BEN, 'Ben').send(OURS, 'recorded in')
  await until(() => sink.pdus.length === 1)
  const [part] = split('recorded out', { reference: 0 })
  if (part === undefined) throw new Error('a text has a part')
  await modem.submit(encodeSubmit({ ...part, address: addressOf(BEN) }), { moreToFollow: false })
})
afterAll(async () => {
  await modem.stop()
  await sim.stop()
  network.stop()
  await rig.stop()
  rmSync(elsewhere, { recursive: true, force: true })
})

const here = (...words: string[]) => run([...words, '--socket', rig.socketPath])

describe('trace and replay', () => {
  test('what was recorded is played again: the start, a text in, a text out', async () => {
    const file = join(elsewhere, 'whole.trace')
    expect(await here('modem', 'trace', '--unmasked', '--output', file)).toMatchObject({ code: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain(sim.imei)
    const played = await run(['modem', 'replay', file])
    expect(played).toMatchObject({ code: 0, err: '' })
    expect(played.out).toMatch(/message deliver from \+4915550002: recorded in/)
    expect(played.out).toMatch(/submitted reference 0$/m)
    expect(played.out).not.toMatch(/not-in-trace/)
  })

  test('a masked trace has no number and no text in it, and the driver gets ready on it', async () => {
    const { out } = await here('modem', 'trace')
    for (const secret of [OURS.slice(1), BEN.slice(1), sim.imei, sim.card.iccid, 'recorded']) {
      expect(out, secret).not.toContain(secret)
    }
    const file = join(elsewhere, 'masked.trace')
    writeFileSync(file, out)
    const played = await run(['modem', 'replay', file, '--json'])
    expect(played.code).toBe(0)
    const events = played.out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(events).toContainEqual(expect.objectContaining({ event: 'state', detail: expect.stringMatching(/^ready/) }))
  })

  test('a file that is not there is wrong usage', async () => {
    const absent = await run(['modem', 'replay', join(elsewhere, 'absent.trace')])
    expect([absent.code, absent.err]).toEqual([64, expect.stringMatching(/absent\.trace cannot be read/)])
  })
})

describe('at', () => {
  test('shows the answer, as JSON too', async () => {
    expect(await here('modem', 'at', 'AT+CSQ')).toMatchObject({ code: 0, out: '+CSQ: 20,99\n' })
    const { out } = await here('modem', 'at', 'AT+CSQ', '--json')
    expect(JSON.parse(out)).toMatchObject({ lines: ['+CSQ: 20,99'] })
  })

  test('what the modem refuses, and what nobody may type, fails with the reason', async () => {
    const refused = await here('modem', 'at', 'AT+NOSUCH=1')
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toMatch(/refused/)
    const forbidden = await here('modem', 'at', 'AT+CMGS=20')
    expect([forbidden.code, forbidden.out]).toEqual([1, ''])
    expect(sim.commandLines).not.toContain('AT+CMGS=20')
  })
})

test('ussd asks the network and walks through its menu', async () => {
  expect(await here('modem', 'ussd', 'kitchen', '*100#')).toMatchObject({ code: 0, out: 'Balance: 12.34 EUR\n' })
  const menu = await here('modem', 'ussd', 'kitchen', '*101#', '--reply', '1')
  expect(menu).toMatchObject({ code: 0, out: '1 Balance\n2 Top up\nBalance: 12.34 EUR\n' })
})

test('probe and reset say as JSON what they say in words', async () => {
  const [port] = (await here('modem', 'probe', '--json')).out.trim().split('\n')
  expect(JSON.parse(port ?? '')).toMatchObject({ port: '/dev/ttyUSB0', result: 'skipped' })
  const before = sim.commandLines.length
  const { code, out } = await here('modem', 'reset', '--json')
  expect([code, JSON.parse(out).label]).toEqual([0, 'kitchen'])
  expect(modem.status().state).toBe('ready')
  expect(sim.commandLines.slice(before)).toContain('AT+CFUN=1,1')
})

test('pin takes the PIN from standard input, says what is left, and leaves the last try alone until it is told', async () => {
  const withPin = (input: string, ...words: string[]) =>
    run(['modem', 'pin', ...words, '--socket', rig.socketPath], { input })
  const open = await withPin('4321\n')
  expect([open.code, open.err]).toEqual([1, expect.stringContaining('does not wait for a PIN')])
  sim.card.setPin('4321')
  sim.reboot()
  await untilState(modem, 'sim-locked')
  const wrong = await withPin('1111\n')
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('Tries left: 2. (sim-pin-refused)')])
  await withPin('2222\n')
  await untilState(modem, 'sim-locked')
  expect((await withPin('4321\n')).err).toContain('sim-pin-last-try')
  expect((await withPin('\n')).code).toBe(64)
  expect(sim.card.pinTriesLeft).toBe(1)
  await untilState(modem, 'sim-locked')
  const right = await withPin('4321\n', '--last-try', '--json')
  expect(JSON.parse(right.out)).toMatchObject({ remembered: false })
  await untilState(modem, 'ready')
  expect((await withPin('', '--forget')).out).toContain('No PIN is kept')
  sim.card.setPin(undefined)
})
