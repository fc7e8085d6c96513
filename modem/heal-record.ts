/**
 * What was done about modems that did not do their work, over restarts of the service: so that the cap on hard resets is
 * one a day and not one a process, and a person sees how often a modem had to be helped. Kept under the module's id, and
 * under the entry of the configuration as long as no module has answered there.
 */
import type { HealStep, RecoveryStep, Trouble } from './contract.ts'
import type { Healing } from './ladder.ts'

/** Where it is kept. `write` resolves once it is safe. */
export interface HealStore {
  /** What was written last for this id, as it was written; undefined when nothing was. */
  read(id: string): Promise<unknown>
  write(id: string, healing: Healing): Promise<void>
}

const STEPS: readonly RecoveryStep[] = ['resync', 'reopen', 'radio', 'restart', 'replug', 'give-up']
const TROUBLES: readonly Trouble[] = ['silent', 'unanswered', 'unpolled', 'no-network', 'no-signal', 'not-replugged']
/** Beyond any use: what is longer was not written by us. */
const LIST_MAX = 1_000

/** Shared by all modems of a process. */
export class HealRecord {
  readonly #store: HealStore
  readonly #failed: (error: unknown) => void
  /** The newest of each id that is not written yet. */
  readonly #pending = new Map<string, Healing>()
  #writing: Promise<void> | undefined

  /** `failed` hears of what could not be kept: a modem is helped all the same. */
  constructor(store: HealStore, failed: (error: unknown) => void) {
    this.#store = store
    this.#failed = failed
  }

  /** Undefined when nothing is known, or nothing that makes sense. */
  async recall(id: string): Promise<Healing | undefined> {
    try {
      return this.#pending.get(id) ?? healingOf(await this.#store.read(id))
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  /** Keeps it under each of these ids, after what is being written. */
  note(ids: readonly string[], { counts, last, hardAtMs, history, restUntilMs }: Healing): void {
    for (const id of new Set(ids)) this.#pending.set(id, { counts, last, hardAtMs, history, restUntilMs })
    this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    for (const [id, healing] of this.#pending) {
      try {
        await this.#store.write(id, healing)
      } catch (error) {
        this.#failed(error)
      }
      if (this.#pending.get(id) === healing) this.#pending.delete(id)
    }
    this.#writing = undefined
    if (this.#pending.size > 0) this.#writing = this.#write()
  }
}

/** Out of JSON; undefined for what is no such thing. */
function healingOf(value: unknown): Healing | undefined {
  const fields = fieldsOf(value)
  const known = fieldsOf(fields.get('counts'))
  const counts = Object.fromEntries(STEPS.map((step) => [step, numberOf(known.get(step)) ?? 0]))
  if (!isCounts(counts) || known.size === 0) return undefined
  return {
    counts,
    last: stepOf(fields.get('last')),
    hardAtMs: listOf(fields.get('hardAtMs')).flatMap((atMs) => numberOf(atMs) ?? []),
    history: listOf(fields.get('history')).flatMap((step) => stepOf(step) ?? []),
    restUntilMs: numberOf(fields.get('restUntilMs')) ?? 0,
  }
}

function isCounts(counts: Record<string, number>): counts is Record<RecoveryStep, number> {
  return STEPS.every((step) => step in counts)
}

function stepOf(value: unknown): HealStep | undefined {
  const fields = fieldsOf(value)
  const step = STEPS.find((known) => known === fields.get('step'))
  const code = TROUBLES.find((known) => known === fields.get('code'))
  const [reason, atMs] = [fields.get('reason'), numberOf(fields.get('atMs'))]
  if (step === undefined || typeof reason !== 'string' || atMs === undefined) return undefined
  return { step, ...(code === undefined ? {} : { code }), reason, atMs }
}

function fieldsOf(value: unknown): Map<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(-LIST_MAX) : []
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
