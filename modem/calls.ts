/**
 * Notices calls to the SIM: from the first RING to the end, as one call with at most one caller, and hangs up where that
 * is wanted. Nobody answers here, so every call is a missed one.
 *
 *   RING | +CRING ─▶ ringing ─(+CLIP: who)─▶ NO CARRIER, MISSED_CALL, or no ring any more ─▶ sink.call
 *
 * A modem rings again every few seconds and may say the caller with each ring, with the second, or never (27.007 §7.6).
 * A call that is going on when the process dies is not noted: the network keeps no copy that could be asked for.
 */
import type { AtChannel } from './at/channel.ts'
import { setting } from './at/command.ts'
import { decimal, unquote } from './at/fields.ts'
import { Priority } from './at/priority.ts'
import { international } from './at/sms.ts'
import type { Urc } from './at/urc.ts'
import type { IncomingCall, ModemSink } from './contract.ts'
import { inWords, isRefusal } from './refusal.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import type { ModemTimings } from './timings.ts'

/** Calls that the sink refused and that only we still know of. */
const UNSAVED_CALLS_MAX = 32

export const CALL_URCS: ReadonlySet<string> = new Set([
  'RING',
  '+CRING:',
  '+CLIP:',
  'NO CARRIER',
  'MISSED_CALL:',
  'VOICE CALL:',
  '^CEND:',
])

/** `+CLIP` <CLI validity>: the caller's wish, or an exchange on the way that cannot tell. */
const WITHHELD = 1

export interface CallWatchOptions {
  modemId: () => string
  channel: AtChannel
  sink: Pick<ModemSink, 'call'>
  /** Refuse every call as soon as its caller is known. */
  hangUp: boolean
  clock: Clock
  log: Log
  timings: Pick<ModemTimings, 'ringGapMs' | 'callerWaitMs' | 'commandTimeoutMs' | 'sinkRetryFirstMs'>
}

interface Ringing {
  startedAtMs: number
  from: string | undefined
  withheld: boolean
  hungUp: boolean
}

export class CallWatch {
  readonly #options: CallWatchOptions
  readonly #timers = new Set<() => void>()
  #ringing: Ringing | undefined
  #cancelGap: () => void = () => {}
  #unsaved = 0
  #stopped = false

  constructor(options: CallWatchOptions) {
    this.#options = options
  }

  /** One of CALL_URCS. */
  heard(urc: Urc): void {
    switch (urc.name) {
      case 'RING':
      case '+CRING:':
        this.#rings()
        return
      case '+CLIP:':
        this.#caller(urc.fields)
        return
      // NO CARRIER may also end a data line that is none of ours; without a ring before it nothing is noted.
      case 'NO CARRIER':
      case 'MISSED_CALL:':
      case '^CEND:':
        this.#ended()
        return
      case 'VOICE CALL:':
        if (urc.text.includes('END')) this.#ended()
        return
    }
  }

  /** The port or the set-up has ended: what rings now is noted as it is known. */
  stop(): void {
    this.#ended()
    this.#stopped = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #rings(): void {
    const { clock, timings, hangUp } = this.#options
    if (this.#ringing === undefined) {
      this.#ringing = { startedAtMs: clock.nowMs(), from: undefined, withheld: false, hungUp: false }
      const ringing = this.#ringing
      if (hangUp) this.#after(timings.callerWaitMs, () => this.#refuse(ringing))
    }
    this.#cancelGap()
    this.#cancelGap = clock.after(timings.ringGapMs, () => this.#ended())
  }

  /** `<number>,<type>[,<subaddr>,<satype>[,<alpha>[,<CLI validity>]]]`. Comes before the first RING on some modems. */
  #caller(fields: readonly string[]): void {
    this.#rings()
    const ringing = this.#ringing
    if (ringing === undefined) return
    const number = unquote(fields[0])
    if (/^\+?[\d*#]+$/.test(number)) ringing.from = international(number, decimal(fields[1]))
    else ringing.withheld ||= decimal(fields[5]) === WITHHELD
    if (this.#options.hangUp) this.#refuse(ringing)
  }

  #refuse(ringing: Ringing): void {
    if (this.#ringing !== ringing || ringing.hungUp) return
    ringing.hungUp = true
    void this.#hangUp()
  }

  /** AT+CHUP (27.007 §6.5); ATH where a modem knows only V.250. */
  async #hangUp(): Promise<void> {
    const { channel, log, timings } = this.#options
    for (const text of ['AT+CHUP', 'ATH']) {
      try {
        await channel.run({ ...setting(text, timings.commandTimeoutMs), retry: 'unsafe' }, Priority.call)
        return
      } catch (error) {
        if (!isRefusal(error)) return
        log.warn({ command: text, reason: inWords(error) }, 'the modem does not hang up')
      }
    }
  }

  #ended(): void {
    const ringing = this.#ringing
    if (ringing === undefined) return
    this.#ringing = undefined
    this.#cancelGap()
    const { modemId, clock } = this.#options
    const { startedAtMs, from, withheld, hungUp } = ringing
    void this.#note({ modemId: modemId(), from, withheld, hungUp, startedAtMs, endedAtMs: clock.nowMs() })
  }

  /** There is nothing to acknowledge, so a sink that refuses is asked again until it takes the call. */
  async #note(call: IncomingCall): Promise<void> {
    const { sink, log, timings } = this.#options
    try {
      await sink.call(call)
    } catch (error) {
      log.warn({ reason: inWords(error) }, 'a call could not be noted yet')
      if (this.#stopped || this.#unsaved >= UNSAVED_CALLS_MAX) {
        log.error({ modemId: call.modemId }, 'a missed call was lost: it could not be stored')
        return
      }
      this.#unsaved += 1
      this.#after(timings.sinkRetryFirstMs, () => {
        this.#unsaved -= 1
        void this.#note(call)
      })
    }
  }

  #after(delayMs: number, action: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      action()
    })
    this.#timers.add(cancel)
  }
}
