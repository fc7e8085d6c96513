/**
 * What the API needs of modems, which it may not import: how they are shown, and what may be asked of them. Fulfilled by
 * `service/modems.ts`.
 */
import type { MMS_TEST_STEPS } from '../domain/mms-test.ts'

/** A modem as shown; the fields of the modem's own status that the API passes on. */
export interface ModemView {
  id: string
  port: string
  label: string | undefined
  state: string
  reason: string | undefined
  manufacturer: string | undefined
  model: string | undefined
  revision: string | undefined
  profile: string | undefined
  imei: string | undefined
  imsi: string | undefined
  iccid: string | undefined
  /** What its SIM waits for, as far as was seen last. */
  simLock?: { wants: 'pin' | 'puk' | 'other'; triesLeft: number | undefined; isTold: boolean } | undefined
  number: string | undefined
  operator: string | undefined
  registration: string
  networks?: {
    circuit: string | undefined
    packet: string | undefined
    eps: string | undefined
    ims: boolean | undefined
  }
  signalDbm: number | undefined
  smsc: string | undefined
  storage: readonly { memory: string; used: number; total: number }[]
  /** How often each step of recovery was done, the last ones, and when module or USB port were restarted of late. */
  recovery: {
    counts: Readonly<Record<string, number>>
    last: RecoveryStepView | undefined
    history: readonly RecoveryStepView[]
    hardAtMs: readonly number[]
  }
  sinceMs: number
  /** Texts through it; left out until the router knows it. */
  texts?: ModemTexts
  /** Picture messages through it; left out where they are not set up. */
  mms?: MmsStatusView
}

export interface MmsStatusView {
  available: boolean
  /** Of the reason. */
  code: string | undefined
  /** In words, why not. */
  reason: string | undefined
  /** What its carrier takes, as its settings say. */
  bytesMax: number | undefined
  /** Whose settings are used: its id, or what stands for it by hand; undefined: nobody knows yet. */
  carrier: string | undefined
  /** The way to the carrier. */
  bearer: 'interface' | 'modem-socket' | 'ppp' | 'embedded'
  /** Nothing that is announced can be fetched that way. */
  sendsOnly: boolean
  /** Carriers that fit its SIM as well as each other: one must be named in the configuration. */
  candidates: readonly { id: string; name: string }[]
}

/** A message of a modem's SIM to itself. */
export interface MmsTestView {
  readonly modem: string
  /** E.164. */
  readonly number: string
  /** Whose settings are tried. */
  readonly carrier: string
  readonly state: 'running' | 'passed' | 'failed'
  /** In the order in which they were taken; the first that is not `ok` is the last. */
  readonly steps: readonly {
    readonly step: (typeof MMS_TEST_STEPS)[number]
    readonly ok: boolean
    /** Of the detail. */
    readonly code: string
    /** For people. */
    readonly detail: string
  }[]
  readonly startedAtMs: number
}

export interface RecoveryStepView {
  step: string
  /** What was wrong: what `reason` says. */
  code?: string | undefined
  reason: string
  atMs: number
}

export interface ModemTexts {
  available: boolean
  /** Of the reason. */
  code: string | undefined
  /** In words, why the router does not use it now. */
  reason: string | undefined
  /** Parts that the network took; undefined while they are being counted. */
  today: number | undefined
  thisMonth: number | undefined
  dailyQuota: number | undefined
  monthlyQuota: number | undefined
  perMinute: number | undefined
  costPerPart: number | undefined
  prefixes: readonly string[]
}

/** What the network said; all but `reply-wanted` end the session. */
export interface UssdView {
  status: string
  text: string | undefined
}

/** What was found at one serial port. */
export interface PortView {
  port: string
  usbId: string | undefined
  interfaceNumber: number | undefined
  product: string | undefined
  /** `modem`, `held`, `skipped`, `refused`, `silent`. */
  result: string
  reason: string | undefined
  imei: string | undefined
  manufacturer: string | undefined
  model: string | undefined
  profile: string | undefined
}

export interface PinGivenView {
  pin: string
  /** The last try may be spent on it. */
  lastTry: boolean
  remember: boolean
}

export interface ModemPort {
  list(): readonly ModemView[]
  /** Asks the serial ports of the machine who is there. */
  probe(): Promise<readonly PortView[]>
  /** Enters the SIM's PIN. Throws CausewayError `unknown-modem`, `sim-pin-…`, `sim-puk`, `modem-unavailable`. */
  enterPin(id: string, given: PinGivenView): Promise<{ remembered: boolean }>
  /** Forgets the PIN that is kept for the SIM in it. Throws `unknown-modem`. */
  forgetPin(id: string): Promise<void>
  /** Throws CausewayError `unknown-modem`, `modem-unavailable`. */
  reset(id: string): Promise<void>
  /** Oldest first, the last as it is now. */
  signalHistory(id: string): readonly { atMs: number; dbm: number | undefined }[]
  /** The last of what went through the port; `masked` hides numbers and texts. Throws `unknown-modem`. */
  transcript(id: string, masked: boolean): string
  /** Runs one AT command; its information lines. Errors as `reset`, and `at-error`. */
  command(id: string, text: string): Promise<readonly string[]>
  /** Begins a USSD session. Errors as `reset`, and `ussd-…`. */
  ussd(id: string, text: string): Promise<UssdView>
  replyUssd(id: string, text: string): Promise<UssdView>
  cancelUssd(id: string): Promise<void>
}
