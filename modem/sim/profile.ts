/** What one make of modem is and can do, as data; the default is an agreeable modern one. */

/** `+CNMI=?`: the values that each of the five parameters may take (27.005 §3.4.1). */
export interface CnmiRange {
  mode: readonly number[]
  mt: readonly number[]
  bm: readonly number[]
  ds: readonly number[]
  bfr: readonly number[]
}

export interface ModemProfile {
  manufacturer: string
  model: string
  revision: string
  /** Sent when the modem has started; whole lines. */
  bootLines: readonly string[]
  /** From power on to the boot lines; nothing is answered before. */
  bootMs: number
  /** From power on (or CFUN=1, or the PIN) to registration. */
  registerMs: number
  /** Size of each memory; `SR` may be left out. */
  memories: Readonly<Record<string, number>>
  /** Memory selected for all three purposes at start. */
  memoryAtStart: string
  /** Number of the first slot, 0 or 1. */
  firstSlot: number
  /** +CMGR of an empty slot: no information at all, a message of length 0, or +CMS ERROR: 321. */
  emptySlot: 'ok' | 'length-zero' | 'error'
  cnmi: CnmiRange
  /** Whether AT+CSMS=1 (acknowledgement by +CNMA) is offered. */
  csms1: boolean
  cmms: boolean
  /** What comes between the command and the body. */
  promptText: string
  echoAtStart: boolean
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
  bootMs: 0,
  registerMs: 0,
  memories: { SM: 20, ME: 50, SR: 10 },
  memoryAtStart: 'SM',
  firstSlot: 1,
  emptySlot: 'ok',
  cnmi: { mode: [0, 1, 2, 3], mt: [0, 1, 2, 3], bm: [0, 2], ds: [0, 1, 2], bfr: [0, 1] },
  csms1: true,
  cmms: true,
  promptText: '\r\n> ',
  echoAtStart: true,
  fullLines: ['+CIEV: 8,1'],
  unroutedReports: 'refused',
}
