/**
 * Where the start sequence learns which PIN it may enter: one that a person hands in while the modem waits for it, the one
 * that is kept for this very SIM (by its ICCID), the configured one. Which of them is entered, and whether at all, is
 * decided in `sim-unlock.ts`; here a person's PIN waits for its turn, once, and its outcome for the person.
 */
import { type ModemStatus, type PinAccepted, PinError, type PinGiven } from './contract.ts'
import { PinRecord, VolatilePinEntries } from './pin-record.ts'
import type { Clock } from './serial/surroundings.ts'

/** How long a person waits at most: a start sequence to the PIN, and a SIM that takes its time. */
const ANSWER_MAX_MS = 45_000

/** PINs that were accepted, by the SIM that accepted them. */
export interface KeptPins {
  of(iccid: string): Promise<string | undefined>
  /** Resolves once it is safe. */
  keep(iccid: string, pin: string): Promise<void>
  forget(iccid: string): Promise<void>
}

/** A PIN on its way; the start sequence says what became of it. */
export interface PinHanded extends PinGiven {
  accepted(outcome: PinAccepted): void
  failed(error: PinError): void
}

interface PinSources {
  pin?: string | undefined
  pins?: PinRecord | undefined
  keptPins?: KeptPins | undefined
  clock: Clock
}

export class PinDesk {
  readonly configured: string | undefined
  readonly record: PinRecord
  readonly kept: KeptPins | undefined
  readonly #clock: Clock
  #waiting: PinHanded | undefined
  #isBusy = false

  constructor({ pin, pins, keptPins, clock }: PinSources) {
    this.configured = pin
    this.record = pins ?? new PinRecord(new VolatilePinEntries(), () => clock.nowMs())
    this.kept = keptPins
    this.#clock = clock
  }

  /** Puts a PIN where the next start sequence finds it, and has one begin. Rejects with PinError and nothing else. */
  hand(given: PinGiven, { state, reason, simLock }: ModemStatus, begin: () => void): Promise<PinAccepted> {
    const isElsewhere = state !== 'sim-locked' && state !== 'starting'
    if (isElsewhere || simLock === undefined) {
      const code = ['absent', 'failed', 'starting'].includes(state) ? 'unavailable' : 'not-wanted'
      return Promise.reject(new PinError(code, `no SIM waits for a PIN here: ${reason ?? state}`))
    }
    if (this.#isBusy) return Promise.reject(new PinError('busy', 'another PIN is being entered: wait for it'))
    this.#isBusy = true
    return new Promise<PinAccepted>((resolve, reject) => {
      const end = () => {
        cancel()
        this.#waiting = undefined
        this.#isBusy = false
      }
      const failed = (error: PinError) => {
        end()
        reject(error)
      }
      const cancel = this.#clock.after(ANSWER_MAX_MS, () => {
        const wasEntered = this.#waiting === undefined
        const words = wasEntered ? 'the PIN was entered and not answered' : 'the modem did not come to its SIM in time'
        failed(new PinError(wasEntered ? 'unanswered' : 'unavailable', words))
      })
      const accepted = (outcome: PinAccepted) => {
        end()
        resolve(outcome)
      }
      this.#waiting = { ...given, accepted, failed }
      begin()
    })
  }

  async forget(iccid: string | undefined): Promise<void> {
    if (iccid !== undefined) await this.kept?.forget(iccid)
  }

  /** Handed in and not entered yet. */
  get waiting(): PinHanded | undefined {
    return this.#waiting
  }

  /** From here on it is never entered again, whatever becomes of the line. */
  take(handed: PinHanded | undefined): void {
    if (this.#waiting === handed) this.#waiting = undefined
  }
}
