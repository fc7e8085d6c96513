/** Files of the SIM by AT+CRSM (3GPP TS 27.007 §8.18), as values. Pure. */
import { type AtCommand, query } from './command.ts'
import { decimal, splitFields, unquote } from './fields.ts'

export interface SimAnswer {
  /** The SIM has done it (status words 90 00 and 91 xx; 102.221 §10.2.1). */
  readonly isWell: boolean
  readonly octets: Uint8Array
}

const READ_BINARY = 176
const GET_RESPONSE = 192
/** Of an answer: what is longer is no file of ours. */
const OCTETS_MAX = 256
const DONE: readonly number[] = [0x90, 0x91]

/** The first `octets` of a transparent file. */
export function readSimFile(file: number, octets: number, timeoutMs: number): AtCommand<SimAnswer> {
  return crsm(`${READ_BINARY},${file},0,0,${octets}`, timeoutMs)
}

/** What the SIM says of a file: its head, or its control parameters. */
export function simFileInfo(file: number, timeoutMs: number): AtCommand<SimAnswer> {
  return crsm(`${GET_RESPONSE},${file},0,0,15`, timeoutMs)
}

function crsm(what: string, timeoutMs: number): AtCommand<SimAnswer> {
  const command = query(`AT+CRSM=${what}`, '+CRSM:', timeoutMs, (text) => {
    const [sw1, , data] = splitFields(text)
    const status = decimal(sw1)
    if (status === undefined) throw new Error('no status word')
    const hex = unquote(data)
    if (hex.length > 2 * OCTETS_MAX || !/^(?:[0-9A-Fa-f]{2})*$/.test(hex)) throw new Error('no octets')
    return { isWell: DONE.includes(status), octets: Uint8Array.from(Buffer.from(hex, 'hex')) }
  })
  // A modem that leaves it unanswered is not asked twice.
  return { ...command, retry: 'unsafe' }
}
