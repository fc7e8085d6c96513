/**
 * What became of PINs that were entered by themselves, over restarts: so that a wrong one is not entered again each time
 * the service starts, until the SIM is blocked. Kept by SIM (ICCID; the module's IMEI where the SIM does not tell it
 * before it is open) with a salted hash of the PIN, never the PIN. Written down before the PIN leaves us.
 */
import { createHash } from 'node:crypto'

/** Entries beyond this are forgotten, oldest first: no box has that many SIMs. */
const ENTRIES_MAX = 64

/** Which SIM an entry was about; either may be unknown. */
export interface SimIdentity {
  iccid: string | undefined
  imei: string | undefined
}

export interface PinEntry {
  iccid: string | null
  imei: string | null
  /** ms since epoch; also the salt. */
  atMs: number
  /** SHA-256 of salt and PIN, hex. */
  hash: string
  /** `unanswered`: it was on its way when the line broke or we were stopped. */
  outcome: 'unanswered' | 'refused'
}

/** Where the entries are kept. `write` resolves once they are safe. */
export interface PinEntryStore {
  read(): Promise<readonly PinEntry[]>
  write(entries: readonly PinEntry[]): Promise<void>
}

/** What is remembered of a SIM and a PIN. */
export interface PinStanding {
  /** What became of this very PIN. */
  outcome: PinEntry['outcome'] | undefined
  /** Entries of any PIN since the SIM was last open. */
  entries: number
}

/** Shared by all modems of a process. */
export class PinRecord {
  readonly #store: PinEntryStore
  readonly #nowMs: () => number
  #last: Promise<unknown> = Promise.resolve()

  constructor(store: PinEntryStore, nowMs: () => number) {
    this.#store = store
    this.#nowMs = nowMs
  }

  /** Rejects when the store cannot be read; the PIN must then not be entered. */
  async standing(sim: SimIdentity, pin: string): Promise<PinStanding> {
    const entries = (await this.#store.read()).filter((entry) => isOf(entry, sim))
    const same = entries.filter((entry) => entry.hash === hashed(entry.atMs, pin))
    const refused = same.some(({ outcome }) => outcome === 'refused')
    return { outcome: refused ? 'refused' : same[0]?.outcome, entries: entries.length }
  }

  /** The PIN is about to be entered. Gives how to say that it was refused. Rejects when that cannot be written down. */
  async entering(sim: SimIdentity, pin: string): Promise<{ refused(): Promise<void> }> {
    const atMs = this.#nowMs()
    const hash = hashed(atMs, pin)
    const entry: PinEntry = { iccid: sim.iccid ?? null, imei: sim.imei ?? null, atMs, hash, outcome: 'unanswered' }
    await this.#change((entries) => [...entries, entry])
    return {
      refused: () =>
        this.#change((entries) => entries.map((each) => (each.hash === hash ? { ...each, outcome: 'refused' } : each))),
    }
  }

  /** Whether anything is remembered, of whatever SIM. */
  async hasEntries(): Promise<boolean> {
    return (await this.#store.read()).length > 0
  }

  /** The SIM is open: its counter is full again. */
  async opened(sim: SimIdentity): Promise<void> {
    if (!(await this.#store.read()).some((entry) => isOf(entry, sim))) return
    await this.#change((entries) => entries.filter((entry) => !isOf(entry, sim)))
  }

  /** One change after the other. */
  #change(change: (entries: readonly PinEntry[]) => readonly PinEntry[]): Promise<void> {
    const work = this.#last.then(async () => {
      await this.#store.write(change(await this.#store.read()).slice(-ENTRIES_MAX))
    })
    this.#last = work.catch(() => {})
    return work
  }
}

/** For modems that are driven without a store: remembers as long as the process lives. */
export class VolatilePinEntries implements PinEntryStore {
  #entries: readonly PinEntry[] = []

  async read(): Promise<readonly PinEntry[]> {
    return this.#entries
  }

  async write(entries: readonly PinEntry[]): Promise<void> {
    this.#entries = entries
  }
}

/** By the SIM's own number where both are known; else by the module that it was in. */
function isOf(entry: PinEntry, sim: SimIdentity): boolean {
  if (entry.iccid !== null && sim.iccid !== undefined) return entry.iccid === sim.iccid
  return entry.imei === (sim.imei ?? null)
}

function hashed(salt: number, pin: string): string {
  return createHash('sha256').update(`${salt}:${pin}`).digest('hex')
}
