/**
 * A command that a person types for diagnosis, made safe: one line, nothing that opens a message body or a data line.
 */
import type { AtCommand } from './at/command.ts'
import { AtError } from './at/result.ts'

const TEXT_CHARS_MAX = 256

/** Commands whose answer is not information and OK: they ask for a body, or turn the port into a data line. */
const FORBIDDEN: readonly RegExp[] = [
  /^AT\+CMG[SWC]=/i,
  /^AT\+CNMA=[12]/i,
  /^ATD(?!.*;$)/i,
  /^AT[OA]\d*$/i,
  /^AT\+CGDATA/i,
  /^AT\+CMUX/i,
]

/** Gives the command, its information lines as its result. Throws AtError `forbidden`. */
export function personCommand(text: string, timeoutMs: number): AtCommand<readonly string[]> {
  const trimmed = text.trim()
  if (!/^AT[\x20-\x7e]*$/i.test(trimmed) || trimmed.length > TEXT_CHARS_MAX) {
    throw new AtError('forbidden', 'queued', 'a command is one line of plain characters that begins with AT')
  }
  if (FORBIDDEN.some((pattern) => pattern.test(trimmed))) {
    throw new AtError('forbidden', 'queued', 'this command needs a message body or makes a data line of the port')
  }
  const name = /^AT([+^#*$%!][A-Z0-9]+)/i.exec(trimmed)?.[1]
  return {
    text: trimmed,
    info: name === undefined ? [] : [{ prefix: `${name.toUpperCase()}:` }],
    plainInfo: 'any',
    timeoutMs,
    parse: (lines) => [...lines],
    retry: 'unsafe',
  }
}
