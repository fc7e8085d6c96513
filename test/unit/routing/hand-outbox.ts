/** An outbox that runs its jobs when told. */
import type { AttemptJob } from '../../../src/routing/agenda.ts'
import type { Outbox } from '../../../src/routing/engine.ts'

/** Jobs in the order of their time, run by `World.settle`. */
export class HandOutbox implements Outbox {
  readonly jobs = new Map<string, { atMs: number; run: () => Promise<void> }>()
  readonly attempts: AttemptJob[] = []
  #handlers: Parameters<Outbox['start']>[0] | undefined
  #again = 0
  readonly #clock: () => number

  constructor(clock: () => number) {
    this.#clock = clock
  }

  async start(handlers: Parameters<Outbox['start']>[0]): Promise<void> {
    this.#handlers = handlers
  }

  /** What runs the jobs: it may be asked at any time, as a queue asks that does a job over. */
  get handlers(): Parameters<Outbox['start']>[0] {
    if (this.#handlers === undefined) throw new Error('the router was not started')
    return this.#handlers
  }

  async attempt(jobs: readonly { job: AttemptJob; delayMs: number }[], mode: 'again' | 'once'): Promise<void> {
    for (const { job, delayMs } of jobs) {
      this.attempts.push(job)
      this.#add(`${job.messageId}-${job.leg}-${job.tries}`, mode, delayMs, async () => this.#handlers?.attempt(job))
    }
  }

  async deadline(jobs: readonly { messageId: string; atMs: number; delayMs: number }[], mode: 'again' | 'once') {
    for (const { messageId, atMs, delayMs } of jobs) {
      this.#add(`${messageId}-at-${atMs}`, mode, delayMs, async () => this.#handlers?.deadline(messageId))
    }
  }

  async stop(): Promise<void> {
    this.jobs.clear()
  }

  #add(root: string, mode: 'again' | 'once', delayMs: number, run: () => Promise<void>): void {
    const id = mode === 'once' ? root : `${root}+${++this.#again}`
    if (!this.jobs.has(id)) this.jobs.set(id, { atMs: this.#clock() + delayMs, run })
  }
}
