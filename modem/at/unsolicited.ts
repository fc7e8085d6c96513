/**
 * Heads of +CMT, +CDS and +CBM, and of lists cut short, that still wait for their PDU line, which may come later than the
 * head, even behind lines of an answer (H2). Bounded in number and time: a head whose line never comes is passed on
 * without one.
 */
import type { Clock } from '../serial/surroundings.ts'
import { bodyFits } from './exchange.ts'
import { decimal } from './fields.ts'
import type { Urc } from './urc.ts'

/** More heads than lines outstanding at once is noise. */
const WAITING_MAX = 8

interface Waiting {
  urc: Urc
  octets: number | undefined
  cancel(): void
}

export class UnsolicitedBodies {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #deliver: (urc: Urc) => void
  #waiting: Waiting[] = []

  constructor(clock: Clock, timeoutMs: number, deliver: (urc: Urc) => void) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#deliver = deliver
  }

  /** A head has come. Calling what is returned takes it back, as long as it has no line. */
  expect(urc: Urc): () => void {
    if (isRemnant(urc)) this.#forgetRemnant()
    if (this.#waiting.length >= WAITING_MAX) this.#release(this.#waiting[0], undefined, false)
    const waiting: Waiting = {
      urc,
      octets: decimal(urc.fields.at(-1)),
      cancel: this.#clock.after(this.#timeoutMs, () => this.#release(waiting, undefined, false)),
    }
    this.#waiting.push(waiting)
    return () => {
      waiting.cancel()
      this.#waiting = this.#waiting.filter((other) => other !== waiting)
    }
  }

  /** Whether some head waits for a line of this length. */
  fits(text: string): boolean {
    return this.#waiting.some((candidate) => fits(candidate, text))
  }

  /** Takes a line that has just the length some head named; the oldest such head gets it. */
  takeFitting(text: string): boolean {
    if (this.#waiting.length === 0) return false
    const waiting = this.#waiting.find((candidate) => fits(candidate, text))
    if (waiting === undefined) return false
    this.#release(waiting, text, true)
    return true
  }

  /** Takes a hex line that fits no head but can be nothing else: damaged, and shown rather than lost. */
  takeMisfit(text: string): boolean {
    const waiting = this.#waiting.findLast(({ urc }) => isRemnant(urc)) ?? this.#waiting[0]
    if (waiting === undefined || !/^[0-9A-Fa-f]+$/.test(text)) return false
    this.#release(waiting, text, false)
    return true
  }

  clear(): void {
    for (const waiting of this.#waiting) waiting.cancel()
    this.#waiting = []
  }

  /** The next head of a list has come: the one before it has no line, or one that read as the heads behind it. */
  #forgetRemnant(): void {
    const at = this.#waiting.findIndex(({ urc }) => isRemnant(urc))
    if (at < 0) return
    for (const waiting of this.#waiting.splice(at)) waiting.cancel()
  }

  #release(waiting: Waiting | undefined, body: string | undefined, fit: boolean): void {
    if (waiting === undefined) return
    waiting.cancel()
    this.#waiting = this.#waiting.filter((other) => other !== waiting)
    this.#deliver({ ...waiting.urc, body, bodyFits: fit })
  }
}

/** A broadcast page has no SCA in front (27.005 §3.4.1). */
function fits(waiting: Waiting, text: string): boolean {
  if (bodyFits(text, waiting.octets)) return true
  return waiting.urc.name === '+CBM:' && waiting.octets !== undefined && text.length === 2 * waiting.octets
}

/** The head of a stored message that no command asks for any more. */
function isRemnant({ name }: Urc): boolean {
  return name === '+CMGL:' || name === '+CMGR:'
}
