/**
 * The state of the one command in flight: which lines it has claimed, which PDU line it still waits for, and when a
 * final result is its own. Pure: no port, no timers; `channel.ts` feeds it and acts on what it says.
 *
 *   command ──▶ (prompt ──▶ before-body ──▶ body) ──▶ final
 */
import { type AtCommand, INDICATION } from './command.ts'
import { decimal, fieldsAfter } from './fields.ts'
import type { AtStage, FinalResult } from './result.ts'

/** More lines than any storage has slots: beyond it the answer is a flood. */
const LINES_MAX = 4_096

export type ExchangePhase = 'command' | 'prompt' | 'before-body' | 'body'

/** Whether hex `text` has the octet count that the head named: TPDU octets, in front of them the SCA and its length. */
export function bodyFits(text: string, octets: number | undefined): boolean {
  if (octets === undefined || text.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(text)) return false
  const scaOctets = Number.parseInt(text.slice(0, 2), 16)
  return text.length === 2 * (octets + 1 + scaOctets)
}

export class Exchange {
  readonly command: AtCommand<unknown>
  phase: ExchangePhase
  readonly #lines: string[] = []
  /** Set while the PDU line behind a head is outstanding. */
  #awaitedBody: { octets: number | undefined; unsay: () => void } | undefined
  #overflowed = false
  /** An OK has come, and waits for the line behind it. */
  #hasOk = false

  constructor(command: AtCommand<unknown>) {
    this.command = command
    this.phase = command.prompt === undefined ? 'command' : 'prompt'
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** More came than any answer has. */
  get overflowed(): boolean {
    return this.#overflowed
  }

  get awaitsBody(): boolean {
    return this.#awaitedBody !== undefined
  }

  /** What comes behind the OK has come. */
  get isWhole(): boolean {
    if (!this.#hasOk || this.#lines.length === 0) return false
    return this.command.lateInfoIsWhole?.(this.#lines) ?? false
  }

  /** How far the command got, for the error that ends it. */
  get stage(): AtStage {
    return this.phase === 'body' ? 'body' : 'command'
  }

  /** Whether the line is the modem saying back what we wrote (H6). */
  isEcho(text: string): boolean {
    return text === this.command.text || (this.phase === 'body' && text === this.command.prompt?.text)
  }

  bodyFits(text: string): boolean {
    return this.#awaitedBody !== undefined && bodyFits(text, this.#awaitedBody.octets)
  }

  /**
   * The head of a direct message has come where the PDU line was due. If no PDU line follows it was that line (an entry
   * gone bad), and `unsay` is called: it must not take the line of another entry to itself.
   */
  headInPlaceOfBody(unsay: () => void): void {
    // A head of length 0 has no line to be due.
    if (this.#awaitedBody !== undefined && (this.#awaitedBody.octets ?? 0) > 0) this.#awaitedBody.unsay = unsay
  }

  /** Takes the PDU line behind the last head, whatever it holds. */
  takeBody(text: string): void {
    this.#awaitedBody = undefined
    this.#push(text)
  }

  /** Takes the line if its prefix and shape make it part of the answer. */
  claim(text: string): boolean {
    for (const shape of this.command.info) {
      if (!text.startsWith(shape.prefix)) continue
      const fields = fieldsAfter(text, shape.prefix)
      if (shape.accepts !== undefined && !shape.accepts(fields)) continue
      // Before the prompt has been answered nothing of the submission's result can be there: it is an older one's.
      if (this.phase === 'prompt' || this.phase === 'before-body') continue
      this.#closeBody()
      this.#push(text)
      if (shape.body) this.#awaitedBody = { octets: decimal(fields.at(-1)), unsay: () => {} }
      return true
    }
    return false
  }

  /** Takes a line without a known prefix, where the command is answered by such lines. */
  claimPlain(text: string): boolean {
    const { plainInfo } = this.command
    if (plainInfo === undefined || (plainInfo === 'unmarked' && INDICATION.test(text))) return false
    this.#push(text)
    return true
  }

  /**
   * Whether this final result can be this command's. `stale`: an OK that cannot be ours (no prompt yet, or the line
   * that must come first has not come; H4, H14). While the journal writes, every final result is one: the modem has
   * closed the prompt, and the body must not be written.
   */
  judge(result: FinalResult): 'final' | 'stale' | 'prompt' {
    if (result.kind === 'connect' && this.phase === 'prompt' && this.command.prompt?.isConnect) return 'prompt'
    if (result.kind !== 'ok' || this.phase === 'before-body') return 'final'
    if (this.phase === 'prompt') return 'stale'
    if (this.command.infoRequired && this.#lines.length === 0) {
      this.#hasOk = this.phase === 'command'
      return 'stale'
    }
    return 'final'
  }

  /** The last head gets an empty body if none came. */
  finish(): void {
    this.#closeBody()
  }

  #closeBody(): void {
    if (this.#awaitedBody === undefined) return
    this.#awaitedBody.unsay()
    this.takeBody('')
  }

  #push(line: string): void {
    if (this.#lines.length < LINES_MAX) this.#lines.push(line)
    else this.#overflowed = true
  }
}
