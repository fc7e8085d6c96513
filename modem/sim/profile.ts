/**
 * What one make of modem is and can do, as data; the default is an agreeable modern one. The families of the field are in
 * `profiles.ts`. Code asks a profile what holds, never who made the modem.
 */

import type { CardState } from './simcard.ts'

/** `+CNMI=?`: the values that each of the five parameters may take (27.005 §3.4.1). */
export interface CnmiRange {
  mode: readonly number[]
  mt: readonly number[]
  bm: readonly number[]
  ds: readonly number[]
  bfr: readonly number[]
}

/** How long things take on the real module; `timing` of a simulated modem scales all of it, and `zero` leaves it out. */
export interface Pace {
  /** From power on to the boot lines; nothing is answered before. */
  bootMs: number
  /** From power on (or CFUN=1, or the PIN) to registration. */
  registerMs: number
  /** From the boot lines until message commands are carried out; `notReady` before that. */
  smsReadyMs: number
  /** From a command to its answer. */
  answerMs: number
  /** One message on air. */
  submitMs: number
  /** The next one while +CMMS holds the link. */
  submitLinkedMs: number
  /** How long the link is held after a message. */
  linkHeldMs: number
  /** From a USSD request to the network's answer. */
  ussdMs: number
}

/** Lines that a modem says by itself all the time. */
export interface Chatter {
  /** Said in turn. */
  lines: readonly string[]
  everyMs: number
  /** One also in front of every so many answers (H1); 0 is never. */
  everyAnswers: number
  /** A command line that ends it until the next restart. */
  quietedBy?: string
}

export interface ModemProfile {
  manufacturer: string
  model: string
  revision: string
  /** Sent when the modem has started; whole lines. */
  bootLines: readonly string[]
  /** Sent when message commands work. */
  smsReadyLines: readonly string[]
  pace: Pace
  /** Size of each memory; `SR` may be left out. */
  memories: Readonly<Record<string, number>>
  /** Whether `MT`, all but the reports seen as one, is offered too. */
  joinedMemory: boolean
  /** Memory selected for all three purposes at start. */
  memoryAtStart: string
  /** Number of the first slot, 0 or 1. */
  firstSlot: number
  /** +CMGR of an empty slot: no information at all, a message of length 0, or +CMS ERROR: 321. */
  emptySlot: 'ok' | 'length-zero' | 'error'
  /** How many memories one +CPMS may name. */
  cpmsArguments: readonly number[]
  /** +CMGL works, is refused, or is never answered. */
  listing: 'works' | 'refused' | 'hangs'
  cnmi: CnmiRange
  /** Settings that `+CNMI=?` promises and that are refused all the same. */
  cnmiRefused: readonly Partial<Readonly<Record<keyof CnmiRange, number>>>[]
  /** Whether AT+CSMS=1 (acknowledgement by +CNMA) is offered. */
  csms1: boolean
  cmms: boolean
  /** Flash messages under <mt> 1: stored like others, handed on at once, or lost. */
  flash: 'stored' | 'direct' | 'lost'
  /** What comes between the command and the body. */
  promptText: string
  /** Behind (and in front of) each line of an answer. */
  lineEnd: string
  /** The same of what comes unasked. */
  unsolicitedEnd: string
  echoAtStart: boolean
  /** A serial line that finds its speed by the first command, and loses it. */
  losesFirstLine: boolean
  /** The final result of a command that it does not know. */
  unknownCommand: string
  /** Commands of the standard that it does not know. */
  lacks: readonly string[]
  /** Commands of its own and the lines that answer them in every form. */
  vendorCommands: Readonly<Record<string, readonly string[]>>
  /** Commands of its own that restart it. */
  restartCommands: readonly string[]
  /** +CMS ERROR codes that it says in place of the standard's. */
  cmsCodes: Readonly<Record<number, number>>
  /** +CMS ERROR while messages do not work yet. */
  notReady: number
  iccidCommand: '+CCID' | '+ICCID' | '+QCCID' | '^ICCID' | '#CCID'
  /** The command that tells how many PIN tries are left. */
  pinCounter: '+CPINR' | '+QPINC' | '+SPIC' | '^CPIN' | '#PCT' | undefined
  /** How the strings of +CUSD are written: as text, or as hex of packed septets (23.038 §6.1.2.3). */
  ussdCoding: 'plain' | 'packed'
  noise: Chatter | undefined
  /** Sent when a call ends that nobody took; `%` stands for the caller. */
  missedCallLines: readonly string[]
  /** Whose commands open TCP connections inside of it; undefined: it has none. */
  sockets: 'quectel' | 'simcom' | undefined
  /** Whose commands make and send picture messages inside of it; undefined: it has none. */
  mms: 'quectel' | 'simcom' | undefined
  /** Sent once when a message did not fit. */
  fullLines: readonly string[]
  /**
   * With <ds> 0 real modems often acknowledge a report and drop it (`dropped`); `refused` leaves it with the service
   * centre until somebody wants it.
   */
  unroutedReports: 'refused' | 'dropped'
}

export const DEFAULT_PROFILE: ModemProfile = {
  manufacturer: 'Causeway',
  model: 'SIM-1',
  revision: 'SIM1R01',
  bootLines: ['RDY', '+CFUN: 1', '+CPIN: READY', 'SMS DONE', 'PB DONE'],
  smsReadyLines: [],
  pace: {
    bootMs: 0,
    registerMs: 0,
    smsReadyMs: 0,
    answerMs: 0,
    submitMs: 3_000,
    submitLinkedMs: 1_600,
    linkHeldMs: 5_000,
    ussdMs: 2_000,
  },
  memories: { SM: 20, ME: 50, SR: 10 },
  joinedMemory: false,
  memoryAtStart: 'SM',
  firstSlot: 1,
  emptySlot: 'ok',
  cpmsArguments: [1, 2, 3],
  listing: 'works',
  cnmi: { mode: [0, 1, 2, 3], mt: [0, 1, 2, 3], bm: [0, 2], ds: [0, 1, 2], bfr: [0, 1] },
  cnmiRefused: [],
  csms1: true,
  cmms: true,
  flash: 'stored',
  promptText: '\r\n> ',
  lineEnd: '\r\n',
  unsolicitedEnd: '\r\n',
  echoAtStart: true,
  losesFirstLine: false,
  unknownCommand: 'ERROR',
  lacks: [],
  vendorCommands: {},
  restartCommands: [],
  cmsCodes: {},
  notReady: 515,
  iccidCommand: '+CCID',
  pinCounter: '+CPINR',
  ussdCoding: 'plain',
  noise: undefined,
  missedCallLines: ['NO CARRIER'],
  sockets: undefined,
  mms: undefined,
  fullLines: ['+CIEV: 8,1'],
  unroutedReports: 'refused',
}

/** What it says at boot; the SIM's line says what state the SIM is in. */
export function bootLinesOf({ bootLines }: ModemProfile, card: CardState): readonly string[] {
  const state = card === 'ready' ? 'READY' : card === 'pin' ? 'SIM PIN' : card === 'puk' ? 'SIM PUK' : 'NOT READY'
  return bootLines.map((line) => (line === '+CPIN: READY' ? `+CPIN: ${state}` : line))
}
