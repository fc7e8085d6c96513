/**
 * The TCP sockets inside of a modem, as commands: what each family has for opening, sending, reading and closing. Written
 * after the vendors' manuals and public code, and tried against the simulated modem only; firmware differs. What has come
 * is always asked for: notices that it is there may get lost.
 */
import type { AtCommand } from '../../at/command.ts'

export interface ApnSettings {
  readonly apn: string
  readonly auth: 'none' | 'pap' | 'chap'
  readonly user: string
  readonly password: string
}

export type SocketState = 'opening' | 'connected' | 'closed'

export interface SocketDialect {
  readonly sendBytesMax: number
  readonly receiveBytesMax: number
  /** In order. A command that is refused is no harm where `mayFail` says so (it is open already). */
  activate(apn: ApnSettings): readonly { readonly command: AtCommand<void>; readonly mayFail: boolean }[]
  /** Whether the data connection stands. */
  isActive(): AtCommand<boolean>
  deactivate(): AtCommand<void>
  open(address: string, port: number): AtCommand<void>
  state(): AtCommand<SocketState>
  send(octets: Uint8Array): AtCommand<void>
  /** How many octets wait; undefined where reading says so itself. */
  waiting(): AtCommand<number> | undefined
  receive(): AtCommand<Uint8Array>
  close(): AtCommand<void>
  resolve(name: string): AtCommand<readonly string[]>
}

export const COMMAND_TIMEOUT_MS = 10_000
/** What goes to the network and back. */
export const NETWORK_TIMEOUT_MS = 30_000
const PROMPT_TIMEOUT_MS = 5_000

/** A command that is carried out or refused, and not repeated by itself. */
export function order(text: string, timeoutMs: number): AtCommand<void> {
  return { text, info: [], timeoutMs, parse: () => undefined, retry: 'unsafe' }
}

/** A question with one line of this prefix, if any. */
export function ask<T>(
  text: string,
  prefix: string,
  read: (fields: readonly string[]) => T,
  accepts?: (fields: readonly string[]) => boolean,
): AtCommand<T> {
  return {
    text,
    info: [accepts === undefined ? { prefix } : { prefix, accepts }],
    timeoutMs: COMMAND_TIMEOUT_MS,
    parse: (lines) => read(fieldsOf(lines[0] ?? '', prefix)),
    retry: 'unsafe',
  }
}

/** Octets behind a prompt, their number said before. */
export function sending(text: string, octets: Uint8Array, finals?: AtCommand<void>['finals']): AtCommand<void> {
  return {
    ...order(text, NETWORK_TIMEOUT_MS),
    ...(finals === undefined ? {} : { finals }),
    prompt: {
      text: Buffer.from(octets).toString('latin1'),
      isCounted: true,
      promptTimeoutMs: PROMPT_TIMEOUT_MS,
      beforeBodyTimeoutMs: PROMPT_TIMEOUT_MS,
    },
  }
}

/** A head that says how many octets there are, then a line of them in hex. Throws when they do not agree. */
export function reading(
  text: string,
  prefix: string,
  countAt: number,
  accepts: (fields: readonly string[]) => boolean,
): AtCommand<Uint8Array> {
  return {
    text,
    info: [{ prefix, accepts }],
    plainInfo: 'unmarked',
    timeoutMs: COMMAND_TIMEOUT_MS,
    parse: (lines) => {
      const head = lines.findIndex((line) => line.startsWith(prefix))
      const count = Number(fieldsOf(lines[head] ?? '', prefix)[countAt])
      if (!Number.isSafeInteger(count) || count < 0) throw new Error('the modem did not say how much it gives')
      if (count === 0) return new Uint8Array()
      const hex = lines.slice(head + 1).find((line) => line.length === 2 * count && /^[0-9A-Fa-f]+$/.test(line))
      if (hex === undefined) throw new Error('the modem gave another number of octets than it said')
      return Uint8Array.from(Buffer.from(hex, 'hex'))
    },
    retry: 'unsafe',
  }
}

/** In quotes; what has quotes or controls inside is refused, since it would end the string. */
export function quoted(text: string): string {
  if (!/^[\x20-\x21\x23-\x7e]{0,127}$/.test(text))
    throw new RangeError('a setting of the MMS context has characters that no command can hold')
  return `"${text}"`
}

/** Behind the prefix, quotes taken off. */
function fieldsOf(line: string, prefix: string): readonly string[] {
  return line
    .slice(prefix.length)
    .split(',')
    .map((field) => field.trim().replace(/^"|"$/g, ''))
}
