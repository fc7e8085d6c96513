/**
 * What pppd says and how it ends, in words: pure. Its log tells the interface, the address and the resolvers, in wordings
 * that have stood since 2.4; its exit status (pppd(8), "EXIT STATUS") tells what went wrong. Lines are looked at once and
 * forgotten: they hold addresses and names.
 */
import { addressOctets } from '../http/ip.ts'
import { BearerError } from './bearer.ts'

/** What hindered or ended a dialled connection. */
export type PppFailure =
  | 'pppd-missing'
  | 'not-permitted'
  | 'no-kernel-support'
  | 'bad-settings'
  | 'port'
  | 'refused-by-modem'
  | 'no-carrier'
  | 'authentication'
  | 'time-out'
  | 'ended'
  | 'called-off'

/** Thrown by the PPP bearer; `step` is `bearer`. */
export class PppError extends BearerError {
  readonly failure: PppFailure

  constructor(failure: PppFailure, message: string, cause?: unknown) {
    super('bearer', message, cause)
    this.name = 'PppError'
    this.failure = failure
  }
}

const LINE_CHARACTERS_MAX = 1_000
/** Of a name server each. */
const RESOLVERS_MAX = 2

/** What chat says when it gives up: `Failed (NO CARRIER)`. */
const DIAL_FAILURE = /^Failed(?: \(([A-Z ]{1,20})\))?$/

export class PppReport {
  interfaceName: string | undefined
  /** Set as soon as the interface has it. */
  localAddress: string | undefined
  readonly resolvers: string[] = []
  /** The word of the modem on which dialling failed; empty: it said nothing. */
  dialFailure: string | undefined
  wasRefused = false
  wantsRoot = false
  #line = ''

  /** Takes what pppd printed, in whatever pieces. A line that is too long is dropped. */
  take(chunk: string): void {
    const pieces = chunk.split('\n')
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) {
        this.#read(this.#line.trimEnd())
        this.#line = ''
      }
      if (this.#line.length <= LINE_CHARACTERS_MAX) this.#line += piece.slice(0, LINE_CHARACTERS_MAX + 1)
    }
  }

  #read(line: string): void {
    if (line.length > LINE_CHARACTERS_MAX) return
    this.interfaceName ??= /^Using interface ([\w.-]{1,15})$/.exec(line)?.[1]
    const local = /^local {2}IP address (\S+)$/.exec(line)?.[1]
    if (local !== undefined && addressOctets(local) !== undefined) this.localAddress ??= local
    const resolver = /^(?:primary|secondary) +DNS address (\S+)$/.exec(line)?.[1]
    if (resolver !== undefined && addressOctets(resolver) !== undefined && this.resolvers.length < RESOLVERS_MAX) {
      this.resolvers.push(resolver)
    }
    const failed = DIAL_FAILURE.exec(line)
    if (failed !== null) this.dialFailure = failed[1] ?? ''
    if (/authentication failed/i.test(line)) this.wasRefused = true
    if (/requires root privilege|must be root/.test(line)) this.wantsRoot = true
  }
}

export interface PppEnd {
  /** null: by a signal. */
  readonly code: number | null
  readonly signal: string | null
}

const HELP = '(hardware.md, "Picture messages")'

/** Why a session came to nothing, or ended that stood. `hasDevice`: whether there is a /dev/ppp. */
export function failureOf(end: PppEnd, report: PppReport, hasDevice: boolean): PppError {
  if (report.localAddress !== undefined) {
    const why = end.code === 15 ? 'the other end fell silent' : end.code === 16 ? 'the modem hung up' : endWords(end)
    return new PppError('ended', `the dialled connection has ended: ${why}`)
  }
  if (report.wasRefused) return refusedLogin()
  switch (end.code) {
    case 2:
      return report.wantsRoot
        ? new PppError('not-permitted', `pppd takes these options from root only ${HELP}`)
        : new PppError('bad-settings', 'pppd does not take its options: 2.4.9 or newer is needed')
    case 3:
      return new PppError('not-permitted', `pppd is not allowed to work: it needs to be root ${HELP}`)
    case 4:
      return new PppError(
        'no-kernel-support',
        hasDevice
          ? 'this kernel has no PPP (module ppp_async), so nothing can be dialled'
          : `there is no /dev/ppp: this kernel has no PPP (module ppp_generic), or the service may not see it ${HELP}`,
      )
    case 6:
      return new PppError('port', 'another program holds the port that is to be dialled on')
    case 7:
      return new PppError('port', 'the port that is to be dialled on cannot be opened')
    case 8:
      return dialFailure(report.dialFailure)
    case 10:
    case 15:
      return new PppError('time-out', 'the call stands, and nobody speaks PPP at the other end')
    case 16:
      return new PppError('no-carrier', 'the modem hung up before the connection stood')
    case 11:
    case 19:
      return refusedLogin()
    default:
      return new PppError('ended', `pppd came to nothing: ${endWords(end)}`)
  }
}

function dialFailure(said: string | undefined): PppError {
  switch (said) {
    case 'NO CARRIER':
    case 'NO ANSWER':
    case 'NO DIALTONE':
    case 'BUSY':
      return new PppError(
        'no-carrier',
        `the network gives no data connection (${said}): look at access point and coverage`,
      )
    case 'ERROR':
      return new PppError('refused-by-modem', 'the modem refuses to dial (ERROR): look at access point and context')
    default:
      return new PppError('time-out', 'the modem did not answer on the port that is dialled on')
  }
}

function refusedLogin(): PppError {
  return new PppError(
    'authentication',
    'the access point does not take this user and password (authentication refused)',
  )
}

function endWords({ code, signal }: PppEnd): string {
  return signal === null ? `exit status ${code}` : `it was ended by ${signal}`
}
