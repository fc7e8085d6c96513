/**
 * Finds modems by asking: which ports there are comes from the file system, who is behind one from AT+CGSN. A module is
 * known by its IMEI, never by the number of its port. One search at a time in a process, and never on a port that one of
 * our modems holds. Ports that are no USB device are left alone: a machine's console may hang on them.
 */
import { AtChannel } from './at/channel.ts'
import type { AtCommand } from './at/command.ts'
import type { ChannelEvents } from './at/events.ts'
import { Priority } from './at/priority.ts'
import { familyUrcs } from './family-urcs.ts'
import { tellImei, tellOf } from './identity-answers.ts'
import { type ModemProfile, profileOf, usbProfile } from './profile.ts'
import { inWords } from './refusal.ts'
import type { SerialPortListing } from './serial/listing.ts'
import type { SerialTransport } from './serial/pipe.ts'
import { type Clock, type Log, within } from './serial/surroundings.ts'
import type { ModemTimings } from './timings.ts'

/** What was found at one port. */
export interface PortReport {
  /** The name to configure: the stable one where there is one. */
  port: string
  usbId: string | undefined
  interfaceNumber: number | undefined
  product: string | undefined
  /** `skipped` and `held`: not asked; `refused`: could not be opened; `silent`: no modem answered there. */
  result: 'modem' | 'held' | 'skipped' | 'refused' | 'silent'
  /** In words, unless a modem answered. */
  reason: string | undefined
  imei: string | undefined
  manufacturer: string | undefined
  model: string | undefined
  profile: string | undefined
}

export interface PortScoutOptions {
  list: () => Promise<readonly SerialPortListing[]>
  open: (port: string) => Promise<SerialTransport>
  profiles: readonly ModemProfile[]
  clock: Clock
  log: Log
  timings: ModemTimings
}

/** Which module is looked for. */
export interface Wanted {
  /** Undefined: any that is not taken. */
  imei: string | undefined
  taken(imei: string): boolean
}

const NO_EVENTS: ChannelEvents = {
  urc() {},
  rebooted() {},
  resyncing() {},
  timedOut() {},
  answered() {},
  echoed() {},
  lost() {},
}

/** Shared by all modems of a process. */
export class PortScout {
  readonly #options: PortScoutOptions
  /** Ports that our modems have open. */
  readonly #held = new Map<symbol, string>()
  /** Ports of devices that no profile knows and that were silent, and when. */
  readonly #silentAtMs = new Map<string, number>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: PortScoutOptions) {
    this.#options = options
  }

  /** A modem of ours has `port` open until the returned function is called. */
  hold(port: string): () => void {
    const holder = Symbol(port)
    this.#held.set(holder, port)
    return () => this.#held.delete(holder)
  }

  /** Asks every port and says why one was not asked or gave no modem. Never rejects. */
  probe(): Promise<readonly PortReport[]> {
    return this.#alone(async () => {
      const reports: PortReport[] = []
      for (const listing of await this.#listings()) reports.push(await this.#report(listing))
      return reports
    })
  }

  /**
   * The port where the wanted module answers; its AT port first where its family is known. Gives undefined when it is
   * nowhere. What is found is held at once, so that nobody else finds it too; `release` when it is not used after all.
   */
  find(wanted: Wanted): Promise<{ port: string; imei: string; release: () => void } | undefined> {
    return this.#alone(async () => {
      for (const listing of await this.#listings()) {
        if (this.#wasSilent(listing)) continue
        const { port, imei, result } = await this.#report(listing)
        if (result !== 'modem' || imei === undefined) continue
        const fits = wanted.imei === undefined ? !wanted.taken(imei) : imei === wanted.imei
        if (fits) return { port, imei, release: this.hold(port) }
      }
      return undefined
    })
  }

  /** The USB id of a port, for its profile. */
  async usbIdOf(port: string): Promise<string | undefined> {
    const listing = (await this.#options.list()).find((each) => each.path === port || each.stablePath === port)
    return listing?.usbId
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  /** Ports that are known to be AT ports first. */
  async #listings(): Promise<readonly SerialPortListing[]> {
    const listings = await this.#options.list()
    for (const port of this.#silentAtMs.keys()) {
      if (!listings.some(({ path }) => path === port)) this.#silentAtMs.delete(port)
    }
    return [...listings].sort((a, b) => this.#rank(a) - this.#rank(b))
  }

  #rank({ usbId, interfaceNumber }: SerialPortListing): number {
    const profile = usbProfile(this.#options.profiles, usbId)
    if (profile === undefined) return 100
    const at = profile.ports?.at.indexOf(interfaceNumber ?? -1) ?? -1
    return at < 0 ? 50 : at
  }

  #wasSilent({ path }: SerialPortListing): boolean {
    const atMs = this.#silentAtMs.get(path)
    return atMs !== undefined && this.#options.clock.nowMs() - atMs < this.#options.timings.strangerRetryMs
  }

  async #report(listing: SerialPortListing): Promise<PortReport> {
    const { path, stablePath, usbId, interfaceNumber, product } = listing
    const port = stablePath ?? path
    const unknown = { imei: undefined, manufacturer: undefined, model: undefined, profile: undefined }
    const facts = { port, usbId, interfaceNumber, product, ...unknown }
    if ([...this.#held.values()].some((held) => held === port || held === path)) {
      return { ...facts, result: 'held', reason: 'a modem of this gateway is driven through it' }
    }
    if (usbId === undefined) {
      return { ...facts, result: 'skipped', reason: 'not a USB device: name it in the configuration if it is a modem' }
    }
    const profile = usbProfile(this.#options.profiles, usbId)
    if (profile?.ports?.avoid.includes(interfaceNumber ?? -1)) {
      const reason = `interface ${interfaceNumber} is not for AT on ${profile.title} (${profile.ports.why})`
      return { ...facts, result: 'skipped', reason }
    }
    let pipe: SerialTransport
    try {
      pipe = await this.#options.open(port)
    } catch (error) {
      return { ...facts, result: 'refused', reason: inWords(error) }
    }
    const answer = await this.#ask(pipe)
    if (typeof answer === 'string') {
      if (profile === undefined) this.#silentAtMs.set(path, this.#options.clock.nowMs())
      return { ...facts, result: 'silent', reason: answer }
    }
    const { id } = profileOf(this.#options.profiles, { ...answer, usbId })
    return { ...facts, ...answer, profile: id, result: 'modem', reason: undefined }
  }

  /** Who answers there, or why nobody does, in words. */
  async #ask(
    pipe: SerialTransport,
  ): Promise<{ imei: string; manufacturer: string | undefined; model: string | undefined } | string> {
    const { clock, log, timings } = this.#options
    const channel = new AtChannel(pipe, NO_EVENTS, { clock, log, timings })
    channel.knowUrcs(familyUrcs(this.#options.profiles, undefined))
    const conversation = async () => {
      await channel.handshake(Priority.inbound)
      const ask = <T>(command: AtCommand<T>) => channel.run(command, Priority.inbound)
      const number = await tellImei(ask, timings.probeLimitMs)
      if (number === undefined) return 'something answers to AT there, but tells no IMEI'
      const manufacturer = await tellOf(ask, 'AT+CGMI', timings.probeLimitMs)
      return { imei: number, manufacturer, model: await tellOf(ask, 'AT+CGMM', timings.probeLimitMs) }
    }
    try {
      const asked = await within(clock, timings.probeLimitMs, conversation())
      return asked.late ? `no answer to AT within ${timings.probeLimitMs} ms` : asked.value
    } catch (error) {
      return inWords(error)
    } finally {
      await channel.close('the question was answered, or not')
    }
  }
}
