/**
 * A line whose quoted text goes on over several lines, as USSD menus do: +CUSD: 1,"Menu⏎1 Balance⏎2 Top up",15. A modem
 * writes it in one go, so until the quote is closed every line belongs to it, whatever it looks like (H5). Bounded in
 * lines and time: a quote that is never closed is passed on as far as it came.
 */
import type { Clock } from '../serial/surroundings.ts'

/** A USSD text has at most 182 characters. */
const LINES_MAX = 64

const CLOSED = /"\s*(?:,\s*\d{0,3}\s*)?$/

export class OpenText {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #deliver: (text: string) => void
  #lines: string[] = []
  #cancel: () => void = () => {}

  constructor(clock: Clock, timeoutMs: number, deliver: (text: string) => void) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#deliver = deliver
  }

  /** Takes the first line of a text that is left open; false when it is whole already. */
  begin(line: string): boolean {
    const first = line.indexOf('"')
    if (first < 0 || CLOSED.test(line.slice(first + 1))) return false
    this.#lines = [line]
    this.#cancel = this.#clock.after(this.#timeoutMs, () => this.#end())
    return true
  }

  /** Takes the line when a text is open. */
  take(line: string): boolean {
    if (this.#lines.length === 0) return false
    this.#lines.push(line)
    if (CLOSED.test(line) || this.#lines.length >= LINES_MAX) this.#end()
    return true
  }

  clear(): void {
    this.#cancel()
    this.#lines = []
  }

  #end(): void {
    const text = this.#lines.join('\n')
    this.clear()
    this.#deliver(text)
  }
}
