/**
 * Hands one SMS-SUBMIT to the modem and says exactly how far a failure got. Never repeats by itself once an octet of the
 * body may have left.
 */
import type { AtChannel } from './at/channel.ts'
import { setting } from './at/command.ts'
import { Priority } from './at/priority.ts'
import { AtError, type ErrorClass } from './at/result.ts'
import { submitMessage } from './at/sms.ts'
import { ModemSubmitError, type SubmitOptions, type SubmitStage } from './contract.ts'
import { inWords, isRefusal } from './refusal.ts'
import type { ModemTimings } from './timings.ts'

/** A TPDU is at most 164 octets (23.040 §9.2.2.2); what is longer no modem takes. */
const TPDU_OCTETS_MAX = 164

export class Submission {
  readonly #channel: AtChannel
  readonly #timings: ModemTimings
  /** What +CMMS is set to; undefined once the modem has refused it. */
  #linkHeld: boolean | undefined = false

  /** What vendor codes mean for the module at the port; the profile's, once it is known. */
  errors: ReadonlyMap<string, ErrorClass> = new Map()

  constructor(channel: AtChannel, timings: ModemTimings) {
    this.#channel = channel
    this.#timings = timings
  }

  /** Resolves with TP-MR; rejects with ModemSubmitError and nothing else. */
  async submit(tpdu: Uint8Array, options: SubmitOptions): Promise<{ messageReference: number }> {
    if (tpdu.length === 0 || tpdu.length > TPDU_OCTETS_MAX) {
      throw new ModemSubmitError('not-sent', 'unavailable', `a TPDU of ${tpdu.length} octets cannot be sent`)
    }
    try {
      const messageReference = await this.#channel.hold(Priority.send, async (run) => {
        if (options.moreToFollow) await this.#holdLink(true, run)
        try {
          return await run(this.#command(tpdu, options))
        } catch (error) {
          // Without a prompt nothing can have been sent, and step has been found again: once more.
          if (!(error instanceof AtError && error.kind === 'prompt-timeout') || this.#channel.ended) throw error
          return await run(this.#command(tpdu, options))
        }
      })
      return { messageReference }
    } catch (error) {
      throw submitError(error, this.errors)
    } finally {
      if (!options.moreToFollow && this.#linkHeld) {
        void this.#channel.hold(Priority.send, (run) => this.#holdLink(false, run)).catch(() => {})
      }
    }
  }

  #command(tpdu: Uint8Array, options: SubmitOptions) {
    const { promptTimeoutMs, submitTimeoutMs, beforeBodyTimeoutMs } = this.#timings
    const limits = { promptTimeoutMs, timeoutMs: submitTimeoutMs, beforeBodyTimeoutMs }
    return submitMessage(tpdu, limits, options.beforeBody)
  }

  /** AT+CMMS (27.005 §3.5.6): only speed is lost where it is refused. */
  async #holdLink(held: boolean, run: Parameters<Parameters<AtChannel['hold']>[1]>[0]): Promise<void> {
    if (this.#linkHeld === undefined || this.#linkHeld === held) return
    try {
      await run(setting(`AT+CMMS=${held ? 2 : 0}`, this.#timings.commandTimeoutMs))
      this.#linkHeld = held
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#linkHeld = undefined
    }
  }
}

function submitError(error: unknown, errors: ReadonlyMap<string, ErrorClass>): ModemSubmitError {
  if (!(error instanceof AtError)) return new ModemSubmitError('not-sent', 'unavailable', inWords(error), error)
  return new ModemSubmitError(stageOf(error), codeOf(error), error.message, error, errors.get(error.label))
}

function stageOf(error: AtError): SubmitStage {
  if (error.kind === 'cms' || error.kind === 'cme' || error.kind === 'error') return 'refused'
  return error.stage === 'body' ? 'unknown' : 'not-sent'
}

function codeOf(error: AtError): string {
  switch (error.kind) {
    case 'aborted':
    case 'queue-full':
    case 'connect':
    case 'forbidden':
      return 'unavailable'
    default:
      return error.label
  }
}
