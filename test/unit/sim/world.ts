/** A small world for the tests of the simulator: one network, modems behind terminals over TCP, cleaned up afterwards. */
import { onTestFinished } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit, pduHex } from '../../../modem/pdu/encode.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork, type RadioNetworkOptions } from '../../../modem/sim/network.ts'
import type { SimulatedModemOptions } from '../../../modem/sim/options.ts'
import { Terminal } from './terminal.ts'

export const SIM = '+4915550001'
export const BEN = '+4915550002'

export function newNetwork(options: Partial<RadioNetworkOptions> = {}): RadioNetwork {
  const network = new RadioNetwork(options)
  onTestFinished(() => network.stop())
  return network
}

export function newModem(network: RadioNetwork, options: Partial<SimulatedModemOptions> = {}): SimulatedModem {
  const modem = new SimulatedModem(network, { number: SIM, ...options })
  onTestFinished(() => modem.stop())
  return modem
}

/** A terminal on the modem's port, which is opened unless it is given. */
export async function terminalOf(modem: SimulatedModem, port?: number): Promise<Terminal> {
  const terminal = await Terminal.overTcp(port ?? (await modem.listen()))
  onTestFinished(() => terminal.close())
  return terminal
}

/** Modem and terminal, with echo off and numeric errors. */
export async function oneModem(options: Partial<SimulatedModemOptions> = {}, setUp: readonly string[] = []) {
  const network = newNetwork()
  const modem = newModem(network, options)
  const port = await modem.listen()
  const terminal = await terminalOf(modem, port)
  for (const line of ['ATE0', 'AT+CMEE=1', ...setUp]) await terminal.command(line)
  return { network, modem, port, terminal }
}

/** SMS-SUBMIT of a short text with SCA left to the modem; a report is asked for. */
export function submitHex(to: string, text: string): string {
  const [part] = split(text, { reference: 0 })
  if (part === undefined) throw new Error('a text has a part')
  return pduHex(encodeSubmit({ ...part, address: addressOf(to), statusReportRequest: true }))
}
