/**
 * The world of one scenario file: simulated modems on a radio network, and the real driver on each, with what the service
 * puts around it to send and receive texts; all in memory. The driver's waits are shortened where the modem answers at once
 * or never; one with timing of its own has those of the service.
 */
import { Modem } from '../../../modem/modem.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { SimulatedMmsc } from '../../../modem/sim/mmsc.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork, type RadioNetworkOptions } from '../../../modem/sim/network.ts'
import type { SimulatedModemOptions } from '../../../modem/sim/options.ts'
import type { Person } from '../../../modem/sim/person.ts'
import type { ModemTimings } from '../../../modem/timings.ts'
import type { Log } from '../../log.ts'
import { SmsTransport } from '../../transports/sms.ts'
import { SmsInbound } from '../../transports/sms-inbound.ts'
import { ActionError } from '../action.ts'
import type { MmsWorld } from '../mms-actions.ts'
import { findModem, type WorldModem } from '../radio-world.ts'
import { ScenarioInbox } from './inbox.ts'
import { Outgoing } from './outgoing.ts'
import { ScenarioPictures } from './pictures.ts'

const SHORT_WAITS: Partial<ModemTimings> = {
  reopenFirstMs: 50,
  reopenMaxMs: 500,
  commandTimeoutMs: 1_000,
  slowCommandTimeoutMs: 1_000,
  listTimeoutMs: 1_000,
  promptTimeoutMs: 1_500,
  submitTimeoutMs: 2_500,
  simReadyMs: 2_000,
  smsReadyMs: 5_000,
  notReadyRetryMs: 50,
  recheckMs: 500,
  pollEveryMs: 1_000,
  routingCheckMs: 500,
  sinkRetryFirstMs: 50,
  afterHardResetMs: 100,
  rebootMs: 300,
  radioOffMs: 100,
  ringGapMs: 1_500,
  callerWaitMs: 300,
  ussdAnswerMs: 4_000,
  unregisteredMaxMs: 5_000,
  signalLostMaxMs: 5_000,
  staleOkAfterBodyMs: 1_000,
  resyncProbeTimeoutMs: 500,
  handshakeTimeoutMs: 250,
}

export interface ScenarioModemOptions extends SimulatedModemOptions {
  key: string
  /** The PIN that the driver knows. */
  givenPin?: string
  hangUpCalls?: boolean
}

export interface ScenarioModem extends WorldModem {
  driver: Modem
}

export class ScenarioWorld implements MmsWorld {
  readonly network: RadioNetwork
  readonly mmsc: SimulatedMmsc
  readonly modems: readonly ScenarioModem[]
  readonly inbox: ScenarioInbox
  readonly outgoing: Outgoing
  /** What the network said last over USSD. */
  ussdAnswer: string | undefined
  readonly #pictures: ScenarioPictures
  #isStarted = false

  private constructor(
    network: RadioNetwork,
    mmsc: SimulatedMmsc,
    modems: readonly ScenarioModem[],
    inbox: ScenarioInbox,
    outgoing: Outgoing,
    pictures: ScenarioPictures,
  ) {
    this.network = network
    this.mmsc = mmsc
    this.#pictures = pictures
    this.modems = modems
    this.inbox = inbox
    this.outgoing = outgoing
  }

  /** The modems are on; nobody drives them before `start`. */
  static async open(
    modems: readonly ScenarioModemOptions[],
    air: Partial<RadioNetworkOptions>,
    log: Log,
  ): Promise<ScenarioWorld> {
    const network = new RadioNetwork(air)
    const mmsc = new SimulatedMmsc(network)
    let outgoing: Outgoing | undefined
    const inbox = new ScenarioInbox((receipt) => outgoing?.report(receipt))
    const pictures = new ScenarioPictures(inbox, log, (name, mmscName) => outgoing?.named(name, mmscName))
    const sink = new SmsInbound(inbox, inbox, pictures.pushes)
    const own: ScenarioModem[] = []
    for (const { key, givenPin, hangUpCalls, ...options } of modems) {
      const modem = new SimulatedModem(network, options)
      const port = await modem.listen()
      const driver = new Modem({
        port: `tcp://127.0.0.1:${port}`,
        label: key,
        number: options.number,
        pin: givenPin,
        hangUpCalls,
        sink,
        clock: systemClock,
        log,
        timings: options.timing === undefined || options.timing === 'zero' ? SHORT_WAITS : {},
      })
      await pictures.connect(driver, options.number, mmsc, log)
      own.push({ key, label: key, number: options.number, port, modem, driver })
    }
    const sms = new SmsTransport(
      own.map(({ driver }) => driver),
      () => Date.now(),
    )
    outgoing = new Outgoing({ sms, mms: pictures.transport })
    return new ScenarioWorld(network, mmsc, own, inbox, outgoing, pictures)
  }

  /** The drivers set to work; a second time does nothing. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#pictures.start()
    for (const { driver } of this.modems) driver.start()
  }

  async stop(): Promise<void> {
    await this.#pictures.stop()
    for (const { driver } of this.modems) await driver.stop()
    for (const { modem } of this.modems) await modem.stop()
    await this.mmsc.stop()
    this.network.stop()
  }

  /** `a`, which actions mean by themselves, is the first where none is called so. */
  modem(nameOrNumber: string): ScenarioModem {
    const [first] = this.modems
    const isDefault = nameOrNumber === 'a' && !this.modems.some(({ key }) => key === 'a')
    return isDefault && first !== undefined ? first : findModem(this.modems, nameOrNumber)
  }

  /** Numbers and short codes as they are. */
  numberOf(nameOrNumber: string): string {
    return /^[+\d]/.test(nameOrNumber) ? nameOrNumber : this.modem(nameOrNumber).number
  }

  /** Anybody: who is written of for the first time is made up. */
  phone(nameOrNumber: string): Person {
    try {
      return this.network.person(nameOrNumber)
    } catch (error) {
      throw new ActionError('unknown-person', error instanceof Error ? error.message : String(error))
    }
  }
}
