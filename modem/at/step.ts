/**
 * Finds the step of a conversation with a modem: at its beginning (`handshake`), and again after an answer was lost
 * (`find`). While that goes on, lines are offered to it first; what it does not take is a URC or thrown away.
 *
 *   ESC ─▶ silence ─▶ a question that only the present can answer ─▶ its answer and OK ─▶ in step
 */
import { type Clock, pause } from '../serial/surroundings.ts'
import type { Exchange } from './exchange.ts'
import { Probe, type ProbeKind, probesAfter } from './probe.ts'
import type { FinalResult } from './result.ts'

export interface StepTimings {
  resyncQuietMs: number
  /** Longest wait for silence, in a storm of URCs. */
  resyncQuietMaxMs: number
  resyncProbeTimeoutMs: number
  resyncTriesMax: number
  handshakeQuietMs: number
  handshakeTriesMax: number
  handshakeTimeoutMs: number
  /** Silence around `+++` (V.250 leaves it to the modem; 1 s is the custom). */
  escapeGuardMs: number
}

/** What it needs of the channel that it works for. */
export interface StepHost {
  /** Never rejects; a port that takes nothing ends the channel. */
  write(text: string): Promise<void>
  /** Whether a `>` is a prompt: one that comes late opens a message that must be left. */
  awaitPrompt(on: boolean): void
  ended(): boolean
}

/** Prompts answered with ESC in one search; more are noise. */
const STRAY_PROMPTS_MAX = 8

const ESC = '\x1b'

export class StepFinder {
  readonly #host: StepHost
  readonly #clock: Clock
  readonly #timings: StepTimings
  #searching = false
  /** The exchange that was left without its answer: a late `+CMGS: n` still belongs to it. */
  #late: Exchange | undefined
  #probe: Probe | undefined
  #strayPrompts = 0
  #lastOctetMs = 0

  constructor(host: StepHost, clock: Clock, timings: StepTimings) {
    this.#host = host
    this.#clock = clock
    this.#timings = timings
  }

  /** Octets have come: no silence. */
  heard(): void {
    this.#lastOctetMs = this.#clock.nowMs()
  }

  /**
   * Begins on a port of unknown state: leaves a half-typed message, then AT until an OK comes (a modem that finds its
   * speed loses the first). Gives whether one came.
   */
  async handshake(): Promise<boolean> {
    await this.#host.write(`${ESC}\r`)
    await this.#quiet(this.#timings.handshakeQuietMs)
    for (let tries = 0; tries < this.#timings.handshakeTriesMax && !this.#host.ended(); tries += 1) {
      if (!(await this.#ask('any-ok', this.#timings.handshakeTimeoutMs))) continue
      // The answers to the tries before it may all come now.
      if (tries > 0) await this.#quiet(this.#timings.handshakeQuietMs)
      return true
    }
    return false
  }

  /**
   * Leaves a message that may be open (or, in `dataMode`, the data line), waits for silence, then asks until an answer
   * proves to be the present one's. Gives whether one came.
   */
  async find(late: Exchange | undefined, dataMode: boolean): Promise<boolean> {
    this.#searching = true
    this.#late = late
    this.#strayPrompts = 0
    try {
      if (dataMode) await this.#leaveDataMode()
      for (const kind of probesAfter(late?.command.text ?? '', this.#timings.resyncTriesMax)) {
        this.#host.awaitPrompt(true)
        await this.#host.write(ESC)
        await this.#quiet(this.#timings.resyncQuietMs)
        if (this.#host.ended()) return false
        if (await this.#ask(kind, this.#timings.resyncProbeTimeoutMs)) return true
      }
      return false
    } finally {
      this.#searching = false
      this.#late = undefined
      this.#host.awaitPrompt(false)
    }
  }

  isEcho(line: string): boolean {
    return this.#probe?.isEcho(line) ?? false
  }

  /** Takes a line that answers the question, or that settles what was left open. */
  takeLine(line: string): boolean {
    // Only a submission's reference is worth anything late: it settles what would stay unknown.
    if (this.#late?.stage === 'body' && this.#late.claim(line)) return true
    return this.#probe?.claim(line) ?? false
  }

  /** Takes a final result while a question is out. */
  takeFinal(result: FinalResult): boolean {
    this.#probe?.final(result)
    return this.#probe !== undefined
  }

  /** A prompt that came after its time: leaves the message that it opened, before anything is typed into it (H13). */
  takePrompt(): void {
    if (!this.#searching || this.#strayPrompts >= STRAY_PROMPTS_MAX) return
    this.#strayPrompts += 1
    this.#host.awaitPrompt(true)
    void this.#host.write(ESC)
  }

  /** The port has ended: nothing will be answered any more. */
  giveUp(): void {
    this.#probe?.giveUp()
  }

  /** `+++` between two silences, then hang up (V.250 §6.3.6 and custom). */
  async #leaveDataMode(): Promise<void> {
    await pause(this.#clock, this.#timings.escapeGuardMs)
    await this.#host.write('+++')
    await pause(this.#clock, this.#timings.escapeGuardMs)
    await this.#host.write('ATH\r')
  }

  async #ask(kind: ProbeKind, limitMs: number): Promise<boolean> {
    const probe = new Probe(kind)
    this.#probe = probe
    const cancel = this.#clock.after(limitMs, () => probe.giveUp())
    await this.#host.write(`${probe.text}\r`)
    if (this.#host.ended()) probe.giveUp()
    const found = await probe.answered
    cancel()
    this.#probe = undefined
    return found
  }

  async #quiet(quietMs: number): Promise<void> {
    const beganMs = this.#clock.nowMs()
    while (!this.#host.ended()) {
      const nowMs = this.#clock.nowMs()
      const waitMs = quietMs - (nowMs - Math.max(this.#lastOctetMs, beganMs))
      if (waitMs <= 0 || nowMs - beganMs >= this.#timings.resyncQuietMaxMs) return
      await pause(this.#clock, waitMs)
    }
  }
}
