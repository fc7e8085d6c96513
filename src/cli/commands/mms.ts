/** MMS PDUs from standard input to standard output, a line each. */
import { decodeMmsLines, encodeMmsLines } from '../mms.ts'
import { pour } from './pdu.ts'

export function decode({ data }: { data?: boolean }): Promise<void> {
  return pour(decodeMmsLines(process.stdin, data === true))
}

export function encode(): Promise<void> {
  return pour(encodeMmsLines(process.stdin))
}
