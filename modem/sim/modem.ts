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
 *   modem.storage('SM').put(3, 'DEADBEEF', 0) · modem.fillStorage('SM')
 *   modem.commandLines                           what the TE asked for, oldest first
 *   await modem.stop()
 *
 *   new SimulatedModem(network, { number, family: 'e3372' })                  see profiles.ts for all of them
 *
 * Timing: `zero`; `realistic` as the profile has it (by default 3.0 s a submission, 1.6 s while +CMMS holds the link); or
 * those times a factor.
 * The modem assigns TP-MR, counting on over restarts. All settings are lost at a restart.
 */
import { type Duplex, duplexPair } from 'node:stream'
import { addressOf } from '../pdu/address.ts'
import { encodeDeliver, pduHex } from '../pdu/encode.ts'
import { split } from '../pdu/segments.ts'
import { timestampOf } from '../pdu/timestamp.ts'
import { type Broadcast, pagesOf } from './broadcast.ts'
import { CallLine } from './calls.ts'
import { pause, type SimClock, systemClock } from './clock.ts'
import { GENERAL_COMMANDS } from './commands/general.ts'
import { MESSAGE_COMMANDS } from './commands/messages.ts'
import { CELL, NETWORK_COMMANDS } from './commands/network.ts'
import { COVERAGE_STAT, type CommandHandler, type Coverage } from './context.ts'
import { cmsError } from './failure.ts'
import { type ArmedFault, type Fault, type FaultOf, type FaultPhase, FaultStack } from './faults.ts'
import { JoinedStorage } from './joinedstorage.ts'
import type { RadioNetwork } from './network.ts'
import { Noise } from './noise.ts'
import { DEFAULT_PROFILE, type ModemProfile, type Pace } from './profile.ts'
import { familyProfile } from './profiles.ts'
import { isServed, Radio } from './radio.ts'
import { Receiver, type ReceiverHost } from './receiver.ts'
import { AtSession, type SessionHost } from './session.ts'
import { type Settings, settingsAtStart } from './settings.ts'
import { SimCard } from './simcard.ts'
import type { OfferOutcome, ReportFate, Subscription } from './station.ts'
import { MessageStorage } from './storage.ts'
import { TcpPort } from './tcpport.ts'
import { TeLink } from './telink.ts'
import { type UssdAnswer, UssdService } from './ussd.ts'

/** Command lines remembered; the oldest fall out. */
const COMMAND_LINES_MAX = 10_000

const USSD_ANSWERS: Readonly<Record<string, UssdAnswer>> = {
  '*100#': 'Balance: 12.34 EUR',
  '*101#': { text: '1 Balance\n2 Top up', replies: { '1': 'Balance: 12.34 EUR', '2': 'Sent.' } },
}

const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  Object.entries({ ...GENERAL_COMMANDS, ...NETWORK_COMMANDS, ...MESSAGE_COMMANDS }),
)

export interface SimulatedModemOptions {
  /** E.164 of the SIM. */
  number: string
  name?: string
  imei?: string
  imsi?: string
  iccid?: string
  pin?: string
  puk?: string
  /** One of `FAMILIES`; what `profile` says goes before it. */
  family?: string
  profile?: Partial<ModemProfile>
  /** `zero` (default), `realistic`, or realistic times a factor. */
  timing?: 'zero' | 'realistic' | { factor: number }
  coverage?: Coverage
  /** How long a +CMT or +CDS waits for its +CNMA. */
  cnmaTimeoutMs?: number
  /** Answers to USSD requests; menus wait for replies. */
  ussd?: Readonly<Record<string, UssdAnswer>>
  clock?: SimClock
}

export interface UnplugOptions {
  /** Plugged in again by itself after this; otherwise by `plug()`. */
  forMs?: number
  /** `lost` (default): the modem is off meanwhile and starts anew. `kept`: only the wire to it is cut. */
  power?: 'lost' | 'kept'
}

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
  private readonly timingFactor: number
  private readonly subscription: Subscription
  private readonly receiver: Receiver
  private readonly link: TeLink
  private readonly port: TcpPort
  private currentProfile: ModemProfile
  private currentStorages: ReadonlyMap<string, MessageStorage>
  private currentSettings: Settings
  private noise: Noise | undefined
  private isMessagingReady = false
  /** What makes it speak again; undefined as long as it does. */
  private hungUntil: FaultOf<'hang'>['cure'] | undefined
  private session: AtSession | undefined
  private readonly radio: Radio
  private plugged = true
  private isRestarting = false
  private cancelTimer: (() => void) | undefined
  private cancelReplug: (() => void) | undefined

  constructor(network: RadioNetwork, options: SimulatedModemOptions) {
    const digits = options.number.replace(/\D/g, '').slice(-10).padStart(10, '0')
    this.name = options.name ?? options.number
    this.imei = options.imei ?? `86000${digits}`
    this.clock = options.clock ?? systemClock
    this.currentProfile = {
      ...DEFAULT_PROFILE,
      ...(options.family === undefined ? {} : familyProfile(options.family)),
      ...options.profile,
    }
    this.card = new SimCard({
      number: options.number,
      imsi: options.imsi ?? `26299${digits}`,
      iccid: options.iccid ?? `894929900${digits}`,
      ...(options.pin === undefined ? {} : { pin: options.pin }),
      ...(options.puk === undefined ? {} : { puk: options.puk }),
    })
    this.currentStorages = storagesOf(this.profile)
    this.cnmaTimeoutMs = options.cnmaTimeoutMs ?? 15_000
    this.networkSmsc = network.smsc
    this.smsc = network.smsc
    const { timing = 'zero' } = options
    this.timingFactor = typeof timing === 'object' ? timing.factor : timing === 'realistic' ? 1 : 0
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
    this.currentSettings = settingsAtStart(this.profile)
    this.receiver = new Receiver(this)
    this.link = new TeLink(this.clock, this.faults, {
      bytes: (chunk) => this.heard(chunk),
      detached: () => {
        if (this.hungUntil === 'reopen') this.hungUntil = undefined
        this.receiver.listenerGone()
      },
    })
    this.port = new TcpPort((socket) => this.link.attach(socket))
    this.subscription = network.attach(options.number, {
      offer: (tpdu) => this.offer(tpdu),
      reportFate: () => this.reportFate(),
    })
    this.powerOn(true)
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
    return this.isMessagingReady
  }

  get isHung(): boolean {
    return this.hungUntil !== undefined
  }

  get answerMs(): number {
    return this.paceMs('answerMs')
  }

  get settings(): Settings {
    return this.currentSettings
  }

  get isPlugged(): boolean {
    return this.plugged
  }

  get isAttached(): boolean {
    return this.link.isAttached
  }

  /** What the radio finds, as far as the SIM and +CFUN let it look. */
  get coverage(): Coverage {
    return this.radio.coverage
  }

  /** AT over TCP on 127.0.0.1. Resolves with the port, rejects when it is taken. */
  listen(port = 0): Promise<number> {
    return this.port.listen(port)
  }

  /** The TE's end of an in-process wire. Throws Error when unplugged or when somebody else is attached. */
  connect(): Duplex {
    const [ours, theirs] = duplexPair()
    if (!this.plugged) throw new Error('the modem is unplugged')
    if (!this.link.attach(ours)) throw new Error('somebody else is attached to the modem')
    // A pair does not hand on its end by itself, a cut wire does.
    ours.once('close', () => setImmediate(() => theirs.destroy()))
    return theirs
  }

  /** Arms a fault, on top of those that are armed. */
  fault(fault: Fault): ArmedFault {
    return this.faults.arm(fault)
  }

  /** Cuts the wire; connections are refused until `plug()` or `forMs` has passed. */
  unplug(options: UnplugOptions = {}): void {
    this.plugged = false
    this.cancelReplug?.()
    if (options.power !== 'kept') this.powerOff()
    this.link.detach()
    this.port.close()
    if (options.forMs !== undefined) {
      this.cancelReplug = this.clock.after(options.forMs, () => {
        void this.plug()
      })
    }
  }

  /** Plugs the modem in again, on the same TCP port. Resolves once it listens. */
  async plug(): Promise<void> {
    this.cancelReplug?.()
    if (this.plugged) return
    this.plugged = true
    if (this.session === undefined) this.powerOn(false)
    await this.port.reopen()
  }

  /** Restarts with the wire in place: settings lost, running command never answered. Silent: without boot lines. */
  reboot(options: { silent?: boolean } = {}): void {
    this.powerOff()
    this.powerOn(options.silent ?? false)
  }

  /** Another module stands in its place from now on, empty and newly started. Throws RangeError for no known family. */
  async become(family: string): Promise<void> {
    const profile = { ...DEFAULT_PROFILE, ...familyProfile(family) }
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
    this.link.write(text)
  }

  /** `bytes` of hostile lines (or, without `lineEnds`, of one endless one). */
  flood(bytes: number, lineEnds = true): void {
    const piece = lineEnds ? '\r\n+CMTI: "SM",99999\r\nOK\r\n\x00\xff^NOISE: "> \r\n' : 'A'.repeat(64)
    for (let sent = 0; sent < bytes; sent += piece.length) this.link.write(piece)
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
    const storage = this.storage(name)
    for (let n = 1; !storage.isFull; n++) {
      const [part] = split(`old text ${n}`, { reference: 0 })
      if (part === undefined) return
      const deliver = encodeDeliver({
        ...part,
        address: addressOf('+4915559999'),
        scts: timestampOf(this.clock.nowMs(), 0),
      })
      storage.add(pduHex(deliver, addressOf(this.networkSmsc)), 1)
    }
  }

  /** Empties a memory from outside, as if the SIM had been cleaned elsewhere. */
  clearStorage(name: string): void {
    const storage = this.storage(name)
    for (const { index } of storage.slots()) storage.remove(index)
    this.roomMade()
  }

  /** Switches off for good. */
  async stop(): Promise<void> {
    this.cancelReplug?.()
    this.powerOff()
    this.link.detach()
    await this.port.close()
  }

  // What the session asks of the modem.

  seen(line: string): void {
    this.noise?.heard(line)
    this.commandLines.push(line)
    if (this.commandLines.length > COMMAND_LINES_MAX) this.commandLines.splice(0, COMMAND_LINES_MAX >> 2)
  }

  write(text: string): void {
    if (!this.isHung) this.link.write(text)
  }

  phase(phase: FaultPhase, command: string): void {
    if (phase === 'before-command') this.hungUntil ??= this.faults.take('hang', command)?.cure
    const unplug = this.faults.take('unplug', command, (fault) => fault.phase === phase)
    if (unplug !== undefined) {
      const { forMs, power } = unplug
      this.unplug({ ...(forMs === undefined ? {} : { forMs }), ...(power === undefined ? {} : { power }) })
      return
    }
    const reboot = this.faults.take('reboot', command, (fault) => fault.phase === phase)
    if (reboot !== undefined) this.reboot({ silent: reboot.silent ?? false })
  }

  answered(command: string, succeeded: boolean): void {
    if (command === '+CMGS' && succeeded) this.phase('after-result', command)
    this.phase('after-answer', command)
    if (!this.isRestarting) return
    this.isRestarting = false
    this.reboot()
  }

  async prompt(expectedCharacters: number): Promise<string | undefined> {
    const { session } = this
    if (session === undefined) return never()
    this.phase('before-prompt', '+CMGS')
    if (!session.isLive) return never()
    const body = session.prompt(this.profile.promptText, expectedCharacters >> 1, () => this.phase('in-body', '+CMGS'))
    this.phase('after-prompt', '+CMGS')
    return body
  }

  async transmit(tpdu: Uint8Array): Promise<number> {
    const { session } = this
    await this.airTime()
    if (session?.isLive !== true) return never()
    if (!this.radio.isServed) throw cmsError(331)
    if (this.smsc === '') throw cmsError(330)
    const reference = this.card.nextReference()
    const numbered = Uint8Array.from(tpdu)
    numbered[1] = reference
    const submission = this.subscription.submit(numbered)
    if (!submission.accepted) throw cmsError(submission.cause)
    this.phase('after-accept', '+CMGS')
    return session.isLive ? reference : never()
  }

  noiseBeforeAnswer(): string | undefined {
    return this.noise?.beforeAnswer()
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
    this.radio.setOn(this.session !== undefined && this.settings.cfun === 1 && this.card.state === 'ready')
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
    this.session?.unsolicited(unsolicitedEnd === '\r\n' ? text : text.replaceAll('\r\n', unsolicitedEnd))
  }

  /** A modem that has fallen silent hears at most that it shall restart. */
  private heard(chunk: Buffer): void {
    if (!this.isHung) this.session?.bytes(chunk)
    else if (this.hungUntil === 'restart' && chunk.toString('latin1').toUpperCase().includes('+CFUN=1,1')) this.reboot()
  }

  private offer(tpdu: Uint8Array): Promise<OfferOutcome> {
    return this.radio.isServed ? this.receiver.offer(tpdu) : Promise.resolve('unreachable')
  }

  private reportFate(): ReportFate {
    const fault = this.faults.take('report', '*')
    return {
      copies: fault?.fate === 'lost' ? 0 : fault?.fate === 'duplicate' ? 2 : 1,
      delayMs: fault?.delayMs ?? (fault?.fate === 'slow' ? 5_000 : 0),
    }
  }

  private async airTime(): Promise<void> {
    if (this.timingFactor === 0) return
    const { settings } = this
    const isLinked = settings.cmms !== 0 && this.clock.nowMs() <= settings.linkHeldUntilMs
    await pause(this.clock, this.paceMs(isLinked ? 'submitLinkedMs' : 'submitMs'))
    settings.linkHeldUntilMs = this.clock.nowMs() + this.paceMs('linkHeldMs')
  }

  private powerOn(isSilent: boolean): void {
    this.currentSettings = settingsAtStart(this.profile)
    this.card.reset()
    const start = () => {
      this.session = new AtSession(this, COMMANDS)
      if (!isSilent) for (const line of this.bootLines()) this.notify(line)
      this.chatter()
      this.radioChanged()
      const ready = () => {
        this.isMessagingReady = true
        if (!isSilent) for (const line of this.profile.smsReadyLines) this.notify(line)
      }
      const smsReadyMs = this.paceMs('smsReadyMs')
      if (smsReadyMs === 0) ready()
      else this.cancelTimer = this.clock.after(smsReadyMs, ready)
    }
    const bootMs = this.paceMs('bootMs')
    if (bootMs === 0) start()
    else this.cancelTimer = this.clock.after(bootMs, start)
  }

  private chatter(): void {
    const { noise } = this.profile
    if (noise === undefined) return
    const say = (line: string) => {
      if (this.isAttached) this.notify(line)
    }
    this.noise = new Noise({ clock: this.clock, chatter: noise, factor: this.timingFactor, say })
  }

  private paceMs(what: keyof Pace): number {
    return this.profile.pace[what] * this.timingFactor
  }

  /** The SIM's line says what state the SIM is in. */
  private bootLines(): readonly string[] {
    const { state } = this.card
    const cardLine =
      state === 'ready' ? 'READY' : state === 'pin' ? 'SIM PIN' : state === 'puk' ? 'SIM PUK' : 'NOT READY'
    return this.profile.bootLines.map((line) => (line === '+CPIN: READY' ? `+CPIN: ${cardLine}` : line))
  }

  private powerOff(): void {
    this.cancelTimer?.()
    this.hungUntil = undefined
    this.ussd.end()
    this.calls.end()
    this.noise?.end()
    this.noise = undefined
    this.isMessagingReady = false
    this.session?.end()
    this.session = undefined
    this.radio.setOn(false)
    this.isRestarting = false
    this.receiver.reset()
  }

  /** Says a change of registration where the TE asked for that, and tells the network when the SIM can be reached. */
  private coverageChanged(coverage: Coverage): void {
    const stat = COVERAGE_STAT[coverage]
    for (const name of ['+CREG', '+CGREG', '+CEREG'] as const) {
      const n = this.settings.creg[name]
      if (n > 0) this.notify(`${name}: ${stat}${n === 2 && isServed(coverage) ? `,${CELL}` : ''}`)
    }
    if (isServed(coverage)) this.subscription.news('reachable')
  }
}

function storagesOf({ memories, firstSlot, joinedMemory }: ModemProfile): ReadonlyMap<string, MessageStorage> {
  const storages = Object.entries(memories).map(([name, size]) => new MessageStorage(name, size, firstSlot))
  if (joinedMemory)
    storages.push(
      new JoinedStorage(
        'MT',
        storages.filter(({ name }) => name !== 'SR'),
      ),
    )
  return new Map(storages.map((storage) => [storage.name, storage]))
}

/** What a command gets that the modem did not live to answer. */
function never(): Promise<never> {
  return new Promise(() => {})
}
