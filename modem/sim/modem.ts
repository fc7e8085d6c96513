/**
 * A simulated modem: a SIM on a RadioNetwork, storage of limited size, and an AT command interpreter after 27.005, 27.007
 * and V.250, reached over TCP or in-process. It goes on working while nobody is attached: messages go to storage,
 * unsolicited results are lost.
 *
 *   const modem = new SimulatedModem(network, { number: '+4915550001' })
 *   const port = await modem.listen()            AT over TCP on 127.0.0.1, one client at a time (0: any free port)
 *   const wire = modem.connect()                 the same in-process, a Duplex
 *   modem.fault({ kind: 'error', family: 'cms', code: 38, times: 2 })          see faults.ts for all of them
 *   modem.unplug({ forMs: 500 }) · modem.plug() · modem.reboot({ silent: true })
 *   modem.setCoverage('denied') · modem.say('\r\n^BOOT: 1\r\n') · modem.flood(…) · modem.echoOn()
 *   modem.storage('SM').put(3, 'DEADBEEF', 0) · modem.fillStorage('SM') · modem.commandLines
 *   new SimulatedModem(network, { number, family: 'e3372' })                  see profiles.ts for all of them
 *
 * Timing: `zero`; `realistic` as the profile has it (by default 3.0 s a submission, 1.6 s while +CMMS holds the link); or
 * those times a factor. The modem assigns TP-MR, counting on over restarts; all settings are lost at one.
 */
import type { Duplex } from 'node:stream'
import { type Broadcast, pagesOf } from './broadcast.ts'
import { CallLine } from './calls.ts'
import { type SimClock, systemClock } from './clock.ts'
import type { Coverage } from './context.ts'
import { type ArmedFault, type Fault, type FaultPhase, FaultStack } from './faults.ts'
import { fillWithOldTexts, storagesOf } from './memories.ts'
import { Misbehaviour } from './misbehaviour.ts'
import type { RadioNetwork } from './network.ts'
import {
  cardFor,
  imeiFor,
  profileFor,
  type SimulatedModemOptions,
  timingFactor,
  type UnplugOptions,
  USSD_ANSWERS,
} from './options.ts'
import { Plug } from './plug.ts'
import type { ModemProfile, Pace } from './profile.ts'
import { isServed, Radio } from './radio.ts'
import { Receiver, type ReceiverHost } from './receiver.ts'
import { registrationLines } from './registration.ts'
import type { SessionHost } from './session.ts'
import type { Settings } from './settings.ts'
import type { SimCard } from './simcard.ts'
import type { OfferOutcome, Subscription } from './station.ts'
import type { MessageStorage } from './storage.ts'
import { airTime, type TransmitterHost, transmit } from './transmitter.ts'
import { Uptime } from './uptime.ts'
import { UssdService } from './ussd.ts'

/** Command lines remembered; the oldest fall out. */
const COMMAND_LINES_MAX = 10_000

export class SimulatedModem implements SessionHost, ReceiverHost {
  readonly name: string
  readonly imei: string
  readonly clock: SimClock
  readonly card: SimCard
  readonly faults = new FaultStack()
  readonly ussd: UssdService
  readonly calls: CallLine
  readonly cnmaTimeoutMs: number
  readonly networkSmsc: string
  readonly commandLines: string[] = []
  smsc: string
  signalQuality = 20
  /** Called at every step of a command, before what faults do there. */
  onPhase: (phase: FaultPhase, command: string) => void = () => {}
  /** Called with what it is about to write, and with each command line as it comes. */
  onTraffic: (from: 'modem' | 'host', text: string) => void = () => {}
  private readonly timingFactor: number
  private readonly subscription: Subscription
  private readonly receiver: Receiver
  private readonly wire: Plug
  private readonly uptime: Uptime
  private readonly misbehaviour: Misbehaviour
  private currentProfile: ModemProfile
  private currentStorages: ReadonlyMap<string, MessageStorage>
  private readonly radio: Radio
  private isRestarting = false

  constructor(network: RadioNetwork, options: SimulatedModemOptions) {
    this.name = options.name ?? options.number
    this.imei = imeiFor(options)
    this.clock = options.clock ?? systemClock
    this.currentProfile = profileFor(options)
    this.card = cardFor(options)
    this.currentStorages = storagesOf(this.profile)
    this.cnmaTimeoutMs = options.cnmaTimeoutMs ?? 15_000
    this.networkSmsc = network.smsc
    this.smsc = network.smsc
    this.timingFactor = timingFactor(options)
    const notify = (line: string) => this.notify(line)
    this.ussd = new UssdService({
      clock: this.clock,
      answers: options.ussd ?? USSD_ANSWERS,
      coding: () => this.profile.ussdCoding,
      delayMs: () => this.paceMs('ussdMs'),
      notify,
    })
    this.calls = new CallLine({
      clock: this.clock,
      isSet: (name) => (this.settings.flags[name] ?? '0').startsWith('1'),
      missedLines: () => this.profile.missedCallLines,
      notify,
    })
    this.radio = new Radio(
      this.clock,
      () => this.paceMs('registerMs'),
      options.coverage ?? 'home',
      (coverage) => this.coverageChanged(coverage),
    )
    this.uptime = new Uptime(this, { paceMs: (what) => this.paceMs(what), factor: this.timingFactor })
    this.misbehaviour = new Misbehaviour(this.faults, this)
    this.receiver = new Receiver(this)
    this.wire = new Plug(this.clock, this.faults, {
      bytes: (chunk) => this.heard(chunk),
      detached: () => {
        this.misbehaviour.detached()
        this.receiver.listenerGone()
      },
    })
    this.subscription = network.attach(options.number, {
      offer: (tpdu) => this.offer(tpdu),
      reportFate: () => this.receiver.reportFate(),
    })
    this.uptime.begin(true)
  }

  get number(): string {
    return this.card.number
  }

  get profile(): ModemProfile {
    return this.currentProfile
  }

  get storages(): ReadonlyMap<string, MessageStorage> {
    return this.currentStorages
  }

  get isSmsReady(): boolean {
    return this.uptime.isSmsReady
  }

  get isHung(): boolean {
    return this.misbehaviour.isHung
  }

  get answerMs(): number {
    return this.paceMs('answerMs')
  }

  get settings(): Settings {
    return this.uptime.settings
  }

  get isPlugged(): boolean {
    return this.wire.isPlugged
  }

  get isAttached(): boolean {
    return this.wire.isAttached
  }

  /** What the radio finds, as far as the SIM and +CFUN let it look. */
  get coverage(): Coverage {
    return this.radio.coverage
  }

  /** AT over TCP on 127.0.0.1. Resolves with the port, rejects when it is taken. */
  listen(port = 0): Promise<number> {
    return this.wire.listen(port)
  }

  /** The TE's end of an in-process wire. Throws Error when unplugged or when somebody else is attached. */
  connect(): Duplex {
    return this.wire.connect()
  }

  /** Arms a fault, on top of those that are armed. */
  fault(fault: Fault): ArmedFault {
    return this.faults.arm(fault)
  }

  /** Cuts the wire; connections are refused until `plug()` or `forMs` has passed. */
  unplug(options: UnplugOptions = {}): void {
    if (options.power !== 'kept') this.powerOff()
    this.wire.pull(options.forMs, () => void this.plug())
  }

  /** Plugs the modem in again, on the same TCP port. Resolves once it listens. */
  async plug(): Promise<void> {
    if (!this.wire.putIn()) return
    if (this.uptime.session === undefined) this.uptime.begin(false)
    await this.wire.reopen()
  }

  /** Restarts with the wire in place: settings lost, running command never answered. Silent: without boot lines. */
  reboot(options: { silent?: boolean } = {}): void {
    this.powerOff()
    this.uptime.begin(options.silent ?? false)
  }

  /** Another module stands in its place from now on, empty and newly started. Throws RangeError for no known family. */
  async become(family: string): Promise<void> {
    const profile = profileFor({ family })
    this.unplug()
    this.currentProfile = profile
    this.currentStorages = storagesOf(profile)
    await this.plug()
  }

  setCoverage(coverage: Coverage): void {
    this.radio.offer(coverage)
  }

  /** Takes the SIM out or puts it in. */
  setCardInserted(isInserted: boolean): void {
    this.card.isInserted = isInserted
    this.radioChanged()
  }

  /** A cell broadcast reaches it, page by page. Throws RangeError for a text of more than 15 pages. */
  broadcast(broadcast: Broadcast): void {
    for (const page of pagesOf(broadcast)) {
      if (this.radio.isServed) this.receiver.page(broadcast.messageId, page)
    }
  }

  /** Writes to the TE as it is. */
  say(text: string): void {
    this.wire.write(text)
  }

  /** `bytes` of hostile lines (or, without `lineEnds`, of one endless one). */
  flood(bytes: number, lineEnds = true): void {
    this.wire.flood(bytes, lineEnds)
  }

  /** Echo is on again, as after a restart, with all else in place. */
  echoOn(): void {
    this.settings.echo = true
  }

  /** Throws RangeError for a memory that this modem lacks. */
  storage(name: string): MessageStorage {
    const storage = this.storages.get(name)
    if (storage === undefined) throw new RangeError(`the modem has no memory called ${name}`)
    return storage
  }

  /**
   * Puts octets (SCA and TPDU in hex, or anything at all) into a memory, unknown to the network, and says so as for a new
   * message. Returns the slot, undefined when full. Throws RangeError for a memory or slot that is not there.
   */
  plant(name: string, storedHex: string, index?: number): number | undefined {
    const storage = this.storage(name)
    if (index !== undefined && !storage.holds(index)) throw new RangeError(`${name} has no slot ${index}`)
    const slot = index === undefined ? storage.add(storedHex, 0) : storage.put(index, storedHex, 0)
    if (slot !== undefined) this.receiver.stored(name, slot.index)
    return slot?.index
  }

  /** Fills a memory with old texts, unknown to the network. */
  fillStorage(name: string): void {
    fillWithOldTexts(this.storage(name), this.networkSmsc, this.clock.nowMs())
  }

  /** Empties a memory from outside, as if the SIM had been cleaned elsewhere. */
  clearStorage(name: string): void {
    this.storage(name).clear()
    this.roomMade()
  }

  /** Switches off for good. */
  async stop(): Promise<void> {
    this.powerOff()
    await this.wire.end()
  }

  // What the session asks of the modem.

  seen(line: string): void {
    this.onTraffic('host', line)
    this.uptime.heard(line)
    this.commandLines.push(line)
    if (this.commandLines.length > COMMAND_LINES_MAX) this.commandLines.splice(0, COMMAND_LINES_MAX >> 2)
  }

  write(text: string): void {
    if (this.isHung) return
    this.onTraffic('modem', text)
    this.wire.write(text)
  }

  phase(phase: FaultPhase, command: string): void {
    this.onPhase(phase, command)
    this.misbehaviour.at(phase, command)
  }

  answered(command: string, succeeded: boolean): void {
    if (command === '+CMGS' && succeeded) this.phase('after-result', command)
    this.phase('after-answer', command)
    if (!this.isRestarting) return
    this.isRestarting = false
    this.reboot()
  }

  async prompt(expectedCharacters: number): Promise<string | undefined> {
    const { session } = this.uptime
    if (session === undefined) return never()
    this.phase('before-prompt', '+CMGS')
    if (!session.isLive) return never()
    const body = session.prompt(this.profile.promptText, expectedCharacters >> 1, () => this.phase('in-body', '+CMGS'))
    this.phase('after-prompt', '+CMGS')
    return body
  }

  async transmit(tpdu: Uint8Array): Promise<number> {
    const { session } = this.uptime
    this.phase('after-body', '+CMGS')
    await airTime(this.transmitting)
    if (session?.isLive !== true) return never()
    const reference = transmit(tpdu, this.transmitting, this.subscription)
    this.phase('after-accept', '+CMGS')
    return session.isLive ? reference : never()
  }

  noiseBeforeAnswer(): string | undefined {
    return this.uptime.noiseBeforeAnswer()
  }

  acknowledge(isPositive: boolean): boolean {
    return this.receiver.acknowledge(isPositive)
  }

  routingChanged(): void {
    this.receiver.routingChanged()
    // After the answer: what waited at the service centre comes when +CNMI has been said OK to.
    this.clock.after(0, () => this.subscription.news('listening'))
  }

  roomMade(): void {
    this.receiver.roomMade()
    this.subscription.news('memory-available')
  }

  radioChanged(): void {
    this.radio.setOn(this.uptime.session !== undefined && this.settings.cfun === 1 && this.card.state === 'ready')
  }

  restart(): void {
    this.isRestarting = true
  }

  notify(line: string): void {
    this.unsolicited(`\r\n${line}\r\n`)
  }

  // What the receiver asks of the modem.

  unsolicited(text: string): void {
    const { unsolicitedEnd } = this.profile
    this.uptime.session?.unsolicited(unsolicitedEnd === '\r\n' ? text : text.replaceAll('\r\n', unsolicitedEnd))
  }

  private heard(chunk: Buffer): void {
    if (!this.isHung) this.uptime.session?.bytes(chunk)
    else if (this.misbehaviour.hearsRestart(chunk)) this.reboot()
  }

  private offer(tpdu: Uint8Array): Promise<OfferOutcome> {
    return this.radio.isServed ? this.receiver.offer(tpdu) : Promise.resolve('unreachable')
  }

  private get transmitting(): TransmitterHost {
    const { clock, card, settings, smsc, radio } = this
    return { clock, card, settings, smsc, isServed: radio.isServed, paceMs: (what) => this.paceMs(what) }
  }

  private paceMs(what: keyof Pace): number {
    return this.profile.pace[what] * this.timingFactor
  }

  private powerOff(): void {
    this.misbehaviour.end()
    this.ussd.end()
    this.calls.end()
    this.uptime.end()
    this.radio.setOn(false)
    this.isRestarting = false
    this.receiver.reset()
  }

  /** Says a change of registration where the TE asked for that, and tells the network when the SIM can be reached. */
  private coverageChanged(coverage: Coverage): void {
    for (const line of registrationLines(coverage, this.settings)) this.notify(line)
    if (isServed(coverage)) this.subscription.news('reachable')
  }
}

/** What a command gets that the modem did not live to answer. */
const never = () => new Promise<never>(() => {})
