/**
 * Shares one bearer among all who want it, as `holding.ts` decides; carries out what that says and knows nothing itself.
 * A bearer that opens too late is closed again unseen.
 */
import { type Clock, type Log, within } from '../../serial/surroundings.ts'
import { type Bearer, BearerError, type BearerKind, type BearerLease } from './bearer.ts'
import { DOWN, type HoldEffect, type HoldEvent, type HoldState, hold, IDLE_MS, OPENING_MAX_MS } from './holding.ts'

/** Exchanges that wait for it; more are refused. */
const WAITING_MAX = 64

interface Waiting {
  admit(lease: BearerLease): void
  refuse(error: BearerError): void
}

export class SharedBearer implements Bearer {
  readonly kind: BearerKind
  readonly #bearer: Bearer
  readonly #clock: Clock
  readonly #log: Log
  readonly #waiting = new Set<Waiting>()
  #state: HoldState = DOWN
  #lease: BearerLease | undefined
  #cancelIdle: () => void = () => {}
  #failure: unknown
  #stopped = false

  constructor(bearer: Bearer, surroundings: { clock: Clock; log: Log }) {
    this.kind = bearer.kind
    this.#bearer = bearer
    this.#clock = surroundings.clock
    this.#log = surroundings.log
  }

  /** Whether it is open, for whoever shows it. */
  get isUp(): boolean {
    return this.#lease !== undefined
  }

  open(signal: AbortSignal): Promise<BearerLease> {
    if (this.#stopped) return Promise.reject(new BearerError('bearer', 'the bearer has been stopped'))
    if (signal.aborted) return Promise.reject(new BearerError('bearer', 'it was called off'))
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new BearerError('bearer', `${WAITING_MAX} exchanges wait for the bearer already`))
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        if (!this.#waiting.delete(waiting)) return
        this.#step({ kind: 'withdrawn' })
        reject(new BearerError('bearer', 'it was called off'))
      }
      const waiting: Waiting = {
        admit: (lease) => {
          signal.removeEventListener('abort', leave)
          resolve(this.#shared(lease))
        },
        refuse: (error) => {
          signal.removeEventListener('abort', leave)
          reject(error)
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.add(waiting)
      this.#step({ kind: 'asked', nowMs: this.#clock.nowMs() })
    })
  }

  /** Closes it at once and for good; exchanges that run fail. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelIdle()
    this.#refuse(new BearerError('bearer', 'the bearer has been stopped'))
    const lease = this.#lease
    this.#lease = undefined
    await lease?.close()
  }

  #step(event: HoldEvent): void {
    const [state, effects] = hold(this.#state, event)
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: HoldEffect): void {
    switch (effect) {
      case 'open':
        void this.#open()
        return
      case 'close':
        void this.#close()
        return
      case 'admit':
        if (this.#lease !== undefined) for (const waiting of this.#taken()) waiting.admit(this.#lease)
        return
      case 'refuse':
        this.#refuse(this.#refusal())
        return
      case 'start-idle':
        this.#cancelIdle = this.#clock.after(IDLE_MS, () => this.#step({ kind: 'idle-over' }))
        return
      case 'stop-idle':
        this.#cancelIdle()
        return
    }
  }

  async #open(): Promise<void> {
    const limit = new AbortController()
    const opening = this.#bearer.open(limit.signal)
    const openingMaxMs = this.#bearer.openingMaxMs ?? OPENING_MAX_MS
    try {
      const waited = await within(this.#clock, openingMaxMs, opening)
      if (waited.late) {
        limit.abort()
        void opening.then((lease) => lease.close()).catch(() => {})
        throw new BearerError('bearer', `it did not open within ${openingMaxMs / 1000} s`)
      }
      if (this.#stopped) {
        await waited.value.close()
        return
      }
      this.#lease = waited.value
      this.#log.debug({ bearer: this.kind }, 'the MMS bearer is up')
      this.#step({ kind: 'opened' })
    } catch (error) {
      this.#failure = error
      this.#log.warn({ bearer: this.kind, reason: reasonOf(error) }, 'the MMS bearer does not open')
      this.#step({ kind: 'failed', nowMs: this.#clock.nowMs() })
    }
  }

  async #close(): Promise<void> {
    const lease = this.#lease
    this.#lease = undefined
    await lease?.close()
    this.#log.debug({ bearer: this.kind }, 'the MMS bearer is down')
    this.#step({ kind: 'closed' })
  }

  #refusal(): BearerError {
    const leftMs = this.#state.coolUntilMs - this.#clock.nowMs()
    const why = reasonOf(this.#failure)
    return new BearerError(
      'bearer',
      leftMs > 0
        ? `${why}; after ${this.#state.failures} failures in a row it is left alone for ${Math.ceil(leftMs / 1000)} s`
        : why,
      this.#failure,
    )
  }

  #refuse(error: BearerError): void {
    for (const waiting of this.#taken()) waiting.refuse(error)
  }

  #taken(): readonly Waiting[] {
    const all = [...this.#waiting]
    this.#waiting.clear()
    return all
  }

  /** One holder's view: closing it counts once, and a bearer that fails in its hands is told of. */
  #shared(lease: BearerLease): BearerLease {
    let isOpen = true
    const watch = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work
      } catch (error) {
        if (isOpen && error instanceof BearerError && error.step === 'bearer') {
          this.#failure = error
          this.#step({ kind: 'spoiled' })
        }
        throw error
      }
    }
    return {
      label: lease.label,
      ownNetworks: lease.ownNetworks,
      resolve: (name, signal) => watch(lease.resolve(name, signal)),
      connect: (address, port, signal) => watch(lease.connect(address, port, signal)),
      close: () => {
        if (isOpen) {
          isOpen = false
          this.#step({ kind: 'released', nowMs: this.#clock.nowMs() })
        }
        return Promise.resolve()
      },
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the bearer failed'
}
