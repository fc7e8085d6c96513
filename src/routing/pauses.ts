/**
 * Pausing the queue and letting it go on: all of it, a transport, or a modem. What is paused counts as a lane that is away,
 * so nothing new is handed over there; what has begun ends, and what comes in goes on. A pause is a row before it holds, and
 * so holds after a restart. It is no reason to leave Signal: whoever pauses wants silence, not plaintext.
 */
import { CausewayError } from '../domain/errors.ts'
import { type Pause, type PauseScope, pauseOver, pauseWords } from '../domain/pause.ts'
import type { Lane, TransportName } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { oldestWaiting } from '../store/mailbox.ts'
import { beginPatience } from '../store/messages.ts'
import { dropPause, putPause, readPauses } from '../store/pauses.ts'
import type { Commit } from './commit.ts'

const TRANSPORTS = ['sms', 'mms', 'signal'] as const satisfies readonly TransportName[]

interface PausesOptions {
  db: Database
  events: EventLog
  clock: () => number
  lanes: () => readonly Lane[]
  /** One transaction, then jobs and listeners. */
  commit: Commit
  /** Lanes have come or gone. */
  changed: () => void
}

export class Pauses {
  readonly #options: PausesOptions
  #all: readonly Pause[] = []
  /** When a modem or transport went on, as long as this process lives. */
  readonly #resumedMs = new Map<string, number>()

  constructor(options: PausesOptions) {
    this.#options = options
  }

  /** Those in force, the oldest first. */
  get all(): readonly Pause[] {
    return this.#all
  }

  /**
   * Since when the oldest message that is about to be sent could have left. What is paused does not count, and gets the whole
   * of its time when it goes on. Undefined: there is none.
   */
  async oldestWaitingMs(): Promise<number | undefined> {
    const held = this.#held()
    const times = (await oldestWaiting(this.#options.db)).flatMap(({ transport, lane, since }) => {
      const places = [transport, lane].filter((place) => place !== null)
      if (places.some((place) => held.has(place))) return []
      return [Math.max(since, ...places.map((place) => this.#resumedMs.get(place) ?? 0))]
    })
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Modems that are paused, and transports of which nothing may leave. */
  #held(): Set<string> {
    const lanes = this.#options.lanes()
    const held = new Set<string>(this.#all.flatMap(({ lane }) => lane ?? []))
    for (const transport of TRANSPORTS) {
      const its = lanes.filter((lane) => lane.transport === transport)
      const isWhole = its.length > 0 && its.every(({ id }) => this.over(transport, id) !== undefined)
      if (isWhole || this.over(transport) !== undefined) held.add(transport)
    }
    return held
  }

  /** What an earlier life was told. */
  async load(): Promise<void> {
    this.#all = await readPauses(this.#options.db)
  }

  /** What holds this lane up; undefined: nothing. `lane` left out: the whole transport. */
  over(transport: TransportName, lane = ''): Pause | undefined {
    return pauseOver(this.#all, transport, lane)
  }

  /** The lanes, with those that are paused away. */
  applied(lanes: readonly Lane[]): readonly Lane[] {
    if (this.#all.length === 0) return lanes
    return lanes.map((lane) => {
      const pause = this.over(lane.transport, lane.id)
      return pause === undefined ? lane : { ...lane, available: false, code: 'paused', reason: pauseWords(pause) }
    })
  }

  /** Nothing begins there from now on. Does nothing where it is paused. Errors: CausewayError `no-such-modem`. */
  async pause(scope: PauseScope): Promise<void> {
    const { clock, lanes } = this.#options
    const { transport, lane } = scope
    if (lane !== null && !lanes().some((known) => known.id === lane && known.transport !== 'signal')) {
      throw new CausewayError({
        code: 'no-such-modem',
        message: 'There is no such modem here; `GET /api/v1/modems` names them.',
        retry: 'never',
      })
    }
    const pause: Pause = { transport, lane, sinceMs: clock() }
    await this.#change((tx) => putPause(tx, pause), 'queue.paused', scope)
  }

  /** It goes on, as far as nothing else is paused. Does nothing where it is not paused. */
  async resume(scope: PauseScope): Promise<void> {
    const { clock } = this.#options
    const was = this.over('signal') !== undefined
    const restart = async (tx: DatabaseTransaction) => {
      if (!(await dropPause(tx, scope))) return false
      const rest = await readPauses(tx)
      if (was && pauseOver(rest, 'signal', '') === undefined) await beginPatience(tx, clock())
      return true
    }
    await this.#change(restart, 'queue.resumed', scope)
  }

  async #change(
    work: (tx: DatabaseTransaction) => Promise<boolean>,
    type: 'queue.paused' | 'queue.resumed',
    { transport, lane }: PauseScope,
  ): Promise<void> {
    const { commit, events, changed, clock } = this.#options
    const before = this.#held()
    this.#all = await commit(async (tx) => {
      if (await work(tx)) await events.append(tx, { type, data: { transport, modem: lane } })
      return readPauses(tx)
    })
    const held = this.#held()
    for (const place of before) if (!held.has(place)) this.#resumedMs.set(place, clock())
    changed()
  }
}
