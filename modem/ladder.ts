/**
 * What to do about a modem that does not do its work, step by step, as data and one pure function. Each step is tried
 * once before the next; a modem that works again begins at the first.
 *
 *   reopen ─▶ radio (AT+CFUN=4, =1) ─▶ restart (AT+CFUN=1,1 or the profile's) ─▶ replug (USB off and on) ─▶ give up
 *
 * `resync` (ESC, AT) comes before all of them and is the channel's own; it is only counted here. Restarting and
 * replugging are bounded per day: a modem that needs more has a fault that they do not mend, mostly its power.
 */
import type { HealStep, RecoveryStatus, RecoveryStep, Trouble } from './contract.ts'
import type { ModemTimings } from './timings.ts'

type Rung = Exclude<RecoveryStep, 'resync'>

const RUNGS: readonly Rung[] = ['reopen', 'radio', 'restart', 'replug', 'give-up']

const ON_ITS_LINE: readonly Rung[] = ['reopen', 'radio', 'restart', 'replug', 'give-up']
const WITHOUT_RADIO: readonly Rung[] = ['reopen', 'restart', 'replug', 'give-up']
// Power to the port does not bring coverage.
const ON_THE_AIR: readonly Rung[] = ['radio', 'restart', 'give-up']

/** What is wrong decides which steps can help. */
const HELPFUL: Readonly<Record<Trouble, readonly Rung[]>> = {
  silent: WITHOUT_RADIO,
  'not-replugged': WITHOUT_RADIO,
  unanswered: ON_ITS_LINE,
  unpolled: ON_ITS_LINE,
  'no-network': ON_THE_AIR,
  'no-signal': ON_THE_AIR,
}

const HARD: ReadonlySet<Rung> = new Set(['restart', 'replug'])
const DAY_MS = 24 * 3_600_000
/** Steps of the history. */
const HISTORY_MAX = 20

export interface Ladder {
  /** Index into RUNGS of the lowest step that was not tried yet. */
  position: number
  counts: RecoveryStatus['counts']
  last: RecoveryStatus['last']
  /** When restarts and replugs were done, of the last day. */
  hardAtMs: readonly number[]
  /** The last steps, oldest first; `resync` is only counted. */
  history: RecoveryStatus['history']
  /** Before this nothing is done about being deaf. */
  restUntilMs: number
}

/** What of a ladder outlives the process. */
export type Healing = Omit<Ladder, 'position'>

export const NEW_LADDER: Ladder = {
  position: 0,
  counts: { resync: 0, reopen: 0, radio: 0, restart: 0, replug: 0, 'give-up': 0 },
  last: undefined,
  hardAtMs: [],
  history: [],
  restUntilMs: 0,
}

/** The next step against that trouble, written down. `above`: steps up to this one have been tried in another way. */
export function climb(
  ladder: Ladder,
  trouble: Trouble,
  reason: string,
  nowMs: number,
  timings: ModemTimings,
  above?: Rung,
): { ladder: Ladder; rung: Rung } {
  const hardAtMs = ladder.hardAtMs.filter((atMs) => nowMs - atMs < DAY_MS)
  const from = Math.max(ladder.position, above === undefined ? 0 : RUNGS.indexOf(above) + 1)
  const isSpent = hardAtMs.length >= timings.hardResetsPerDayMax
  const rung = HELPFUL[trouble].find((each) => RUNGS.indexOf(each) >= from && !(isSpent && HARD.has(each))) ?? 'give-up'
  return {
    rung,
    ladder: {
      ...counted(ladder, { step: rung, code: trouble, reason, atMs: nowMs }),
      position: rung === 'give-up' ? 0 : RUNGS.indexOf(rung) + 1,
      hardAtMs: HARD.has(rung) ? [...hardAtMs, nowMs] : hardAtMs,
      restUntilMs: rung === 'give-up' ? nowMs + timings.gaveUpRetryMs : ladder.restUntilMs,
    },
  }
}

/** Writes a step down without choosing one. */
export function counted(ladder: Ladder, last: HealStep): Ladder {
  const { step } = last
  return {
    ...ladder,
    counts: { ...ladder.counts, [step]: ladder.counts[step] + 1 },
    last,
    history: step === 'resync' ? ladder.history : [...ladder.history, last].slice(-HISTORY_MAX),
  }
}

/**
 * The ladder together with what an earlier process knew of the same modem. One may hold part of the other already, so the
 * greater count counts, and what happened at one time happened once.
 */
export function remembering(ladder: Ladder, earlier: Healing): Ladder {
  const counts = { ...ladder.counts }
  for (const step of [...RUNGS, 'resync'] as const) counts[step] = Math.max(counts[step], earlier.counts[step])
  const lasts = [earlier.last, ladder.last].flatMap((last) => last ?? []).sort((a, b) => a.atMs - b.atMs)
  const steps = new Map([...earlier.history, ...ladder.history].map((step) => [`${step.atMs} ${step.step}`, step]))
  return {
    ...ladder,
    counts,
    last: lasts.at(-1),
    history: [...steps.values()].sort((a, b) => a.atMs - b.atMs).slice(-HISTORY_MAX),
    hardAtMs: [...new Set([...earlier.hardAtMs, ...ladder.hardAtMs])].sort((a, b) => a - b),
    restUntilMs: Math.max(ladder.restUntilMs, earlier.restUntilMs),
  }
}

/** The last step, a hard one, could not be done after all. */
export function withdrawn(ladder: Ladder, step: RecoveryStep): Ladder {
  const counts = { ...ladder.counts, [step]: ladder.counts[step] - 1 }
  return { ...ladder, counts, hardAtMs: ladder.hardAtMs.slice(0, -1), history: ladder.history.slice(0, -1) }
}

/** The modem works: the next trouble begins at the first step. */
export function descend(ladder: Ladder): Ladder {
  return ladder.position === 0 ? ladder : { ...ladder, position: 0 }
}
