/**
 * Looks after a running modem at intervals: whether its settings still hold (a module that restarts in silence goes on
 * answering, H11), whether it is registered, how well it hears, and whether messages lie there that nobody told of.
 */
import type { AtChannel } from './at/channel.ts'
import type { AtCommand } from './at/command.ts'
import {
  imsRegistration,
  operator,
  REGISTRATION_PREFIXES,
  type RegistrationPrefix,
  registration,
  signalQuality,
} from './at/general.ts'
import { Priority } from './at/priority.ts'
import { currentFormat, currentIndication, type NewMessageIndication, setIndication } from './at/sms.ts'
import type { ModemNetworks, ModemStatus, Registration } from './contract.ts'
import { unlessRefused } from './refusal.ts'
import type { ModemTimings } from './timings.ts'

/** <stat> of 27.007 §7.2, best first; the best of the three networks counts. */
const REGISTRATIONS: readonly { registration: Registration; stats: readonly number[] }[] = [
  { registration: 'home', stats: [1, 9] },
  { registration: 'roaming', stats: [5, 10] },
  { registration: 'sms-only', stats: [6, 7] },
  { registration: 'searching', stats: [2] },
  { registration: 'denied', stats: [3] },
  { registration: 'none', stats: [0, 8] },
]

/** Whether texts can be tried in that state. A modem that tells nothing is believed. */
export function isRegistered(state: Registration): boolean {
  return state === 'home' || state === 'roaming' || state === 'sms-only' || state === 'unknown'
}

function registrationOf(stats: readonly number[]): Registration {
  return REGISTRATIONS.find((row) => stats.some((each) => row.stats.includes(each)))?.registration ?? 'unknown'
}

export class Health {
  readonly #channel: AtChannel
  readonly #timings: ModemTimings
  readonly #indication: NewMessageIndication
  #routingInDoubt = false
  readonly #stats = new Map<RegistrationPrefix, number>()
  #ims: boolean | undefined

  constructor(channel: AtChannel, timings: ModemTimings, indication: NewMessageIndication) {
    this.#channel = channel
    this.#timings = timings
    this.#indication = indication
  }

  /** Takes a <stat> from a URC; gives the state that results of all three. */
  noteRegistration(prefix: RegistrationPrefix, stat: number): Registration {
    this.#stats.set(prefix, stat)
    return registrationOf([...this.#stats.values()])
  }

  /** Takes what +CIREGU said. */
  noteIms(registered: boolean): void {
    this.#ims = registered
  }

  /** What was told of each network so far. */
  networks(): ModemNetworks {
    const told = (prefix: RegistrationPrefix) => {
      const stat = this.#stats.get(prefix)
      return stat === undefined ? undefined : registrationOf([stat])
    }
    return { circuit: told('+CREG:'), packet: told('+CGREG:'), eps: told('+CEREG:'), ims: this.#ims }
  }

  /** Asks the three networks, and IMS; a modem that knows none of the commands gives `unknown`. */
  async registration(): Promise<Registration> {
    let state: Registration = 'unknown'
    for (const prefix of REGISTRATION_PREFIXES) {
      const stat = await this.#ask(registration(prefix, this.#timings.commandTimeoutMs))
      if (stat !== undefined) state = this.noteRegistration(prefix, stat)
    }
    this.#ims = await this.#ask(imsRegistration(this.#timings.commandTimeoutMs))
    return state
  }

  /** A direct message was left without +CNMA: from now on a changed +CNMI is no sign of a restart. */
  expectSuspendedRouting(): void {
    this.#routingInDoubt = true
  }

  /** Gives what is no longer as the start sequence left it, in words; undefined when all is well. */
  async lostSettings(): Promise<string | undefined> {
    const format = await this.#ask(currentFormat(this.#timings.commandTimeoutMs))
    if (format !== undefined && format !== 0) return 'the modem has left PDU mode: it restarted in silence'
    const current = await this.#ask(currentIndication(this.#timings.commandTimeoutMs))
    const changed = current?.slice(0, 4).some((value, at) => value !== this.#indication[at]) ?? false
    if (changed && !this.#routingInDoubt) return 'the modem no longer tells of new messages: it restarted in silence'
    if (changed || this.#routingInDoubt)
      await this.#ask(setIndication(this.#indication, this.#timings.commandTimeoutMs))
    this.#routingInDoubt = false
    return undefined
  }

  async facts(): Promise<Partial<ModemStatus>> {
    return {
      signalDbm: await this.#ask(signalQuality(this.#timings.commandTimeoutMs)),
      operator: await this.#ask(operator(this.#timings.slowCommandTimeoutMs)),
    }
  }

  #ask<T>(command: AtCommand<T>): Promise<T | undefined> {
    return unlessRefused(this.#channel.run(command, Priority.poll))
  }
}
