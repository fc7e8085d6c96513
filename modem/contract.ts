/**
 * The small interface through which the rest of the house sees a modem. `modem.ts` fulfils it over a serial port or
 * TCP; a modem host on another machine could fulfil it over a queue.
 */

import type { ErrorClass } from './at/result.ts'
import type { TransportErrorCode } from './serial/pipe.ts'

/** A PDU that the modem took from the network, not yet deleted or acknowledged. */
export interface IncomingPdu {
  modemId: string
  /**
   * `stored`: from +CMTI/+CDSI/+CMGL, still in its slot until the sink has resolved. `direct`: from +CMT/+CDS, answered by
   * +CNMA after the sink has resolved (where the modem wants that).
   */
  source: 'stored' | 'direct'
  /** `broadcast` is a +CBM page, all else a TPDU with SCA in front. */
  kind: 'deliver' | 'status-report' | 'broadcast' | 'unknown'
  /** `undefined` for direct ones. */
  slot: { memory: string; index: number } | undefined
  /** SCA and TPDU as the modem gave it, upper-case hex (may be hostile: not decoded here). */
  pduHex: string
  /** ms since epoch. */
  receivedAtMs: number
}

/** A call that nobody answered. There is nothing to acknowledge: the network keeps no copy. */
export interface IncomingCall {
  modemId: string
  /** The caller as the network names it, E.164 where it is international; undefined: not told. */
  from: string | undefined
  /** The caller did not want to be named. */
  withheld: boolean
  /** We have refused it. */
  hungUp: boolean
  /** ms since epoch. */
  startedAtMs: number
  endedAtMs: number
}

/** Takes what the modem receives. The promises are the acknowledgement. */
export interface ModemSink {
  /** Resolves once the PDU is safe; the modem then deletes the slot or acknowledges. A rejection leaves it in place. */
  incoming(pdu: IncomingPdu): Promise<void>
  /** The slot has been emptied (so the same octets in the same slot are a new message from now on). */
  released(pdu: IncomingPdu): Promise<void>
  /**
   * At start and at each poll: these slots of these memories are all there is. Whatever was persisted and is not listed
   * is known to be released.
   */
  inventory(modemId: string, memory: string, occupied: readonly number[]): Promise<void>
  /** Resolves once the call is noted; offered again after a rejection. The same start is the same call. */
  call(call: IncomingCall): Promise<void>
}

export type ModemState =
  | 'absent' // no port, or it has gone
  | 'starting' // open, running the start sequence
  | 'sim-locked' // wants a PIN or PUK from a person
  | 'no-sim'
  | 'searching' // ready for commands, not registered
  | 'ready'
  | 'resyncing' // lost step, finding its way back
  | 'failed' // gave up; `reason` says what a person must do

/** What is done about a modem that does not do its work, mildest first. */
export type RecoveryStep = 'resync' | 'reopen' | 'radio' | 'restart' | 'replug' | 'give-up'

/** What is wrong with a modem that does not do its work. */
export type Trouble =
  | 'silent' // not even AT is answered
  | 'unanswered' // some commands are not
  | 'unpolled' // looking after it fails
  | 'no-network' // all is answered, but there is no network
  | 'no-signal' // all is answered, and the strength that was told before is told no more
  | 'not-replugged' // its USB port could not be switched off and on

export interface HealStep {
  step: RecoveryStep
  /** Undefined in what an earlier version wrote down. */
  code?: Trouble | undefined
  /** In words. */
  reason: string
  /** ms since epoch. */
  atMs: number
}

export interface RecoveryStatus {
  /** How often each was done, over restarts of the service where it keeps them. */
  counts: Readonly<Record<RecoveryStep, number>>
  last: HealStep | undefined
  /** The last steps but finding step again, oldest first; bounded. */
  history: readonly HealStep[]
  /** When the module or its USB port were restarted, within the last day of use. */
  hardAtMs: readonly number[]
}

/** How it is registered with one network (27.007 §7.2, §10.1). */
export type Registration = 'none' | 'home' | 'searching' | 'denied' | 'unknown' | 'roaming' | 'sms-only'

/** What the modem tells of each; undefined where it does not. Texts go by `circuit`, or by `eps` (with `ims`, or handed over to 2G). */
export interface ModemNetworks {
  /** +CREG: 2G and 3G calls and texts. */
  circuit: Registration | undefined
  /** +CGREG: 2G and 3G data. */
  packet: Registration | undefined
  /** +CEREG: LTE. */
  eps: Registration | undefined
  /** +CIREG: registered with IMS. */
  ims: boolean | undefined
}

/** What a SIM that keeps the modem waiting asks for. */
export interface SimLock {
  /** `other`: neither of its own PIN nor of its PUK (a lock to an operator, a module's own code). */
  wants: 'pin' | 'puk' | 'other'
  /** Of the PIN; undefined: not known. */
  triesLeft: number | undefined
  /** Of the PUK, where it is what is asked for and the module tells them. */
  pukTriesLeft?: number | undefined
  /** The module told it; else it is what follows from our own entries. */
  isTold: boolean
}

export interface ModemStatus {
  id: string
  /** Where it is: `/dev/…` or `tcp://host:port`; `auto` until it was found. */
  port: string
  label: string | undefined
  state: ModemState
  /** In words; always present when the state is not `ready`. */
  reason: string | undefined
  /** Why its port could not be opened, where the system said so; gone once it was. */
  openFailure?: TransportErrorCode | undefined
  manufacturer: string | undefined
  model: string | undefined
  revision: string | undefined
  /** Which of `profiles/` it is driven by. */
  profile: string | undefined
  imei: string | undefined
  imsi: string | undefined
  iccid: string | undefined
  /** What was seen last; gone once the SIM is seen to be open. */
  simLock?: SimLock | undefined
  /** E.164, from configuration or +CNUM. */
  number: string | undefined
  operator: string | undefined
  /** The best of its networks. */
  registration: Registration
  networks?: ModemNetworks
  signalDbm: number | undefined
  smsc: string | undefined
  storage: readonly { memory: string; used: number; total: number }[]
  recovery: RecoveryStatus
  /** ms since epoch of the last change of `state`. */
  sinceMs: number
}

/**
 * How far a failed submission got.
 * `not-sent`: no octet of the body left us, repeating is safe. `refused`: the network or modem said no (code).
 * `unknown`: the body was handed over and no final result came; repeating may double it.
 */
export type SubmitStage = 'not-sent' | 'refused' | 'unknown'

export class ModemSubmitError extends Error {
  readonly stage: SubmitStage
  /** `cms-38`, `cme-14`, `error`, `prompt-timeout`, `timeout`, `gone`, `reset`, `unavailable`. */
  readonly code: string
  /** What the code means for this family of modules, where that differs from what it means for all. */
  readonly errorClass: ErrorClass | undefined

  constructor(stage: SubmitStage, code: string, message: string, cause?: unknown, errorClass?: ErrorClass) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ModemSubmitError'
    this.stage = stage
    this.code = code
    this.errorClass = errorClass
  }
}

export interface SubmitOptions {
  /** More parts follow at once: keep the radio link (+CMMS) where the modem can. */
  moreToFollow: boolean
  /** Awaited after the prompt was seen and before the first octet of the body is written: the journal's last chance. */
  beforeBody?: () => Promise<void>
}

/** What the network said to a USSD request or reply. */
export interface UssdAnswer {
  /** All but `reply-wanted` end the session. */
  status: 'done' | 'reply-wanted' | 'ended-by-network' | 'answered-elsewhere' | 'not-supported' | 'network-timeout'
  /** From outside: may hold anything. Undefined where the network said nothing. */
  text: string | undefined
}

export class UssdError extends Error {
  readonly code: 'busy' | 'no-session' | 'invalid' | 'refused' | 'timeout' | 'canceled' | 'interrupted' | 'unavailable'

  constructor(code: UssdError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'UssdError'
    this.code = code
  }
}

/** The PIN of a SIM, as a person hands it in. */
export interface PinGiven {
  pin: string
  /** The owner's explicit word that the last try may be spent on it. */
  lastTry: boolean
  /** Keep it for this SIM once it was accepted. */
  remember: boolean
}

export interface PinAccepted {
  /** It was wanted kept, and is: not where the SIM does not tell its number before it is open. */
  remembered: boolean
}

type PinErrorCode =
  | 'not-wanted' // no SIM waits for a PIN
  | 'busy' // another one is being entered
  | 'refused' // the SIM says no
  | 'known-wrong' // this SIM has refused it before: not entered
  | 'last-try' // it would be the last try: not entered without the owner's word
  | 'puk' // the SIM is blocked
  | 'unanswered' // entered, and nobody knows what came of it
  | 'unavailable' // the modem went away before it was entered

export class PinError extends Error {
  readonly code: PinErrorCode
  /** Undefined: the module does not tell. */
  readonly triesLeft: number | undefined

  constructor(code: PinErrorCode, message: string, triesLeft?: number) {
    super(message)
    this.name = 'PinError'
    this.code = code
    this.triesLeft = triesLeft
  }
}

export interface SmsModem {
  /** Stable over replugs and other port names, once known: `mdm_<imei>`. Until then `mdm_<label or port>`. */
  readonly id: string
  status(): ModemStatus
  /** Calls back on every change of status. Returns the unsubscribe function. */
  onStatus(listener: (status: ModemStatus) => void): () => void
  /**
   * Submits one SMS-SUBMIT (TPDU octets, without SCA; the modem's own SMSC is used).
   * Resolves with TP-MR; rejects with ModemSubmitError and nothing else.
   */
  submit(tpdu: Uint8Array, options: SubmitOptions): Promise<{ messageReference: number }>
  /** Runs one AT command for a person (diagnosis) and returns its information lines. */
  command(text: string, timeoutMs: number): Promise<readonly string[]>
  /** The last of what went through the port, as text; `masked` hides numbers and texts. PINs are never in it. */
  transcript(masked: boolean): string
  /** Begins a USSD session, as `*100#`; resolves with the network's answer. Rejects with UssdError and nothing else. */
  ussd(text: string): Promise<UssdAnswer>
  /** Replies in the session that wants it. Rejects with UssdError. */
  replyUssd(text: string): Promise<UssdAnswer>
  /** Ends the session; nothing happens when there is none. */
  cancelUssd(): Promise<void>
  /**
   * Enters the SIM's PIN while the modem waits for it, and goes on from there. Rejects with PinError and nothing else;
   * the last try is spent on the caller's explicit word only.
   */
  enterPin(given: PinGiven): Promise<PinAccepted>
  /** Forgets the PIN that is kept for the SIM in it; nothing happens where none is, or the SIM is not known. */
  forgetPin(): Promise<void>
  /** Restarts the module and runs the start sequence again. */
  reset(): Promise<void>
  start(): void
  stop(): Promise<void>
}
