/** A simulated module of one family, ready on the driver, with its world's network and MMSC; cleaned up afterwards. */
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { makeModem, RecordingSink, untilState } from '../modem/bench.ts'
import { afterwards, US, world } from './world.ts'

export async function readyModule(family: string) {
  const built = await world()
  const simulated = new SimulatedModem(built.network, { number: US, family })
  afterwards(() => simulated.stop())
  const sink = new RecordingSink()
  const modem = makeModem(`tcp://127.0.0.1:${await simulated.listen()}`, sink)
  afterwards(() => modem.stop())
  modem.start()
  await untilState(modem, 'ready')
  return { ...built, simulated, sink, modem }
}

/** So many octets of which each stretch of 256 has every value. */
export const every = (octets: number) => Uint8Array.from({ length: octets }, (_, index) => index % 256)
