/** MMS PDUs from standard input to standard output, a line each. */
import { decodeMmsLines } from '../mms.ts'
import { pour } from './pdu.ts'

export function decode({ data }: { data?: boolean }): Promise<void> {
  return pour(decodeMmsLines(process.stdin, data === true))
}
