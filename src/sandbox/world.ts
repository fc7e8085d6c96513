/**
 * The world of the sandbox: simulated modems on a radio network with an MMSC, the Signal server, and people on all of them. Joins them (the
 * server's verification codes travel as text messages) and finds who is asked for. What it can be told to do is
 * `WorldConsole`.
 */
import { SimulatedMmsc } from '../../modem/sim/mmsc.ts'
import { simulatedCarrier } from '../../modem/sim/mmsc-carrier.ts'
import { SimulatedModem } from '../../modem/sim/modem.ts'
import { type NetworkDelays, RadioNetwork } from '../../modem/sim/network.ts'
import type { SimulatedModemOptions } from '../../modem/sim/options.ts'
import type { Person } from '../../modem/sim/person.ts'
import { CARRIER_ADDRESS } from '../../modem/sim/sockets.ts'
import type { Log } from '../log.ts'
import { ActionError } from './action.ts'
import type { Inhabitant } from './inhabitants.ts'
import { moveIn } from './inhabitants.ts'
import type { MmsWorld } from './mms-actions.ts'
import type { SignalPerson } from './people.ts'
import { findModem, type WorldModem } from './radio-world.ts'
import { SignalTestServer } from './signal-server.ts'

/** Slow enough to be watched, quick enough not to be waited for. */
const livelyDelays: NetworkDelays = { deliveryMs: 250, reportMs: 250 }
const livelyTiming = { factor: 0.1 }

/** Where the MMSC's pushes come from. */
const MMSC_NUMBER = '+15550000009'

const sims = [
  { key: 'a', label: 'sim-a', number: '+15550000101' },
  { key: 'b', label: 'sim-b', number: '+15550000102' },
] as const

export interface WorldOptions {
  /** An existing directory of the world's own. */
  dataDir: string
  log: Log
  /** `none` for tests; by default a little time passes on the air. */
  delays?: 'none'
  /** How long the modems take; by default as little as `delays` says. */
  timing?: 'realistic'
  /** More of the modems, by key: their family, what their SIM says. */
  modems?: Partial<Record<(typeof sims)[number]['key'], Omit<Partial<SimulatedModemOptions>, 'number'>>>
}

export class SandboxWorld implements MmsWorld {
  readonly network: RadioNetwork
  readonly mmsc: SimulatedMmsc
  readonly server: SignalTestServer
  readonly modems: readonly WorldModem[]
  readonly people: readonly Inhabitant[]

  private constructor(
    network: RadioNetwork,
    mmsc: SimulatedMmsc,
    server: SignalTestServer,
    modems: readonly WorldModem[],
    people: readonly Inhabitant[],
  ) {
    this.network = network
    this.mmsc = mmsc
    this.server = server
    this.modems = modems
    this.people = people
  }

  static async start(options: WorldOptions): Promise<SandboxWorld> {
    const { dataDir, log, delays } = options
    const network = new RadioNetwork({ countryCode: '1', smsc: '+15550000000', delays: delays ?? livelyDelays })
    const mmsc = new SimulatedMmsc(network, { number: MMSC_NUMBER })
    const failed = (error: unknown) => log.warn({ err: error }, 'somebody in the sandbox could not answer')
    const server = await SignalTestServer.start({
      dataDir,
      onVerificationCode: ({ e164, code, transport }) => {
        if (transport === 'sms') network.sender('SIGNAL').send(e164, codeText(code))
      },
    })
    const modems: WorldModem[] = []
    for (const { key, label, number } of sims) {
      const timing = options.timing ?? (delays === 'none' ? 'zero' : livelyTiming)
      const modem = new SimulatedModem(network, { number, name: label, timing, ...options.modems?.[key] })
      modems.push({ key, label, number, modem, port: await modem.listen() })
    }
    const people = await moveIn(network, server.host, failed)
    // Who has a phone has one for pictures.
    for (const { number } of people) mmsc.handset(number)
    return new SandboxWorld(network, mmsc, server, modems, people)
  }

  /** The number with the Signal account. */
  get gatewayNumber(): string {
    const [first] = this.modems
    return first?.number ?? ''
  }

  async stop(): Promise<void> {
    for (const { signal } of this.people) signal?.goOffline()
    for (const { modem } of this.modems) await modem.stop()
    await this.mmsc.stop()
    this.network.stop()
    await this.server.stop()
  }

  /**
   * What stands under `modems[].mms` for a modem: the settings of the simulated carrier, reached over this machine, or by
   * the modem's own sockets and commands.
   */
  async mmsSection(
    { number }: WorldModem,
    bearer: 'interface' | 'modem-socket' | 'ppp' | 'embedded' = 'interface',
  ): Promise<Record<string, unknown>> {
    const { apn, mmsc, proxy } = await simulatedCarrier(this.mmsc, number)
    // Only what a modem carries knows the carrier's network; what is dialled here is the loopback again.
    const host = bearer === 'modem-socket' || bearer === 'embedded' ? CARRIER_ADDRESS : proxy?.host
    const settings = { apn, mmsc, ...(proxy === null ? {} : { proxy: `${host}:${proxy.port}` }) }
    return bearer === 'interface' ? { ...settings, interface: 'lo' } : { ...settings, bearer }
  }

  /** Everybody writes a first message to the gateway, each over what they have. */
  async sayHello(): Promise<void> {
    for (const { name, phone, signal, summary } of this.people) {
      const text = `Hello, this is ${name}, who ${summary}.`
      if (signal?.onSignal) await signal.sendText(this.gatewayNumber, text)
      else phone.send(this.gatewayNumber, text)
    }
  }

  /** Throws ActionError `unknown-person`. */
  person(nameOrNumber: string): Inhabitant {
    const wanted = nameOrNumber.toLowerCase()
    const found = this.people.find(({ key, number }) => key === wanted || number === wanted)
    if (found !== undefined) return found
    const known = this.people.map(({ key }) => key).join(', ')
    throw new ActionError('unknown-person', `nobody here is called ${nameOrNumber}; there are ${known}`)
  }

  /** Throws ActionError `unknown-person`, or `impossible` for somebody without Signal. */
  signalPerson(nameOrNumber: string): SignalPerson {
    const { name, signal } = this.person(nameOrNumber)
    if (signal === undefined) throw new ActionError('impossible', `${name} has never been on Signal`)
    return signal
  }

  modem(nameOrNumber: string): WorldModem {
    return findModem(this.modems, nameOrNumber)
  }

  numberOf(nameOrNumber: string): string {
    if (nameOrNumber.startsWith('+')) return nameOrNumber
    const somebody = this.people.find(({ key }) => key === nameOrNumber.toLowerCase())
    return somebody?.number ?? this.modem(nameOrNumber).number
  }

  phone(nameOrNumber: string): Person {
    return this.person(nameOrNumber).phone
  }

  /** All modems plugged in, with coverage and without faults. */
  async healModems(): Promise<void> {
    for (const { modem } of this.modems) {
      modem.faults.clear()
      modem.setCoverage('home')
      await modem.plug()
    }
  }
}

/** As Signal's service writes it. */
function codeText(code: string): string {
  return `Your SIGNAL code is: ${code.slice(0, 3)}-${code.slice(3)}\n\nDo not share this code with anyone. Our support team will never ask for it.`
}
