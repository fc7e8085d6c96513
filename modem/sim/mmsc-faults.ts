/**
 * What the simulated MMSC does wrong on command: data, stacked newest first like the faults of a simulated modem. A fault
 * waits for a request that fits, lets `skip` of them pass, happens `times` times, and is gone.
 */

/** What a request is about. `answer`: m-notifyresp-ind, m-acknowledge-ind, m-read-rec-ind. */
export type MmscErrand = 'retrieve' | 'submit' | 'answer'

export interface MmscFaultCondition {
  /** Default: any. */
  on?: MmscErrand
  /** Only for requests of this number. */
  from?: string
  /** Lets this many fitting requests pass first. */
  skip?: number
  times?: number | 'always'
}

export type MmscFault = MmscFaultCondition &
  (
    | /** Nothing is done, only this status said. */ { kind: 'status'; status: number }
    /** Never goes on: before the first octet of the answer, or behind half of its body. What was asked is done. */
    | { kind: 'stall'; at: 'start' | 'body' }
    /** The connection ends behind so many octets of the body. What was asked is done. */
    | { kind: 'cut'; bytes: number }
    /** A page for people with status 200; nothing is done. `type`: what it calls itself. */
    | { kind: 'portal'; type?: string }
    /** Content-Length is so much more (or less) than what follows. */
    | { kind: 'wrong-length'; by: number }
    /** Nothing is done, only pointed elsewhere. */
    | { kind: 'redirect'; location: string }
    | { kind: 'gzip' }
    | { kind: 'chunked' }
    /** The right PDU under another content type. */
    | { kind: 'wrong-type'; type: string }
    /** What was asked is done, and the connection ends without a word. */
    | { kind: 'no-confirmation' }
    /** What was asked is done, and the answer has no body. */
    | { kind: 'empty' }
    /** m-send-conf or m-retrieve-conf with this status octet; nothing is done. */
    | { kind: 'pdu-status'; status: number; text?: string }
    /** These octets in place of the PDU (hex). What was asked is done. */
    | { kind: 'octets'; hex: string }
  )

export type MmscFaultKind = MmscFault['kind']

/** Of the pushes that go out, set by `SimulatedMmsc.pushes`. */
export interface PushFate {
  /** How often each push is sent (2: a duplicate). 0: it is lost. */
  copies: number
  /** In place of the message's own address: a forged one, a wrong host. */
  location?: string
}

/** More armed faults than this is a runaway test. */
const ARMED_MAX = 1_000

interface Armed {
  readonly fault: MmscFault
  skipLeft: number
  timesLeft: number
}

export class MmscFaultStack {
  private readonly stack: Armed[] = []

  /** Throws RangeError when too many are armed. */
  arm(fault: MmscFault): void {
    if (this.stack.length >= ARMED_MAX) throw new RangeError(`more than ${ARMED_MAX} faults are armed`)
    const times = fault.times ?? 1
    this.stack.unshift({
      fault,
      skipLeft: fault.skip ?? 0,
      timesLeft: times === 'always' ? Number.POSITIVE_INFINITY : times,
    })
  }

  clear(): void {
    this.stack.length = 0
  }

  /** The newest that fits, which has happened then. */
  take(errand: MmscErrand, from: string): MmscFault | undefined {
    for (const armed of [...this.stack]) {
      const { fault } = armed
      if ((fault.on ?? errand) !== errand || (fault.from ?? from) !== from) continue
      if (armed.skipLeft > 0) {
        armed.skipLeft--
        continue
      }
      armed.timesLeft--
      if (armed.timesLeft <= 0) this.stack.splice(this.stack.indexOf(armed), 1)
      return fault
    }
    return undefined
  }
}

/** Whether what was asked is left undone under this fault. */
export function preventsWork({ kind }: MmscFault): boolean {
  return kind === 'status' || kind === 'portal' || kind === 'redirect' || kind === 'pdu-status'
}
