/**
 * The life of one modem: the shell around the pure `lifecycle.ts`. It carries out effects and feeds back what came of them.
 * Where the module is `whereabouts.ts` knows, what lives on the open port is in `link.ts`, its start in `set-up.ts`, what it
 * says unasked goes through `heard.ts`; what callers ask of the modem is in `modem.ts`.
 */
import { AtChannel } from './at/channel.ts'
import type { ChannelEvents } from './at/events.ts'
import type { Urc } from './at/urc.ts'
import type { ModemStatus, Registration } from './contract.ts'
import { familyUrcs } from './family-urcs.ts'
import { isRegistered } from './health.ts'
import { heard } from './heard.ts'
import { ImeiClaims } from './identity.ts'
import { describeLife } from './life-words.ts'
import { type Effect, type Life, type LifeEvent, NEW_LIFE, simStateEvent, transition } from './lifecycle.ts'
import { closeLink, type Link, newLink } from './link.ts'
import type { ModemOptions } from './options.ts'
import { PinDesk } from './pin-desk.ts'
import { Polling } from './polling.ts'
import { type ModemProfile, profileOf, shippedProfiles } from './profile.ts'
import { inWords } from './refusal.ts'
import { cycleRadio, lookAtPower, replug, restart } from './repairs.ts'
import { type SerialTransport, TransportError } from './serial/pipe.ts'
import { watchGone } from './serial/presence.ts'
import { type Clock, type Log, within } from './serial/surroundings.ts'
import { Transcript, traced } from './serial/trace.ts'
import { setUp, startFailure } from './set-up.ts'
import { blankStatus, configuredIds, StatusBoard } from './status.ts'
import type { StorageHabits } from './storage.ts'
import { DEFAULT_TIMINGS, type ModemTimings } from './timings.ts'
import type { UssdHabits } from './ussd.ts'
import { Whereabouts } from './whereabouts.ts'

export class LivingModem {
  readonly #options: ModemOptions
  readonly timings: ModemTimings
  readonly #clock: Clock
  readonly #log: Log
  readonly board: StatusBoard
  readonly transcript: Transcript
  readonly pins: PinDesk
  readonly #profiles: readonly ModemProfile[]
  readonly whereabouts: Whereabouts
  readonly #polling: Polling
  #profile: ModemProfile | undefined
  readonly #habits: StorageHabits = { unlisted: new Set(), miscounted: new Map() }
  readonly #ussdHabits: UssdHabits = { coding: undefined }
  /** What is going on and must have ended before `stop` resolves. */
  readonly #running = new Set<Promise<unknown>>()
  #life: Life = NEW_LIFE
  #link: Link | undefined
  #cancelWait: () => void = () => {}
  #cancelWatch: () => void = () => {}
  #closing: Promise<void> = Promise.resolve()

  constructor(options: ModemOptions) {
    this.#options = options
    this.timings = { ...DEFAULT_TIMINGS, ...options.timings }
    this.#clock = options.clock
    this.#log = options.log
    this.pins = new PinDesk(options)
    this.#profiles = options.profiles ?? shippedProfiles()
    this.transcript = new Transcript(options.clock)
    this.board = new StatusBoard(blankStatus(options), () => options.clock.nowMs())
    this.whereabouts = new Whereabouts({
      port: options.port,
      imei: options.imei,
      scout: options.scout,
      claims: options.claims ?? new ImeiClaims(),
      present: () => this.#link !== undefined || this.#life.phase === 'lent',
      board: this.board,
      clock: this.#clock,
      log: this.#log,
      timings: this.timings,
    })
    this.#polling = new Polling({
      modemId: () => this.id,
      clock: this.#clock,
      log: this.#log,
      timings: this.timings,
      dispatch: (event) => this.dispatch(event),
      registration: (registration) => this.#noteRegistration(registration),
      learn: (facts) => this.board.update(facts),
      track: (work) => this.#track(work),
    })
  }

  get id(): string {
    return this.board.status.id
  }

  get life(): Life {
    return this.#life
  }

  /** What is on the port while it is open. */
  get link(): Link | undefined {
    return this.#link
  }

  /** Resolves when the port that is being closed is closed. */
  get closed(): Promise<void> {
    return this.#closing
  }

  start(): void {
    this.#track(this.#remember())
    this.dispatch({ kind: 'start' })
  }

  /** Resolves when all that goes on has ended, at the latest after `stopLimitMs`. */
  async stop(): Promise<void> {
    this.dispatch({ kind: 'stop' })
    await within(this.#clock, this.timings.stopLimitMs, Promise.allSettled([...this.#running]))
  }

  /** Looks at a running modem at once, and not only when it is due. */
  look(link: Link): void {
    this.#polling.after(link, 0)
  }

  /** Something has happened: what follows from it is done, and the status says so. */
  dispatch(event: LifeEvent): void {
    const before = this.#life
    const { life, effects } = transition(before, event, this.#clock.nowMs(), this.timings)
    this.#life = life
    if (life.phase !== before.phase)
      this.#log.info({ modemId: this.id, phase: life.phase, reason: life.reason }, 'the modem changed its phase')
    const { counts, last, history, hardAtMs } = life.ladder
    if (event.kind !== 'remembered' && life.ladder.counts !== before.ladder.counts)
      this.#options.healing?.note([this.id, ...configuredIds(this.#options)], life.ladder)
    if (life.ladder.last !== before.ladder.last && last !== undefined && last.step !== 'resync')
      this.#log.warn({ modemId: this.id, step: last.step, reason: last.reason }, 'the modem does not do its work')
    for (const effect of effects) this.#perform(effect)
    this.board.update({ ...describeLife(this.#life), recovery: { counts, last, history, hardAtMs } })
  }

  /** Takes up what an earlier process knew of this modem. */
  async #remember(): Promise<void> {
    const healing = await this.#options.healing?.recall(this.id)
    if (healing !== undefined) this.dispatch({ kind: 'remembered', healing })
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        this.#track(this.#open())
        return
      case 'close':
        this.#closing = this.#close(effect.reason)
        this.#track(this.#closing)
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
        this.#track(replug(this.whereabouts.port, this.#clock, this.timings, (event) => this.dispatch(event)))
        return
      case 'watch-port':
        this.#track(lookAtPower((event) => this.dispatch(event)))
        this.#cancelWatch = watchGone(this.whereabouts.port, this.timings.presenceEveryMs, this.#clock, () =>
          this.dispatch({ kind: 'port-gone' }),
        )
        return
      case 'wait':
        this.#cancelWait()
        this.#cancelWait = this.#clock.after(effect.delayMs, () => this.dispatch({ kind: 'elapsed' }))
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
      pipe = await this.whereabouts.open()
      this.board.update({ openFailure: undefined })
    } catch (error) {
      this.board.update({ openFailure: error instanceof TransportError ? error.code : undefined })
      this.dispatch({ kind: 'open-failed', reason: inWords(error) })
      return
    }
    if (this.#life.phase !== 'opening') {
      this.whereabouts.release()
      await pipe.close()
      return
    }
    const channel: AtChannel = new AtChannel(
      traced(pipe, this.transcript),
      this.#events(() => this.#link?.channel === channel),
      { clock: this.#clock, log: this.#log, timings: this.timings },
    )
    // Nobody knows yet who is there: what any family says unasked is no answer.
    channel.knowUrcs(familyUrcs(this.#profiles, undefined))
    this.#link = newLink({
      modemId: () => this.id,
      channel,
      sink: this.#options.sink,
      hangUpCalls: this.#options.hangUpCalls ?? false,
      ussdHabits: this.#ussdHabits,
      clock: this.#clock,
      log: this.#log,
      timings: this.timings,
    })
    this.dispatch({ kind: 'opened' })
  }

  /** What the channel tells; `current` guards against a port that was given up already. */
  #events(current: () => boolean): ChannelEvents {
    const ifCurrent = (event: LifeEvent) => {
      if (current()) this.dispatch(event)
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
    this.#polling.cancel()
    if (link === undefined) return
    // A port that is lent is still ours against those who look for modems.
    const release = this.#life.phase === 'lent' ? () => {} : this.whereabouts.takeHold()
    await closeLink(link, reason)
    release()
  }

  async #startSequence(): Promise<void> {
    const link = this.#link
    if (link === undefined) return
    link.setUp.abort()
    link.setUp = new AbortController()
    const { signal } = link.setUp
    this.#polling.cancel()
    link.ussd.stop('the modem is set up anew')
    const stopping = link.reception?.stop()
    link.reception = undefined
    link.health = undefined
    if (stopping !== undefined) this.#track(stopping)
    try {
      await this.#setUp(link, signal)
    } catch (error) {
      if (!signal.aborted && !link.channel.ended) this.dispatch(startFailure(error))
    }
  }

  async #setUp(link: Link, signal: AbortSignal): Promise<void> {
    const working = await setUp(link, signal, {
      modemId: () => this.id,
      pins: this.pins,
      profile: (facts) => this.#chooseProfile(link, facts),
      admit: (imei) => {
        this.whereabouts.admit(imei)
        if (imei !== undefined) this.#track(this.#remember())
      },
      learn: (facts) => this.#learn(facts),
      broadcastChannels: this.#options.broadcastChannels ?? [],
      habits: this.#habits,
      sink: this.#options.sink,
      clock: this.#clock,
      log: this.#log,
      timings: this.timings,
      routingInDoubt: () => this.#polling.after(link, this.timings.routingCheckMs),
    })
    if (working === undefined) return
    const { health, reception } = working
    const echoesBefore = link.echoes
    this.#noteRegistration(await health.registration())
    await reception.sweep()
    if (signal.aborted || link.channel.ended) return
    // A modem that obeyed ATE0 and echoes later has forgotten it, and everything else with it.
    if (link.echoes === echoesBefore) link.channel.echoIsOff()
    this.dispatch({ kind: 'started' })
    this.#polling.after(link, this.timings.pollEveryMs)
  }

  #chooseProfile(link: Link, facts: { manufacturer: string | undefined; model: string | undefined }): ModemProfile {
    const profile = profileOf(this.#profiles, { ...facts, usbId: this.whereabouts.usbId })
    this.#profile = profile
    link.submission.errors = profile.errors
    link.channel.knowUrcs(familyUrcs(this.#profiles, profile))
    return profile
  }

  #learn(facts: Partial<ModemStatus>): void {
    const iccid = this.board.status.iccid
    if (iccid !== undefined && facts.iccid !== undefined && facts.iccid !== iccid)
      this.#log.warn({ modemId: this.id }, 'another SIM is in the modem than before')
    const number = this.#options.number ?? facts.number
    this.board.update(number === undefined ? facts : { ...facts, number })
  }

  #noteRegistration(registration: Registration): void {
    this.board.update({ registration })
    this.#noteNetworks()
    const registered = isRegistered(registration)
    if (registered !== this.#life.registered) this.dispatch({ kind: 'registration', registered })
  }

  #noteNetworks(): void {
    const { health } = this.#link ?? {}
    if (health !== undefined) this.board.update({ networks: health.networks() })
  }

  async #restartModule(): Promise<void> {
    const link = this.#link
    if (link !== undefined) {
      link.setUp.abort()
      this.#polling.cancel()
      this.#track(link.reception?.stop() ?? Promise.resolve())
      await restart(link.channel, this.#profile?.reset?.command, this.timings)
    }
    this.dispatch({ kind: 'restarted' })
  }

  async #cycleRadio(): Promise<void> {
    const link = this.#link
    if (link === undefined) return
    link.setUp.abort()
    this.#polling.cancel()
    this.#track(link.reception?.stop() ?? Promise.resolve())
    await cycleRadio(link.channel, this.#clock, this.timings).catch((error: unknown) =>
      this.#log.debug({ modemId: this.id, reason: inWords(error) }, 'no radio cycle'),
    )
    if (this.#link === link) this.dispatch({ kind: 'radio-cycled' })
  }

  #onUrc(urc: Urc): void {
    const link = this.#link
    if (link === undefined) return
    heard(urc, link, {
      id: this.id,
      log: this.#log,
      profile: this.#profile,
      registration: (registration) => this.#noteRegistration(registration),
      networksChanged: () => this.#noteNetworks(),
      simState: (state) => {
        const event = simStateEvent(this.#life, state)
        if (event !== undefined) this.dispatch(event)
      },
      underVoltage: (words) => this.dispatch({ kind: 'under-voltage', words }),
    })
  }
}
