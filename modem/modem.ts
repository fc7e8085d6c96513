/**
 * One modem: holds its port, keeps it alive, submits, and hands on what comes in. This class is the shell around the
 * pure `lifecycle.ts`: it carries out effects and feeds back what came of them. What happens inside a phase is done by
 * `bringup.ts` (start sequence), `reception.ts` (in), `submission.ts` (out) and `health.ts` (polling).
 *
 *   port ─ SerialTransport ─ trace ─ AtChannel ─┬─ bringUp
 *                                               ├─ Submission ◀── submit()
 *                                               ├─ UssdSession ◀── ussd(), replyUssd()
 *                                               ├─ Reception, CallWatch ───▶ ModemSink
 *                                               └─ Health
 */
import { AtChannel, type ChannelEvents } from './at/channel.ts'
import { decimal } from './at/fields.ts'
import { REGISTRATION_PREFIXES, restartModule, silenceRadio, wakeRadio } from './at/general.ts'
import { Priority } from './at/priority.ts'
import { AtError } from './at/result.ts'
import type { Urc } from './at/urc.ts'
import { bringUp, UnusableModule } from './bringup.ts'
import { selectBroadcasts } from './broadcast.ts'
import { CALL_URCS, CallWatch } from './calls.ts'
import {
  type ModemSink,
  type ModemStatus,
  ModemSubmitError,
  type SmsModem,
  type SubmitOptions,
  type UssdAnswer,
  UssdError,
} from './contract.ts'
import type { PortScout } from './discovery.ts'
import { Health, isRegistered } from './health.ts'
import { type ImeiClaimant, ImeiClaims } from './identity.ts'
import { describeLife, type Effect, type Life, type LifeEvent, NEW_LIFE, transition } from './lifecycle.ts'
import { personCommand } from './person-command.ts'
import { PinRecord, VolatilePinEntries } from './pin-record.ts'
import { type ModemProfile, profileOf, shippedProfiles } from './profile.ts'
import { Reception } from './reception.ts'
import { inWords, unlessRefused } from './refusal.ts'
import type { SerialTransport } from './serial/pipe.ts'
import { watchGone } from './serial/presence.ts'
import { type Clock, type Log, pause, within } from './serial/surroundings.ts'
import { Transcript, traced } from './serial/trace.ts'
import { openTransport } from './serial/transport.ts'
import { boardUnderVoltage, replugUsb, usbDeviceOf } from './serial/usb.ts'
import { SimBarrier } from './sim-unlock.ts'
import { StartSteps } from './start-steps.ts'
import { StatusBoard } from './status.ts'
import { MessageStorage, type StorageHabits } from './storage.ts'
import { Submission } from './submission.ts'
import { DEFAULT_TIMINGS, type ModemTimings } from './timings.ts'
import { type UssdHabits, UssdSession } from './ussd.ts'

export interface ModemOptions {
  /** `/dev/serial/by-id/…`, `tcp://host:port`, or `auto`: wherever the module answers. */
  port: string
  /** The module that this entry is for. Others are left alone. */
  imei?: string | undefined
  label?: string | undefined
  /** Own number in E.164; else the SIM is asked. */
  number?: string | undefined
  pin?: string | undefined
  /** Refuse calls once their caller is known; else they ring until the caller gives up. */
  hangUpCalls?: boolean | undefined
  /** Message identifiers of cell broadcasts to take beside the public warnings. */
  broadcastChannels?: readonly number[] | undefined
  sink: ModemSink
  clock: Clock
  log: Log
  timings?: Partial<ModemTimings> | undefined
  /** Shared by all modems of the process, so that one module is never driven through two ports. */
  claims?: ImeiClaims | undefined
  /** Shared likewise: what became of PINs. Without it that is forgotten with the process. */
  pins?: PinRecord | undefined
  /** Shared likewise: looks for modules on other ports than the configured one. */
  scout?: PortScout | undefined
  /** What families there are; those that are shipped, unless a test has others. */
  profiles?: readonly ModemProfile[] | undefined
}

/** One open port. All of it is thrown away when the port ends. */
interface Link {
  channel: AtChannel
  submission: Submission
  calls: CallWatch
  ussd: UssdSession
  /** Calls off the start sequence and the polling that belong to the present set-up. */
  setUp: AbortController
  reception: Reception | undefined
  /** Direct messages that came before there was a reception: without +CNMA the modem would stop sending more. */
  early: Urc[]
  health: Health | undefined
  /** Echoes heard. */
  echoes: number
}

/** Direct messages kept while the start sequence runs. A modem that waits for +CNMA sends one. */
const EARLY_MAX = 64
/** Said by several families, also by ones that no profile knows. */
const MEMORY_FULL_URCS: ReadonlySet<string> = new Set(['+SMS FULL', '^SMMEMFULL'])
const SETTLED: ReadonlySet<ModemStatus['state']> = new Set(['ready', 'searching', 'sim-locked', 'no-sim', 'failed'])

export class Modem implements SmsModem {
  readonly #options: ModemOptions
  readonly #timings: ModemTimings
  readonly #clock: Clock
  readonly #log: Log
  readonly #board: StatusBoard
  readonly #claims: ImeiClaims
  readonly #claimant: ImeiClaimant
  readonly #transcript: Transcript
  readonly #pinRecord: PinRecord
  readonly #profiles: readonly ModemProfile[]
  #profile: ModemProfile | undefined
  readonly #habits: StorageHabits = { unlisted: new Set(), miscounted: new Map() }
  readonly #ussdHabits: UssdHabits = { coding: undefined }
  /** What is going on and must have ended before `stop` resolves. */
  readonly #running = new Set<Promise<unknown>>()
  #life: Life = NEW_LIFE
  #link: Link | undefined
  #cancelWait: () => void = () => {}
  #cancelPoll: () => void = () => {}
  #cancelWatch: () => void = () => {}
  /** Where the module was found; the configured port until then. */
  #portNow: string
  /** Another module answered at the configured port: look elsewhere first. */
  #misplaced = false
  #releasePort: () => void = () => {}
  #usbId: string | undefined
  /** A person asked for a reset, so another module at this port is no accident. */
  #mayChangeModule = false

  constructor(options: ModemOptions) {
    this.#options = options
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings }
    this.#clock = options.clock
    this.#log = options.log
    this.#claims = options.claims ?? new ImeiClaims()
    this.#pinRecord = options.pins ?? new PinRecord(new VolatilePinEntries(), () => options.clock.nowMs())
    this.#profiles = options.profiles ?? shippedProfiles()
    this.#transcript = new Transcript(options.clock)
    this.#portNow = options.port
    this.#board = new StatusBoard(this.#blankStatus(), () => options.clock.nowMs())
    const portNow = () => this.#portNow
    this.#claimant = {
      get port() {
        return portNow()
      },
      present: () => this.#link !== undefined,
      forget: () => this.#board.update({ imei: undefined, id: this.#blankStatus().id }),
    }
  }

  get id(): string {
    return this.#board.status.id
  }

  status(): ModemStatus {
    return this.#board.status
  }

  onStatus(listener: (status: ModemStatus) => void): () => void {
    return this.#board.listen(listener)
  }

  /** The last of what went through the port, one line a chunk; `masked` hides numbers and texts. PINs are never in it. */
  transcript(masked: boolean): string {
    return this.#transcript.render(masked)
  }

  start(): void {
    this.#dispatch({ kind: 'start' })
  }

  async stop(): Promise<void> {
    this.#dispatch({ kind: 'stop' })
    await within(this.#clock, this.#timings.stopLimitMs, Promise.allSettled([...this.#running]))
  }

  async submit(tpdu: Uint8Array, options: SubmitOptions): Promise<{ messageReference: number }> {
    const { state, reason } = this.#board.status
    if (this.#link === undefined || (state !== 'ready' && state !== 'resyncing')) {
      throw new ModemSubmitError('not-sent', 'unavailable', `the modem is not ready: ${reason ?? state}`)
    }
    return this.#link.submission.submit(tpdu, options)
  }

  async command(text: string, timeoutMs: number): Promise<readonly string[]> {
    const command = personCommand(text, timeoutMs)
    const link = this.#link
    if (link === undefined) throw new AtError('gone', 'queued', 'the port is not open')
    try {
      return await link.channel.run(command, Priority.send)
    } finally {
      // It may have changed what the start sequence set, or opened the SIM.
      if (this.#life.phase === 'held') this.#dispatch({ kind: 'unsettled', reason: 'looking at the SIM again' })
      else if (this.#life.phase === 'running') this.#pollAfter(link, 0)
    }
  }

  async ussd(text: string): Promise<UssdAnswer> {
    return this.#ussdSession().begin(text)
  }

  async replyUssd(text: string): Promise<UssdAnswer> {
    return this.#ussdSession().reply(text)
  }

  async cancelUssd(): Promise<void> {
    await this.#link?.ussd.cancel()
  }

  #ussdSession(): UssdSession {
    const { state, reason } = this.#board.status
    if (this.#link !== undefined && (state === 'ready' || state === 'resyncing')) return this.#link.ussd
    throw new UssdError('unavailable', `the modem is not ready: ${reason ?? state}`)
  }

  async reset(): Promise<void> {
    if (this.#life.phase === 'stopped') throw new AtError('gone', 'queued', 'the modem is not started')
    this.#mayChangeModule = true
    let unlisten = () => {}
    const back = new Promise<void>((resolve) => {
      unlisten = this.#board.listen((status) => {
        if (SETTLED.has(status.state)) resolve()
      })
    })
    this.#dispatch({ kind: 'reset-requested' })
    const waited = await within(this.#clock, this.#timings.resetLimitMs, back)
    unlisten()
    if (waited.late) throw new AtError('timeout', 'command', 'the modem did not come back after its restart')
  }

  #dispatch(event: LifeEvent): void {
    const before = this.#life
    const { life, effects } = transition(before, event, this.#clock.nowMs(), this.#timings)
    this.#life = life
    if (life.phase !== before.phase) {
      this.#log.info({ modemId: this.id, phase: life.phase, reason: life.reason }, 'the modem changed its phase')
    }
    const { counts, last } = life.ladder
    if (life.ladder.last !== before.ladder.last && last !== undefined && last.step !== 'resync') {
      this.#log.warn({ modemId: this.id, step: last.step, reason: last.reason }, 'the modem does not do its work')
    }
    for (const effect of effects) this.#perform(effect)
    this.#board.update({ ...describeLife(this.#life), recovery: { counts, last } })
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        this.#track(this.#open())
        return
      case 'close':
        this.#track(this.#close(effect.reason))
        return
      case 'start-sequence':
        this.#track(this.#startSequence())
        return
      case 'restart-module':
        this.#track(this.#restartModule())
        return
      case 'cycle-radio':
        this.#track(this.#cycleRadio())
        return
      case 'replug-usb':
        this.#track(this.#replugUsb())
        return
      case 'watch-port':
        this.#track(this.#lookAtPower())
        this.#cancelWatch = watchGone(this.#portNow, this.#timings.presenceEveryMs, this.#clock, () =>
          this.#dispatch({ kind: 'port-gone' }),
        )
        return
      case 'wait':
        this.#cancelWait()
        this.#cancelWait = this.#clock.after(effect.delayMs, () => this.#dispatch({ kind: 'elapsed' }))
        return
      case 'cancel-wait':
        this.#cancelWatch()
        this.#cancelWait()
        return
    }
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#log.error({ modemId: this.id, reason: inWords(error) }, 'modem work failed'))
      .finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  async #open(): Promise<void> {
    let pipe: SerialTransport
    try {
      pipe = await this.#openPort()
      this.#usbId = await this.#options.scout?.usbIdOf(this.#portNow)
    } catch (error) {
      this.#releasePort()
      this.#dispatch({ kind: 'open-failed', reason: inWords(error) })
      return
    }
    if (this.#life.phase !== 'opening') {
      this.#releasePort()
      await pipe.close()
      return
    }
    const channel: AtChannel = new AtChannel(
      traced(pipe, this.#transcript),
      this.#events(() => this.#link?.channel === channel),
      { clock: this.#clock, log: this.#log, timings: this.#timings },
    )
    this.#link = {
      channel,
      submission: new Submission(channel, this.#timings),
      calls: new CallWatch({
        modemId: () => this.id,
        channel,
        sink: this.#options.sink,
        hangUp: this.#options.hangUpCalls ?? false,
        clock: this.#clock,
        log: this.#log,
        timings: this.#timings,
      }),
      ussd: new UssdSession({
        channel,
        habits: this.#ussdHabits,
        clock: this.#clock,
        log: this.#log,
        timings: this.#timings,
      }),
      setUp: new AbortController(),
      reception: undefined,
      early: [],
      health: undefined,
      echoes: 0,
    }
    this.#dispatch({ kind: 'opened' })
  }

  /** Opens the configured port, or the one where the module is by now. */
  async #openPort(): Promise<SerialTransport> {
    const { port, scout } = this.#options
    const open = (name: string) => openTransport(name, { ...this.#timings, clock: this.#clock })
    if (port !== 'auto' && !this.#misplaced) {
      try {
        const pipe = await open(port)
        this.#holdPort(port, scout?.hold(port))
        return pipe
      } catch (error) {
        const found = await this.#search()
        if (found === undefined) throw error
        return open(found)
      }
    }
    this.#misplaced = false
    const found = await this.#search()
    if (found === undefined && port === 'auto') throw new Error(this.#nowhere())
    if (found === undefined) this.#holdPort(port, scout?.hold(port))
    return open(found ?? port)
  }

  /** Looks for the module of this entry on all ports; what is found is held. */
  async #search(): Promise<string | undefined> {
    const { port, scout } = this.#options
    const imei = this.#wantedImei()
    if (scout === undefined || port.startsWith('tcp:') || (imei === undefined && port !== 'auto')) return undefined
    const found = await scout.find({ imei, taken: (other) => this.#claims.isTaken(other, this.#claimant) })
    if (found === undefined) return undefined
    this.#holdPort(found.port, found.release)
    return found.port
  }

  #holdPort(port: string, release: (() => void) | undefined): void {
    this.#releasePort()
    if (port !== this.#portNow && this.#portNow !== 'auto') {
      this.#log.info({ modemId: this.id, port }, 'the modem is at another port now')
    }
    this.#portNow = port
    this.#releasePort = release ?? (() => {})
    this.#board.update({ port })
  }

  #wantedImei(): string | undefined {
    return this.#options.imei ?? (this.#mayChangeModule ? undefined : this.#board.status.imei)
  }

  #nowhere(): string {
    const what = this.#wantedImei() === undefined ? 'no modem that is free answers' : 'this modem does not answer'
    return `${what} at any USB port: see causeway modem probe`
  }

  /** What the channel tells; `current` guards against a port that was given up already. */
  #events(current: () => boolean): ChannelEvents {
    const ifCurrent = (event: LifeEvent) => {
      if (current()) this.#dispatch(event)
    }
    return {
      urc: (urc) => {
        if (current()) this.#onUrc(urc)
      },
      rebooted: (line) => ifCurrent({ kind: 'unsettled', reason: `the modem restarted (${line})` }),
      resyncing: (active) => ifCurrent({ kind: 'resyncing', active }),
      timedOut: (command) => {
        this.#log.warn({ modemId: this.id, command }, 'the modem did not answer in time')
        ifCurrent({ kind: 'timed-out' })
      },
      answered: () => {
        if (this.#life.timeouts > 0) ifCurrent({ kind: 'answered' })
      },
      echoed: () => {
        if (current() && this.#link !== undefined) this.#link.echoes += 1
      },
      // The channel may end while it is being made, before it is the current one.
      lost: (cause, reason) => queueMicrotask(() => ifCurrent({ kind: 'lost', cause, reason })),
    }
  }

  async #close(reason: string): Promise<void> {
    const link = this.#link
    this.#link = undefined
    this.#cancelPoll()
    if (link === undefined) return
    link.setUp.abort()
    link.calls.stop()
    link.ussd.stop(reason)
    const release = this.#releasePort
    this.#releasePort = () => {}
    await Promise.all([link.reception?.stop(), link.channel.close(reason)])
    release()
  }

  async #startSequence(): Promise<void> {
    const link = this.#link
    if (link === undefined) return
    link.setUp.abort()
    link.setUp = new AbortController()
    const { signal } = link.setUp
    this.#cancelPoll()
    link.ussd.stop('the modem is set up anew')
    const stopping = link.reception?.stop()
    link.reception = undefined
    link.health = undefined
    if (stopping !== undefined) this.#track(stopping)
    try {
      await this.#setUp(link, signal)
    } catch (error) {
      if (!signal.aborted && !link.channel.ended) this.#dispatch(startFailure(error))
    }
  }

  async #setUp(link: Link, signal: AbortSignal): Promise<void> {
    const steps = new StartSteps(link.channel, this.#clock, this.#timings, signal)
    const { indication, memories, acknowledged } = await bringUp(steps, {
      pin: this.#options.pin,
      pinRecord: this.#pinRecord,
      profile: (facts) => this.#chooseProfile(link, facts),
      admit: (imei) => this.#admit(imei),
      learn: (facts) => this.#learn(facts),
    })
    await selectBroadcasts(steps, this.#options.broadcastChannels ?? [])
    if (signal.aborted) return
    const health = new Health(link.channel, this.#timings, indication)
    const reception = new Reception({
      modemId: () => this.id,
      storage: new MessageStorage(link.channel, memories, this.#habits, this.#timings),
      channel: link.channel,
      sink: this.#options.sink,
      clock: this.#clock,
      log: this.#log,
      timings: this.#timings,
      acknowledged,
      learnStorage: (storage) => this.#learn({ storage }),
      unacknowledged: () => {
        health.expectSuspendedRouting()
        this.#pollAfter(link, this.#timings.routingCheckMs)
      },
    })
    link.health = health
    link.reception = reception
    for (const urc of link.early.splice(0)) reception.direct(urc)
    const echoesBefore = link.echoes
    this.#noteRegistration(await health.registration())
    await reception.sweep()
    if (signal.aborted || link.channel.ended) return
    // A modem that obeyed ATE0 and echoes later has forgotten it, and everything else with it.
    if (link.echoes === echoesBefore) link.channel.echoIsOff()
    this.#dispatch({ kind: 'started' })
    this.#pollAfter(link, this.#timings.pollEveryMs)
  }

  /** Throws UnusableModule when this module is not ours to drive. Before the SIM is touched, because of the PIN (H10). */
  #admit(imei: string | undefined): void {
    if (imei === undefined) return
    const wanted = this.#options.imei
    if (wanted !== undefined && wanted !== imei) {
      this.#misplaced = true
      throw new UnusableModule(`another module answers at ${this.#portNow} than the one that imei names`)
    }
    const known = this.#board.status.imei
    if (known !== undefined && known !== imei && !this.#mayChangeModule) {
      this.#misplaced = true
      throw new UnusableModule(
        `another module answers at ${this.#portNow}: reset this modem to accept it, or name ports by /dev/serial/by-id`,
      )
    }
    const otherPort = this.#claims.claim(imei, this.#claimant)
    if (otherPort !== undefined) {
      throw new UnusableModule(`this module is driven through ${otherPort} already: remove one of the two entries`)
    }
    this.#mayChangeModule = false
    this.#board.update({ id: `mdm_${imei}` })
  }

  #chooseProfile(link: Link, facts: { manufacturer: string | undefined; model: string | undefined }): ModemProfile {
    const profile = profileOf(this.#profiles, { ...facts, usbId: this.#usbId })
    this.#profile = profile
    link.submission.errors = profile.errors
    link.channel.knowUrcs(
      profile.urcs.map(({ prefix, meaning }) => ({ prefix, ...(meaning === 'boot' ? { boot: 'sure' as const } : {}) })),
    )
    return profile
  }

  #learn(facts: Partial<ModemStatus>): void {
    const iccid = this.#board.status.iccid
    if (iccid !== undefined && facts.iccid !== undefined && facts.iccid !== iccid) {
      this.#log.warn({ modemId: this.id }, 'another SIM is in the modem than before')
    }
    const number = this.#options.number ?? facts.number
    this.#board.update(number === undefined ? facts : { ...facts, number })
  }

  #noteRegistration(registration: ModemStatus['registration']): void {
    this.#board.update({ registration })
    const registered = isRegistered(registration)
    if (registered !== this.#life.registered) this.#dispatch({ kind: 'registration', registered })
  }

  async #restartModule(): Promise<void> {
    const link = this.#link
    if (link !== undefined) {
      link.setUp.abort()
      this.#cancelPoll()
      this.#track(link.reception?.stop() ?? Promise.resolve())
      const { slowCommandTimeoutMs } = this.#timings
      // No answer is as good as any: the module may be gone before it has said OK.
      await link.channel
        .run(restartModule(slowCommandTimeoutMs, this.#profile?.reset?.command), Priority.acknowledge)
        .catch(() => {})
    }
    this.#dispatch({ kind: 'restarted' })
  }

  async #cycleRadio(): Promise<void> {
    const link = this.#link
    if (link === undefined) return
    link.setUp.abort()
    this.#cancelPoll()
    this.#track(link.reception?.stop() ?? Promise.resolve())
    const { slowCommandTimeoutMs, radioOffMs } = this.#timings
    await link.channel
      .hold(Priority.acknowledge, async (run) => {
        await unlessRefused(run(silenceRadio(slowCommandTimeoutMs)))
        await pause(this.#clock, radioOffMs)
        await unlessRefused(run(wakeRadio(slowCommandTimeoutMs)))
      })
      .catch((error: unknown) => this.#log.debug({ modemId: this.id, reason: inWords(error) }, 'no radio cycle'))
    if (this.#link === link) this.#dispatch({ kind: 'radio-cycled' })
  }

  async #replugUsb(): Promise<void> {
    const device = await usbDeviceOf(this.#portNow)
    const problem =
      device === undefined
        ? 'its port is no USB device of this machine'
        : await replugUsb(device, this.#timings.usbOffMs, this.#clock)
    this.#dispatch({ kind: 'replugged', problem })
  }

  async #lookAtPower(): Promise<void> {
    if (await boardUnderVoltage()) {
      this.#dispatch({ kind: 'under-voltage', words: 'the board says that its own supply voltage is too low' })
    }
  }

  #onUrc(urc: Urc): void {
    const link = this.#link
    if (link === undefined) return
    const prefix = REGISTRATION_PREFIXES.find((each) => each === urc.name)
    if (prefix !== undefined) {
      const stat = decimal(urc.fields[0])
      if (stat !== undefined && link.health !== undefined) {
        this.#noteRegistration(link.health.noteRegistration(prefix, stat))
      }
      return
    }
    switch (urc.name) {
      case '+CMTI:':
      case '+CDSI:':
        link.reception?.indicated(urc)
        return
      case '+CMT:':
      case '+CDS:':
      case '+CBM:':
        if (link.reception !== undefined) link.reception.direct(urc)
        else if (link.early.length < EARLY_MAX) link.early.push(urc)
        return
      case '+CUSD:':
        link.ussd.heard(urc)
        return
      case '+CPIN:':
        this.#onSimState(urc.fields[0] ?? '')
        return
      case 'UNDER-VOLTAGE':
        this.#log.warn({ modemId: this.id }, 'the modem says its supply voltage is too low: use a powered hub')
        this.#dispatch({ kind: 'under-voltage', words: 'the modem has said that its supply voltage is too low' })
        return
      default:
        if (CALL_URCS.has(urc.name)) link.calls.heard(urc)
        else if (this.#saysMemoryFull(urc)) void link.reception?.sweep()
        else if (!urc.known) this.#log.debug({ modemId: this.id, line: urc.text }, 'the modem said something unknown')
    }
  }

  #saysMemoryFull(urc: Urc): boolean {
    const row = this.#profile?.urcs.find(({ prefix }) => prefix === urc.name)
    return row?.meaning === 'memory-full' || MEMORY_FULL_URCS.has(urc.name) || urc.text.includes('SMSFULL')
  }

  #onSimState(state: string): void {
    const came = this.#life.phase === 'held' && state === 'READY'
    const went = this.#life.phase === 'running' && /NOT READY|NOT INSERTED|REMOVED/.test(state)
    if (came || went) this.#dispatch({ kind: 'unsettled', reason: came ? 'the SIM is ready' : 'the SIM has gone' })
  }

  #pollAfter(link: Link, delayMs: number): void {
    this.#cancelPoll()
    this.#cancelPoll = this.#clock.after(delayMs, () => this.#track(this.#poll(link)))
  }

  async #poll(link: Link): Promise<void> {
    const { health, reception, setUp } = link
    if (health === undefined || reception === undefined || setUp.signal.aborted) return
    try {
      const lost = await health.lostSettings()
      if (setUp.signal.aborted) return
      if (lost !== undefined) {
        this.#dispatch({ kind: 'unsettled', reason: lost })
        return
      }
      this.#noteRegistration(await health.registration())
      const facts = await health.facts()
      this.#board.update(facts)
      await reception.sweep()
      if (!setUp.signal.aborted) this.#dispatch({ kind: 'polled', signal: facts.signalDbm !== undefined })
    } catch (error) {
      this.#log.debug({ modemId: this.id, reason: inWords(error) }, 'polling stopped half-way')
      if (!setUp.signal.aborted) this.#dispatch({ kind: 'poll-failed', reason: inWords(error) })
    }
    if (!setUp.signal.aborted) this.#pollAfter(link, this.#timings.pollEveryMs)
  }

  #blankStatus(): ModemStatus {
    const { port, label, number, imei } = this.#options
    return {
      id: `mdm_${(imei ?? label ?? port).replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '')}`,
      port,
      label,
      ...describeLife(NEW_LIFE),
      manufacturer: undefined,
      model: undefined,
      revision: undefined,
      profile: undefined,
      imei: undefined,
      imsi: undefined,
      iccid: undefined,
      number,
      operator: undefined,
      registration: 'unknown',
      signalDbm: undefined,
      smsc: undefined,
      storage: [],
      recovery: { counts: NEW_LIFE.ladder.counts, last: undefined },
      sinceMs: this.#clock.nowMs(),
    }
  }
}

function startFailure(error: unknown): LifeEvent {
  if (error instanceof SimBarrier) return { kind: 'start-failed', why: error.why, reason: error.message }
  if (error instanceof UnusableModule) return { kind: 'start-failed', why: 'unusable', reason: error.message }
  return { kind: 'start-failed', why: 'no-answer', reason: inWords(error) }
}
