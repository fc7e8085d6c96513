/**
 * One AT command as a value: what is written, which lines may answer it, how long it may take, and how its lines are
 * read. Pure; `channel.ts` carries it out.
 *
 * A command owns the prefixes that it accepts. Since a URC may have the same prefix as an answer (H12), a prefix comes
 * with a check of the fields' shape; a line that does not pass it is unsolicited.
 */

/** A line that may be part of an answer. */
export interface InfoShape {
  /** `+CREG:`. */
  prefix: string
  /** Whether these fields are an answer and not a URC of the same prefix. Default: always. */
  accepts?: (fields: readonly string[]) => boolean
  /** A PDU line follows each (+CMGR, +CMGL); its octet count is the last field. */
  body?: true
}

/** What follows the `> ` prompt. */
export interface PromptBody {
  /** Written in one piece with Ctrl-Z behind it. */
  text: string
  /** The command named its length: nothing stands behind it. Each character is one octet. */
  isCounted?: true
  /** The modem says CONNECT in place of the prompt (files, MMS parts). Only with `isCounted`: the modem counts as well. */
  isConnect?: true
  promptTimeoutMs: number
  /** Awaited after the prompt and before the first octet of the body; a rejection withdraws the command. */
  beforeBody?: () => Promise<void>
  beforeBodyTimeoutMs: number
}

export interface AtCommand<T> {
  /** Without the line end. */
  text: string
  info: readonly InfoShape[]
  /**
   * Lines without a prefix of `info` belong to the answer too: `any` that no URC rule knows (what a person typed), or only
   * `unmarked` ones, which do not begin as an indication does (AT+CGMI, AT+CGSN).
   */
  plainInfo?: 'any' | 'unmarked'
  /** OK counts only when a line of `info` has come: anything else is a stale OK (H14). */
  infoRequired?: true
  /** So long an OK waits for the line of `info` that comes behind it (a name looked up), all of it. */
  lateInfoMs?: number
  /** Whether what has come of it, a line at least, is all there is to wait for. Without it the whole time is waited. */
  lateInfoIsWhole?: (lines: readonly string[]) => boolean
  /** Lines of this command's own that end it (`SEND OK`), besides those that end all. */
  finals?: Readonly<Record<string, 'ok' | 'error'>>
  /** Longest wait for the final result, from the moment the command (or its body) was written. */
  timeoutMs: number
  /** The information lines in order, each body behind its head. Throws when they cannot be the answer. */
  parse(lines: readonly string[]): T
  /** `safe`: asking again changes nothing, so the channel does it once after a time-out. */
  retry: 'safe' | 'unsafe'
  prompt?: PromptBody
  /** Its silence says nothing of the modem's health (a part of the module of its own): the ladder does not count it. */
  unjudged?: true
  /** Boot lines of kind `maybe` are part of this command's effect (AT+CFUN=1, AT+CPIN). */
  wakes?: true
}

/** A command that is only carried out or refused. Repeating it does no harm. */
export function setting(text: string, timeoutMs: number): AtCommand<void> {
  return { text, info: [], timeoutMs, parse: () => undefined, retry: 'safe' }
}

/** A command with one answer line of that prefix; `read` gets its text behind the prefix. */
export function query<T>(
  text: string,
  prefix: string,
  timeoutMs: number,
  read: (fields: string) => T,
  accepts?: (fields: readonly string[]) => boolean,
): AtCommand<T> {
  return {
    text,
    info: [accepts === undefined ? { prefix } : { prefix, accepts }],
    infoRequired: true,
    timeoutMs,
    parse: (lines) => read((lines[0] ?? '').slice(prefix.length).trim()),
    retry: 'safe',
  }
}

/** How modems begin what nobody asked for, listed or not (H1). No PDU begins so, however damaged. */
export const INDICATION = /^[+^*#$!%&]/

/**
 * A command answered by lines without a prefix, or with one that they may or may not carry. Gives what `read` makes of
 * each; which of them is the answer is for the asker to judge, since anything may come between them.
 */
export function plainQuery(
  text: string,
  timeoutMs: number,
  prefixes: readonly string[] = [`${text.slice(2)}:`],
  read: (line: string) => string | undefined = (line) => line.replace(/^\+[A-Z]+:\s*/, '').trim(),
): AtCommand<readonly string[]> {
  return {
    text,
    info: prefixes.map((prefix) => ({ prefix })),
    plainInfo: 'unmarked',
    timeoutMs,
    parse: (lines) => lines.map((line) => read(line) ?? '').filter((found) => found !== ''),
    retry: 'safe',
  }
}
