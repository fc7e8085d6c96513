/** The driver through real serialport and a PTY on every family that the simulator plays: start, out, in, storage. */
import { afterEach, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { FAMILIES } from '../../../modem/sim/profiles.ts'
import { makeModem, RecordingSink, until, untilState } from '../../unit/modem/bench.ts'
import { hasSocat, Stick } from './stick.ts'

const OURS = '+4915550001'
const BEN = '+4915550002'
const LONG = 'Ein langer Text, der in eine einzige Nachricht nicht paßt. '.repeat(6)

const cleaning: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const step of cleaning.splice(0).reverse()) await step()
})

interface Table {
  network: RadioNetwork
  sim: SimulatedModem
  sink: RecordingSink
  modem: Modem
}

async function table(family: string): Promise<Table> {
  const network = new RadioNetwork({ retryAfterMs: 100 })
  const sim = new SimulatedModem(network, { number: OURS, family, pin: '1234', timing: { factor: 0.001 } })
  const stick = await Stick.plug(await sim.listen())
  const sink = new RecordingSink()
  const modem = makeModem(stick.path, sink, { pin: '1234', timings: { listTimeoutMs: 300 } })
  cleaning.push(
    () => network.stop(),
    () => sim.stop(),
    () => stick.pull(),
    () => modem.stop(),
  )
  return { network, sim, sink, modem }
}

function texts(sink: RecordingSink): string[] {
  const found: string[] = []
  for (const { pduHex } of sink.pdus) {
    const tpdu = decodePdu(pduHex, 'mt')
    if (tpdu.type === 'deliver') found.push(tpdu.text ?? '')
  }
  return found
}

function reports(sink: RecordingSink): number[] {
  const found: number[] = []
  for (const { pduHex } of sink.pdus) {
    const tpdu = decodePdu(pduHex, 'mt')
    if (tpdu.type === 'status-report') found.push(tpdu.messageReference)
  }
  return found
}

test.runIf(hasSocat).each(Object.keys(FAMILIES))(
  '%s: ready from a full storage, a long text out with its reports, a burst in',
  async (family) => {
    const { network, sim, sink, modem } = await table(family)
    const ben = network.person(BEN, 'Ben')
    const { memoryAtStart } = sim.profile
    const { size } = sim.storage(memoryAtStart)
    sim.fillStorage(memoryAtStart)
    modem.start()
    await untilState(modem, 'ready')
    expect(modem.status()).toMatchObject({ id: `mdm_${sim.imei}`, number: OURS, iccid: sim.card.iccid })
    expect(sim.card.pinTriesLeft).toBe(3)
    expect(new Set(texts(sink)).size).toBe(size)
    expect([...sim.storages.values()].map(({ used }) => used)).toEqual([...sim.storages.keys()].map(() => 0))

    const references: number[] = []
    const parts = split(LONG, { reference: 7 })
    for (const [at, part] of parts.entries()) {
      const tpdu = encodeSubmit({ ...part, address: addressOf(BEN), statusReportRequest: true })
      references.push((await modem.submit(tpdu, { moreToFollow: at < parts.length - 1 })).messageReference)
    }
    await until(() => ben.inbox.some(({ text }) => text === LONG))
    await until(() => reports(sink).length === references.length)
    expect(reports(sink).sort()).toEqual(references.sort())

    const sent = Array.from({ length: 40 }, (_, n) => `in ${n}`)
    for (const text of sent) ben.send(OURS, text)
    await until(() => texts(sink).length >= size + sent.length)
    expect(texts(sink).slice(size).sort()).toEqual([...sent].sort())
    await until(() => [...sim.storages.values()].every(({ used }) => used === 0))
    expect(sim.settings).toMatchObject({ cmgf: 0 })
  },
)
