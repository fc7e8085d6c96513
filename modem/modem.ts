/**
 * One modem, as callers have it: what they ask of it is refused where its state forbids it, and otherwise goes to what
 * lives on the open port. The life itself is in `living.ts`.
 *
 *   port ─ SerialTransport ─ trace ─ AtChannel ─┬─ setUp
 *                                               ├─ Submission ◀── submit()
 *                                               ├─ UssdSession ◀── ussd(), replyUssd()
 *                                               ├─ Reception, CallWatch ───▶ ModemSink
 *                                               └─ Health
 */
import type { AtCommand } from './at/command.ts'
import { Priority } from './at/priority.ts'
import { AtError } from './at/result.ts'
import {
  type ModemStatus,
  ModemSubmitError,
  type PinGiven,
  type SmsModem,
  type SubmitOptions,
  type UssdAnswer,
  UssdError,
} from './contract.ts'
import { LivingModem } from './living.ts'
import { lendPort } from './loan.ts'
import type { ModemOptions } from './options.ts'
import { personCommand } from './person-command.ts'
import type { Clock } from './serial/surroundings.ts'
import type { UssdSession } from './ussd.ts'

export class Modem implements SmsModem {
  readonly #living: LivingModem
  readonly #clock: Clock

  constructor(options: ModemOptions) {
    this.#living = new LivingModem(options)
    this.#clock = options.clock
  }

  get id(): string {
    return this.#living.board.status.id
  }

  status(): ModemStatus {
    return this.#living.board.status
  }

  onStatus(listener: (status: ModemStatus) => void): () => void {
    return this.#living.board.listen(listener)
  }

  transcript(masked: boolean): string {
    return this.#living.transcript.render(masked)
  }

  start(): void {
    this.#living.start()
  }

  stop(): Promise<void> {
    return this.#living.stop()
  }

  async submit(tpdu: Uint8Array, options: SubmitOptions): Promise<{ messageReference: number }> {
    const { state, reason } = this.#living.board.status
    if (this.#living.link === undefined || (state !== 'ready' && state !== 'resyncing')) {
      throw new ModemSubmitError('not-sent', 'unavailable', `the modem is not ready: ${reason ?? state}`)
    }
    return this.#living.link.submission.submit(tpdu, options)
  }

  async command(text: string, timeoutMs: number): Promise<readonly string[]> {
    const command = personCommand(text, timeoutMs)
    const link = this.#living.link
    try {
      return await this.run(command, Priority.send)
    } finally {
      // It may have changed what the start sequence set, or opened the SIM.
      if (this.#living.life.phase === 'held')
        this.#living.dispatch({ kind: 'unsettled', reason: 'looking at the SIM again' })
      else if (this.#living.life.phase === 'running' && link !== undefined) this.#living.look(link)
    }
  }

  /** Runs a command in its turn, by default after all that text messages need. Rejects with AtError. */
  async run<T>(command: AtCommand<T>, priority: Priority = Priority.poll): Promise<T> {
    if (this.#living.link === undefined) throw new AtError('gone', 'queued', 'the port is not open')
    return this.#living.link.channel.run(command, priority)
  }

  async ussd(text: string): Promise<UssdAnswer> {
    return this.#ussdSession().begin(text)
  }

  async replyUssd(text: string): Promise<UssdAnswer> {
    return this.#ussdSession().reply(text)
  }

  async cancelUssd(): Promise<void> {
    await this.#living.link?.ussd.cancel()
  }

  enterPin(given: PinGiven) {
    const begin = () => this.#living.dispatch({ kind: 'unsettled', reason: 'a PIN was handed in' })
    return this.#living.pins.hand(given, this.#living.board.status, begin)
  }

  forgetPin(): Promise<void> {
    return this.#living.pins.forget(this.#living.board.status.iccid)
  }

  #ussdSession(): UssdSession {
    const { state, reason } = this.#living.board.status
    if (this.#living.link !== undefined && (state === 'ready' || state === 'resyncing')) return this.#living.link.ussd
    throw new UssdError('unavailable', `the modem is not ready: ${reason ?? state}`)
  }

  async reset(): Promise<void> {
    if (this.#living.life.phase === 'stopped') throw new AtError('gone', 'queued', 'the modem is not started')
    if (this.#living.life.phase === 'lent') throw new AtError('gone', 'queued', this.#living.life.reason)
    this.#living.whereabouts.acceptAnother()
    const begin = () => this.#living.dispatch({ kind: 'reset-requested' })
    if (await this.#living.board.settles(this.#clock, this.#living.timings.resetLimitMs, begin)) return
    throw new AtError('timeout', 'command', 'the modem did not come back after its restart')
  }

  /** Lends the port, as `loan.ts` says. */
  lend(): Promise<() => Promise<void>> {
    return lendPort(this.#living)
  }
}
