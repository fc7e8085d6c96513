/**
 * A modem whose port is lent to a connection that is dialled on it: the port is free for exactly that time, texts that come
 * meanwhile are had afterwards, and none is lost or doubled. Over a PTY, as a USB device is opened.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { makeModem, RecordingSink, SUBMIT, until, untilState } from '../../unit/modem/bench.ts'
import { hasSocat, Stick } from './stick.ts'

const OURS = '+15550000001'
const BEN = '+15550000102'
const LAST = { moreToFollow: false }

const cleaning: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleaning.splice(0).reverse()) await step()
})

async function table() {
  const network = new RadioNetwork({ retryAfterMs: 100 })
  const sim = new SimulatedModem(network, { number: OURS, family: 'ec25' })
  const stick = await Stick.plug(await sim.listen())
  const sink = new RecordingSink()
  const modem: Modem = makeModem(stick.path, sink)
  cleaning.push(
    () => network.stop(),
    () => sim.stop(),
    () => stick.pull(),
    () => modem.stop(),
  )
  modem.start()
  await untilState(modem, 'ready')
  return { network, sim, sink, modem, stick }
}

/** Texts that came, in their order. */
function texts({ pdus }: RecordingSink): string[] {
  return pdus
    .map(({ pduHex }) => decodePdu(pduHex, 'mt'))
    .flatMap((tpdu) => (tpdu.type === 'deliver' ? (tpdu.text ?? '') : []))
}

test.skipIf(!hasSocat)(
  'somebody else talks on the port, and what came meanwhile is had when it is back',
  async () => {
    const { network, sim, sink, modem, stick } = await table()
    network.person(BEN).send(OURS, 'before')
    await until(() => sink.pdus.length === 1)
    const giveBack = await modem.lend()
    expect(modem.status()).toMatchObject({ state: 'starting', reason: expect.stringContaining('lent') })
    const heard = sim.commandLines.length
    const port = openSync(stick.path, 'r+')
    writeSync(port, 'AT+CGDCONT=3,"IP","mms.sim"\r')
    await until(() => sim.commandLines.length > heard)
    expect(sim.commandLines.slice(heard)).toEqual(['AT+CGDCONT=3,"IP","mms.sim"'])
    network.person(BEN).send(OURS, 'meanwhile')
    await expect(modem.submit(SUBMIT, LAST)).rejects.toMatchObject({ stage: 'not-sent', code: 'unavailable' })
    await expect(modem.reset()).rejects.toMatchObject({ kind: 'gone' })
    await expect(modem.lend()).rejects.toMatchObject({ kind: 'gone' })
    closeSync(port)
    await giveBack()
    await untilState(modem, 'ready')
    await until(() => sink.pdus.length === 2)
    await giveBack()
    expect(texts(sink)).toEqual(['before', 'meanwhile'])
    expect(modem.status()).toMatchObject({ state: 'ready', recovery: { last: undefined } })
  },
  20_000,
)

test('it is lent between two texts, never inside of one', async () => {
  const network = new RadioNetwork()
  const sim = new SimulatedModem(network, { number: OURS })
  const modem = makeModem(`tcp://127.0.0.1:${await sim.listen()}`, new RecordingSink())
  cleaning.push(
    () => network.stop(),
    () => sim.stop(),
    () => modem.stop(),
  )
  network.person(BEN)
  modem.start()
  await untilState(modem, 'ready')
  const [part] = split('hello', { reference: 0 })
  if (part === undefined) throw new Error('a text has a part')
  const tpdu = encodeSubmit({ ...part, address: addressOf(BEN) })
  let lending: Promise<() => Promise<void>> | undefined
  const beforeBody = async () => {
    lending = modem.lend()
  }
  await expect(modem.submit(tpdu, { ...LAST, beforeBody })).resolves.toHaveProperty('messageReference')
  const giveBack = await lending
  await until(() => !sim.isAttached)
  await giveBack?.()
  await untilState(modem, 'ready')
})

test('a port that nobody returns is taken back by itself', async () => {
  const network = new RadioNetwork()
  const sim = new SimulatedModem(network, { number: OURS })
  const modem = makeModem(`tcp://127.0.0.1:${await sim.listen()}`, new RecordingSink(), { timings: { lentMaxMs: 30 } })
  cleaning.push(
    () => network.stop(),
    () => sim.stop(),
    () => modem.stop(),
  )
  await expect(modem.lend()).rejects.toMatchObject({ kind: 'gone' })
  modem.start()
  await untilState(modem, 'ready')
  const giveBack = await modem.lend()
  await untilState(modem, 'ready')
  await giveBack()
  expect(modem.status().state).toBe('ready')
})
