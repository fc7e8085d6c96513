/**
 * What is known of one modem, and who wants to hear when it changes.
 */
import type { ModemStatus } from './contract.ts'
import { describeLife } from './life-words.ts'
import { NEW_LIFE } from './lifecycle.ts'
import { type Clock, within } from './serial/surroundings.ts'

/** Where a start has come to its end, one way or another. */
const SETTLED: ReadonlySet<ModemStatus['state']> = new Set(['ready', 'searching', 'sim-locked', 'no-sim', 'failed'])

export class StatusBoard {
  #status: ModemStatus
  readonly #listeners = new Set<(status: ModemStatus) => void>()
  readonly #nowMs: () => number

  constructor(status: ModemStatus, nowMs: () => number) {
    this.#status = status
    this.#nowMs = nowMs
  }

  get status(): ModemStatus {
    return this.#status
  }

  /** Writes facts down; tells the listeners if any of them is new. */
  update(facts: Partial<Omit<ModemStatus, 'sinceMs'>>): void {
    const before = this.#status
    const next = { ...before, ...facts }
    if (next.state !== before.state) next.sinceMs = this.#nowMs()
    const keys = Object.keys(next) as (keyof ModemStatus)[]
    if (keys.every((key) => alike(next[key], before[key]))) return
    this.#status = next
    for (const listener of this.#listeners) listener(next)
  }

  /** Whether the next start comes to an end, within `limitMs`. */
  async settles(clock: Clock, limitMs: number, begin: () => void): Promise<boolean> {
    let unlisten = () => {}
    const settled = new Promise<void>((resolve) => {
      unlisten = this.listen(({ state }) => {
        if (SETTLED.has(state)) resolve()
      })
    })
    begin()
    const waited = await within(clock, limitMs, settled)
    unlisten()
    return !waited.late
  }

  listen(listener: (status: ModemStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves with whether a state that does not pass by itself was told within `limitMs` from now. */
  async settled(clock: Clock, limitMs: number): Promise<boolean> {
    let unlisten = () => {}
    const told = new Promise<void>((resolve) => {
      unlisten = this.listen((status) => {
        if (SETTLED.has(status.state)) resolve()
      })
    })
    const { late } = await within(clock, limitMs, told)
    unlisten()
    return !late
  }
}

/** What is known of a modem before its port was opened for the first time: what the configuration says. */
export function blankStatus({
  port,
  label,
  number,
  imei,
  clock,
}: {
  port: string
  label?: string | undefined
  number?: string | undefined
  imei?: string | undefined
  clock: Clock
}): ModemStatus {
  return {
    id: `mdm_${(imei ?? label ?? port).replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '')}`,
    port,
    label,
    ...describeLife(NEW_LIFE),
    manufacturer: undefined,
    model: undefined,
    revision: undefined,
    profile: undefined,
    imei: undefined,
    imsi: undefined,
    iccid: undefined,
    number,
    operator: undefined,
    registration: 'unknown',
    signalDbm: undefined,
    smsc: undefined,
    storage: [],
    recovery: { counts: NEW_LIFE.ladder.counts, last: undefined, history: [], hardAtMs: [] },
    sinceMs: clock.nowMs(),
  }
}

function alike(a: ModemStatus[keyof ModemStatus], b: ModemStatus[keyof ModemStatus]): boolean {
  return typeof a === 'object' ? JSON.stringify(a) === JSON.stringify(b) : a === b
}

/** The id that the configuration alone gives it; none where it says no more than `auto`. */
export function configuredIds(options: Parameters<typeof blankStatus>[0]): readonly string[] {
  const { port, label, imei } = options
  return port === 'auto' && label === undefined && imei === undefined ? [] : [blankStatus(options).id]
}
