/**
 * A caller on the line (27.007 §6): rings as often as told, until the modem's side answers or hangs up, or the caller
 * gives up. One call at a time; a second caller hears that it is busy.
 */
import type { SimClock } from './clock.ts'

export interface CallOptions {
  /** E.164; a withheld number where it is left out. */
  from?: string
  rings?: number
  everyMs?: number
}

export type CallOutcome = 'missed' | 'rejected' | 'answered' | 'busy'

const RINGS = 4
const RING_EVERY_MS = 5_000
const INTERNATIONAL = 145
const UNKNOWN_TYPE = 128

export interface CallLineOptions {
  clock: SimClock
  /** What AT+CLIP and AT+CRC are set to. */
  isSet: (name: '+CLIP' | '+CRC') => boolean
  missedLines: () => readonly string[]
  notify: (line: string) => void
}

export class CallLine {
  private readonly options: CallLineOptions
  private state: 'idle' | 'ringing' | 'talking' = 'idle'
  private conclude: (outcome: CallOutcome) => void = () => {}
  private cancelTimer: () => void = () => {}

  constructor(options: CallLineOptions) {
    this.options = options
  }

  /** Somebody calls. Resolves with how it ended (`answered` at once when it was). */
  ring({ from, rings = RINGS, everyMs = RING_EVERY_MS }: CallOptions): Promise<CallOutcome> {
    if (this.state !== 'idle') return Promise.resolve('busy')
    this.state = 'ringing'
    return new Promise((resolve) => {
      this.conclude = resolve
      const once = (left: number) => {
        if (left === 0) {
          this.missed(from)
          return
        }
        const { isSet, notify, clock } = this.options
        notify(isSet('+CRC') ? '+CRING: VOICE' : 'RING')
        if (isSet('+CLIP')) {
          notify(from === undefined ? `+CLIP: "",${UNKNOWN_TYPE},,,,1` : `+CLIP: "${from}",${INTERNATIONAL},,,,0`)
        }
        this.cancelTimer = clock.after(everyMs, () => once(left - 1))
      }
      once(rings)
    })
  }

  /** ATA. False when nobody rings. */
  answer(): boolean {
    if (this.state !== 'ringing') return false
    this.cancelTimer()
    this.state = 'talking'
    this.conclude('answered')
    return true
  }

  /** AT+CHUP or ATH. */
  hangUp(): void {
    this.end()
  }

  /** The other side hangs up while talking. */
  end(): void {
    this.cancelTimer()
    if (this.state === 'ringing') this.conclude('rejected')
    this.state = 'idle'
  }

  private missed(from: string | undefined): void {
    this.state = 'idle'
    this.conclude('missed')
    for (const line of this.options.missedLines()) this.options.notify(line.replace('%', from ?? ''))
  }
}
