/** MMS PDUs from standard input to standard output, a line each; and the carriers that we know. */
import { type CarrierQuestion, carrierLine, knownCarriers } from '../carriers.ts'
import { decodeMmsLines, encodeMmsLines } from '../mms.ts'
import { pour } from './pdu.ts'

export function decode({ data }: { data?: boolean }): Promise<void> {
  return pour(decodeMmsLines(process.stdin, data === true))
}

export function encode(): Promise<void> {
  return pour(encodeMmsLines(process.stdin))
}

export function carriers({ json, ...question }: CarrierQuestion & { json?: boolean }): void {
  const { carriers: found, advice } = knownCarriers(question)
  for (const carrier of found) process.stdout.write(`${json ? JSON.stringify(carrier) : carrierLine(carrier)}\n`)
  process.stderr.write(`${advice}\n`)
}
