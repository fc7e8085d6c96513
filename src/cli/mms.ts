/**
 * `causeway mms decode` and `causeway mms encode` without their shell: lines in, lines out. Nothing that comes in ends it; a line that cannot be
 * understood becomes a JSON object with the error, so that line n out belongs to line n in.
 *
 * decode   `[mms|wsp|sms] HEX…` → one JSON object a line (see `pduToJson`), mms where nothing stands in front
 * encode   one JSON object (see `jsonToPdu`) → the hex of one MMS PDU a line
 */
import { createHash } from 'node:crypto'
import { encodeLine, explainLine, JSON_LINE_CHARS_MAX, LINE_CHARS_MAX } from '../../modem/mms/line.ts'
import { linesOf } from './lines.ts'

/** The fixed form shows so much of a SHA-256. */
const DIGEST_DIGITS = 16

/**
 * Explains MMS PDUs (`mms`), WSP pushes (`wsp`) and sets of SMS-DELIVERs (`sms`), one a line.
 * @param input text or UTF-8 octets in any chunks (standard input as it is), lines ended by LF or CRLF
 * @param data whether parts show their octets
 * @returns one line of JSON without its line end for each line, an error (see `explainLine`) also for an empty one
 */
export async function* decodeMmsLines(input: AsyncIterable<string | Uint8Array>, data = false): AsyncGenerator<string> {
  for await (const line of linesOf(input, LINE_CHARS_MAX)) yield JSON.stringify(explainLine(line, { digest, data }))
}

/** Encodes JSON objects, one a line, to lines of hex; blank lines are skipped, an error is a line of JSON. */
export async function* encodeMmsLines(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  for await (const line of linesOf(input, JSON_LINE_CHARS_MAX)) if (line.trim() !== '') yield encodeLine(line)
}

function digest(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex').slice(0, DIGEST_DIGITS)
}
