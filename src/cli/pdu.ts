/**
 * `causeway pdu decode` and `causeway pdu encode` without their shell: lines in, lines out. Nothing that comes in ends it;
 * a line that cannot be understood becomes a JSON object with the error, so that line n out belongs to line n in.
 *
 * decode   `[mt|mo] HEX` → one JSON object a line (see `tpduToJson`), mt where nothing stands in front
 * encode   one JSON object (see `jsonToHex`) → the hex of one PDU a line, several lines for a text of several parts
 */
import { PduError } from '../../modem/pdu/error.ts'
import { jsonToHex, tpduToJson } from '../../modem/pdu/json.ts'
import { decodePdu } from '../../modem/pdu/tpdu.ts'
import { linesOf } from './lines.ts'

/** More than any PDU has, with filler and prefix. */
const PDU_LINE_CHARS_MAX = 4096
/** Enough for 255 parts of text, every character escaped. */
const JSON_LINE_CHARS_MAX = 1 << 18

/**
 * Decodes PDUs, one a line.
 * @param input text or UTF-8 octets in any chunks (standard input as it is), lines ended by LF or CRLF
 * @returns one line of JSON without its line end for each line, `{"error":{"code","field","offset","message"}}` for
 *   what is no legal PDU (also for an empty line: it is an empty PDU)
 */
export async function* decodeLines(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  for await (const line of linesOf(input, PDU_LINE_CHARS_MAX)) {
    try {
      yield JSON.stringify(tpduToJson(decodeLine(line)))
    } catch (error) {
      yield errorLine(error)
    }
  }
}

/**
 * Encodes JSON objects, one a line, to lines of hex with the service centre address in front (`00` where none is named).
 * Blank lines are skipped; an error is a line of JSON as `decodeLines` has it.
 */
export async function* encodeLines(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  for await (const line of linesOf(input, JSON_LINE_CHARS_MAX)) {
    if (line.trim() === '') continue
    try {
      yield* jsonToHex(parseJson(line))
    } catch (error) {
      yield errorLine(error)
    }
  }
}

function decodeLine(line: string) {
  const trimmed = line.trim()
  const [prefix = '', direction = 'mt'] = /^(mt|mo)(?:\s+|$)/i.exec(trimmed) ?? []
  return decodePdu(trimmed.slice(prefix.length), direction.toLowerCase() === 'mo' ? 'mo' : 'mt')
}

function parseJson(line: string): unknown {
  if (line.length > JSON_LINE_CHARS_MAX)
    throw new PduError('too-long', 'JSON', JSON_LINE_CHARS_MAX, 'the line is too long')
  try {
    return JSON.parse(line)
  } catch {
    throw new PduError('bad-value', 'JSON', 0, 'the line is not JSON')
  }
}

function errorLine(error: unknown): string {
  if (error instanceof PduError) {
    const { code, field, offset, message } = error
    return JSON.stringify({ error: { code, field, offset, message } })
  }
  // A bug of ours: it costs this line, not the ones after it.
  return JSON.stringify({ error: { code: 'internal', field: 'PDU', offset: 0, message: String(error) } })
}
