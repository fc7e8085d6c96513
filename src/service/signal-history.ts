/** How well each modem has heard its network of late: a sample every two minutes, for a day, in memory. */
import type { SmsModem } from '../../modem/contract.ts'

const EVERY_MS = 120_000
const SAMPLES_MAX = 720

export interface SignalSample {
  atMs: number
  /** Undefined: it was not known, or the modem was not there. */
  dbm: number | undefined
}

export class SignalHistory {
  readonly #modems: readonly SmsModem[]
  readonly #clock: () => number
  readonly #samples = new Map<string, SignalSample[]>()
  #timer: NodeJS.Timeout | undefined

  constructor(modems: readonly SmsModem[], clock: () => number) {
    this.#modems = modems
    this.#clock = clock
  }

  start(): void {
    this.#timer = setInterval(() => this.sample(), EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Takes one sample of each now. */
  sample(): void {
    for (const modem of this.#modems) {
      const { state, signalDbm } = modem.status()
      const dbm = state === 'ready' ? signalDbm : undefined
      const all = [...(this.#samples.get(modem.id) ?? []), { atMs: this.#clock(), dbm }]
      this.#samples.set(modem.id, all.slice(-SAMPLES_MAX))
    }
  }

  /** Oldest first; with how it is now as the last. */
  of(id: string): readonly SignalSample[] {
    const now = this.#modems.find((modem) => modem.id === id)?.status()
    const last = now === undefined ? [] : [{ atMs: this.#clock(), dbm: now.signalDbm }]
    return [...(this.#samples.get(id) ?? []), ...last]
  }
}
