/**
 * Bytes to tokens: lines ended by \r, \n, \r\n or \r\r\n, and the `> ` prompt of AT+CMGS (27.005 §3.5.1), which has no
 * line end. Pure; the same octets give the same tokens however they are cut into chunks.
 *
 * Octets are read as latin-1 (H7: half UTF-8 must not break a line). NUL, 0xFF and control characters are noise on the
 * wire, counted and left out. Blank lines are no tokens.
 */

/** Longest line that is kept. What is longer is a flood (H15), not an answer. */
export const LINE_BYTES_MAX = 8 * 1024

export type Token =
  | { kind: 'line'; text: string }
  | { kind: 'prompt' }
  /** A line grew beyond LINE_BYTES_MAX; all of it is dropped up to its end. */
  | { kind: 'overlong' }

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const PROMPT = 0x3e
const DELETE = 0x7f
const NOISE = 0xff

export class AtLexer {
  readonly #line = Buffer.alloc(LINE_BYTES_MAX)
  #length = 0
  #overlong = false
  #awaitsPrompt = false
  /** A prompt was just given out at its `>`: the blank that mostly follows belongs to it. */
  #afterPrompt = false
  #noiseBytes = 0

  /** Octets left out as noise since the start. */
  get noiseBytes(): number {
    return this.#noiseBytes
  }

  /**
   * Whether a `>` at the start of a line is a prompt. Switches itself off with the first prompt seen: what follows is
   * text again. Switching on forgets a stray `> ` that nobody asked for.
   */
  awaitPrompt(on: boolean): void {
    this.#awaitsPrompt = on
    if (on && this.#length > 0 && this.#length <= 2 && this.#line[0] === PROMPT) {
      this.#noiseBytes += this.#length
      this.#length = 0
    }
  }

  /** Takes any number of octets, gives the tokens that they complete. */
  push(octets: Uint8Array): Token[] {
    const tokens: Token[] = []
    for (const octet of octets) {
      if (octet === CR || octet === LF) this.#endLine(tokens)
      else if ((octet < SPACE && octet !== TAB) || octet === DELETE || octet === NOISE) this.#noiseBytes += 1
      else this.#text(octet, tokens)
    }
    return tokens
  }

  #endLine(tokens: Token[]): void {
    if (this.#length > 0) tokens.push({ kind: 'line', text: this.#line.toString('latin1', 0, this.#length) })
    this.#length = 0
    this.#overlong = false
    this.#afterPrompt = false
  }

  #text(octet: number, tokens: Token[]): void {
    if (this.#overlong) return
    if (this.#length === 0) {
      const blankOfPrompt = this.#afterPrompt && octet === SPACE
      this.#afterPrompt = false
      if (blankOfPrompt) return
      if (this.#awaitsPrompt && octet === PROMPT) {
        this.#awaitsPrompt = false
        this.#afterPrompt = true
        tokens.push({ kind: 'prompt' })
        return
      }
    }
    if (this.#length === LINE_BYTES_MAX) {
      this.#overlong = true
      this.#length = 0
      tokens.push({ kind: 'overlong' })
      return
    }
    this.#line[this.#length] = octet
    this.#length += 1
  }
}
