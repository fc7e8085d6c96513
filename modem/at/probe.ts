/**
 * The questions by which a channel finds its step again. A stale OK must not pass for the answer, so the first ones are
 * answered by a line of their own before the OK. Pure apart from the promise it settles.
 */
import type { FinalResult } from './result.ts'

export type ProbeKind = 'serial-number' | 'character-set' | 'any-ok'

const PROBES: Readonly<Record<ProbeKind, { text: string; info: RegExp | undefined }>> = {
  'serial-number': { text: 'AT+CGSN', info: /^(?:\+CGSN:\s*)?"?\d{14,17}"?$/ },
  'character-set': { text: 'AT+CSCS?', info: /^\+CSCS:/ },
  'any-ok': { text: 'AT', info: undefined },
}

/** The probes to try in turn after `commandText`: never the question that was just left unanswered. */
export function probesAfter(commandText: string, triesMax: number): readonly ProbeKind[] {
  const order: readonly ProbeKind[] = ['serial-number', 'character-set', 'any-ok']
  const usable = order.filter((kind) => PROBES[kind].text !== commandText)
  return Array.from({ length: triesMax }, (_, index) => usable[Math.min(index, usable.length - 1)] ?? 'any-ok')
}

export class Probe {
  readonly text: string
  /** Resolves with whether the answer was this probe's own. */
  readonly answered: Promise<boolean>
  readonly #info: RegExp | undefined
  #settle: (found: boolean) => void = () => {}
  #infoSeen = false

  constructor(kind: ProbeKind) {
    this.text = PROBES[kind].text
    this.#info = PROBES[kind].info
    this.answered = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  isEcho(line: string): boolean {
    return line === this.text
  }

  /** Takes the line that only this probe's answer has. */
  claim(line: string): boolean {
    if (this.#info === undefined || !this.#info.test(line)) return false
    this.#infoSeen = true
    return true
  }

  /** An OK without the awaited line is an older command's, and is let go by; a refusal may be our own. */
  final(result: FinalResult): void {
    if (result.kind === 'ok' && (this.#info === undefined || this.#infoSeen)) this.#settle(true)
    else if (result.kind !== 'ok' && this.#info !== undefined) this.#settle(false)
  }

  giveUp(): void {
    this.#settle(false)
  }
}
