/**
 * Chooses how the modem tells of new messages (AT+CNMI, 27.005 §3.4.1), from what it says it can. Pure.
 *
 * Store and notify (mt=1) survives a crash of ours. Status reports come direct (ds=1) only where +CNMA acknowledges
 * them, so that one which was not persisted comes again; else stored (ds=2), else direct without acknowledgement,
 * else not at all. Broadcasts come direct (bm=2), stored (bm=1) where they cannot. Modems refuse what they advertise, hence a ladder and not one choice.
 */
import type { NewMessageIndication } from './at/sms.ts'

/** Tries at most; each costs a command. */
const CANDIDATES_MAX = 16

export interface IndicationWishes {
  /** AT+CSMS=1 was accepted: direct ones are acknowledged by +CNMA. */
  acknowledged: boolean
  /** The memory "SR" can be selected for reading. */
  reportMemory: boolean
  /** The memory "BM" can be selected for reading. */
  broadcastMemory?: boolean
  /** Tried before all others. */
  first?: readonly NewMessageIndication[]
  /** It was proven for this module that direct messages wait for +CNMA: mt=2 comes first. */
  direct?: boolean
}

/** What to try, best first. `offered`: the five lists of AT+CNMI=?, or fewer, or none where it was refused. */
export function indicationLadder(
  offered: readonly ReadonlySet<number>[],
  wishes: IndicationWishes,
): readonly NewMessageIndication[] {
  const pick = (list: number, preferred: readonly number[]): readonly number[] => {
    const values = offered[list]
    if (values === undefined || values.size === 0) return preferred
    const allowed = preferred.filter((value) => values.has(value))
    return allowed.length > 0 ? allowed : [...values].slice(0, 1)
  }
  const modes = pick(0, [2, 1, 3])
  const targets = pick(1, wishes.direct && wishes.acknowledged ? [2, 1, 3] : [1, 3, 2])
  const storesPages = wishes.broadcastMemory === true && offered[2]?.has(1) === true && !offered[2].has(2)
  const pages = pick(2, storesPages ? [1, 0] : [2, 0])
  const reports = pick(3, reportOrder(wishes))
  const buffers = pick(4, [0, 1])
  const ladder: NewMessageIndication[] = [...(wishes.first ?? [])]
  for (const mt of targets)
    for (const mode of modes)
      for (const ds of reports) for (const bm of pages) for (const bfr of buffers) ladder.push([mode, mt, bm, ds, bfr])
  return ladder.slice(0, CANDIDATES_MAX)
}

function reportOrder(wishes: IndicationWishes): readonly number[] {
  if (wishes.acknowledged) return [1, 2, 0]
  return wishes.reportMemory ? [2, 1, 0] : [1, 2, 0]
}
