/** PDUs from standard input to standard output, a line each. */
import { once } from 'node:events'
import { decodeLines, encodeLines } from '../pdu.ts'

export function decode(): Promise<void> {
  return pour(decodeLines(process.stdin))
}

export function encode(): Promise<void> {
  return pour(encodeLines(process.stdin))
}

/** Lines to standard output, no faster than it takes them. */
export async function pour(lines: AsyncIterable<string>): Promise<void> {
  for await (const text of lines) {
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
  }
}
