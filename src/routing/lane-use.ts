/**
 * How many parts each modem has sent today and this month. The database counts when a lane is first seen; from then on
 * what leaves is added here (one process sends, so nobody else changes it). A part counts once the network may have it.
 */
import { type LaneUse, periods } from '../domain/lane-choice.ts'
import type { Lane } from '../domain/transport.ts'
import { countSubmitted } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'

interface Counted extends LaneUse {
  dayMs: number
  monthMs: number
}

export class LaneUses {
  readonly #db: Database
  readonly #clock: () => number
  readonly #counted = new Map<string, Counted>()

  constructor(db: Database, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Undefined until the lane has been counted. */
  of(lane: string): LaneUse | undefined {
    const counted = this.#counted.get(lane)
    if (counted === undefined) return undefined
    const { dayMs, monthMs } = periods(this.#clock())
    return {
      today: counted.dayMs === dayMs ? counted.today : 0,
      thisMonth: counted.monthMs === monthMs ? counted.thisMonth : 0,
    }
  }

  /** Counts lanes that have not been counted yet. True when there were any. */
  async count(lanes: readonly Lane[]): Promise<boolean> {
    const fresh = lanes.filter(({ id, transport }) => transport === 'sms' && !this.#counted.has(id))
    for (const { id } of fresh) {
      const { dayMs, monthMs } = periods(this.#clock())
      const today = await countSubmitted(this.#db, id, dayMs)
      this.#counted.set(id, { dayMs, monthMs, today, thisMonth: await countSubmitted(this.#db, id, monthMs) })
    }
    return fresh.length > 0
  }

  /** The network has, or may have, this many parts more from this lane. */
  add(lane: string, parts: number): void {
    const use = this.of(lane)
    if (use === undefined || parts === 0) return
    const { dayMs, monthMs } = periods(this.#clock())
    this.#counted.set(lane, { dayMs, monthMs, today: use.today + parts, thisMonth: use.thisMonth + parts })
  }
}
