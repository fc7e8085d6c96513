/** A simulated MMSC, and a client of ours on its proxy over the loopback interface; cleaned up afterwards. */
import { onTestFinished } from 'vitest'
import type { Bearer } from '../../../modem/mms/bearer/bearer.ts'
import { interfaceBearer } from '../../../modem/mms/bearer/interface.ts'
import type { CarrierRecord } from '../../../modem/mms/carrier.ts'
import { createMmsExchange, EXCHANGE_TIMINGS, type ExchangeTimings } from '../../../modem/mms/client.ts'
import { encodePdu } from '../../../modem/mms/encode.ts'
import type { MmscAnswer } from '../../../modem/mms/exchange.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { type Clock, type Log, systemClock } from '../../../modem/serial/surroundings.ts'
import { SimulatedMmsc, type SimulatedMmscOptions } from '../../../modem/sim/mmsc.ts'
import { simulatedCarrier } from '../../../modem/sim/mmsc-carrier.ts'
import { type HandsetDraft, sendRequestOf } from '../../../modem/sim/mmsc-handset.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'

export const US = '+4915550001'
export const BEN = '+4915550002'
export const EVE = '+4915550003'

/** Of this test: hooks of this file would be those of whichever test file loads it first. */
export function afterwards(step: () => Promise<void> | void): void {
  onTestFinished(step)
}

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

export interface WorldOptions {
  mmsc?: Partial<SimulatedMmscOptions>
  carrier?: Partial<CarrierRecord>
  bearer?: Bearer
  clock?: Clock
  timings?: Partial<ExchangeTimings>
}

export async function world(options: WorldOptions = {}) {
  const network = new RadioNetwork(options.mmsc?.clock === undefined ? {} : { clock: options.mmsc.clock })
  const mmsc = new SimulatedMmsc(network, options.mmsc)
  afterwards(() => mmsc.stop())
  afterwards(() => network.stop())
  const carrier = { ...(await simulatedCarrier(mmsc, US)), ...options.carrier }
  const exchange = createMmsExchange({
    carrier,
    bearer: options.bearer ?? interfaceBearer({ interfaceName: 'lo', dns: [] }),
    clock: options.clock ?? systemClock,
    log: silent,
    own: { msisdn: '4915550001', national: '15550001' },
    timings: { ...EXCHANGE_TIMINGS, ...options.timings },
  })
  return { network, mmsc, carrier, exchange }
}

export const PICTURE = { media: 'image/jpeg', name: 'cat.jpg', data: new Uint8Array(5000).fill(0x41) }

/** Our own m-send-req. */
export function sendRequest(draft: HandsetDraft, transactionId = 'S1'): Uint8Array {
  return encodePdu(sendRequestOf(draft, transactionId))
}

/** The PDU of an answer; fails the test when it is none. */
export function pduIn(answer: MmscAnswer) {
  if (answer.kind !== 'pdu') throw new Error(`the answer is ${JSON.stringify(answer)}`)
  return decodePdu(answer.octets)
}
