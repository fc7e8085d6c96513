/** A driver on a simulated modem on a simulated network, over TCP, with small timings. */

import type { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import type { SimulatedModemOptions } from '../../../modem/sim/options.ts'
import { makeModem, RecordingSink } from '../../unit/modem/bench.ts'

export const OURS = '+4915550001'
export const BEN = '+4915550002'

export class Gateway {
  readonly network: RadioNetwork
  readonly sink = new RecordingSink()
  readonly sim: SimulatedModem
  readonly modem: Modem

  /** Where the simulated modem listens. */
  readonly simPort: number

  private constructor(
    sim: SimulatedModem,
    simPort: number,
    network: RadioNetwork,
    modem: (sink: RecordingSink) => Modem,
  ) {
    this.network = network
    this.sim = sim
    this.simPort = simPort
    this.modem = modem(this.sink)
  }

  static async open(sim: Partial<SimulatedModemOptions> = {}, driver: Partial<ModemOptions> = {}): Promise<Gateway> {
    const network = new RadioNetwork({ retryAfterMs: 100 })
    const simulated = new SimulatedModem(network, { number: OURS, ...sim })
    const port = await simulated.listen()
    return new Gateway(simulated, port, network, (sink) =>
      makeModem(driver.port ?? `tcp://127.0.0.1:${port}`, sink, driver),
    )
  }

  /** The TPDUs of a text to somebody, with status reports asked for. */
  tpdus(to: string, text: string): Uint8Array[] {
    return split(text, { reference: 7 }).map((part) =>
      encodeSubmit({ ...part, address: addressOf(to), statusReportRequest: true }),
    )
  }

  tpdu(to: string, text: string): Uint8Array {
    const [only] = this.tpdus(to, text)
    if (only === undefined) throw new Error('a text without parts')
    return only
  }

  /** How often the network took a one-part text from us. */
  accepted(text: string): number {
    return this.network.ledger.entries({ from: OURS }).filter((entry) => entry.text === text).length
  }

  async close(): Promise<void> {
    await this.modem.stop()
    await this.sim.stop()
    this.network.stop()
  }
}
