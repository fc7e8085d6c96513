/**
 * Pure: how a picture message that was announced to us comes here. The record of one notification, and what each thing
 * that can happen makes of it; whoever keeps it writes the new record and then acts.
 *
 *   pushed ─fetch─► fetched ─► its answer is owed until the MMSC has taken it
 *     │  └ again later (network, MMSC busy) … ─► expired
 *     ├─► deferred    the owner is to ask for it (setting); the MMSC is told
 *     └─► gone · refused · too-large      told to the owner once; "fetch again" begins anew
 *
 * An answer that the MMSC does not get makes it announce the message for days: so it is owed, retried, and given again
 * whenever the notification is repeated.
 */

export const INCOMING_STATES = ['pushed', 'deferred', 'fetched', 'expired', 'gone', 'refused', 'too-large'] as const
export type IncomingState = (typeof INCOMING_STATES)[number]

/**
 * What the MMSC is to be told: `retrieved`, `deferred`, `unrecognised` in an m-notifyresp-ind; `acknowledged` is the
 * m-acknowledge-ind of what was deferred before it was fetched.
 */
export const ANSWERS = ['retrieved', 'deferred', 'unrecognised', 'acknowledged'] as const
export type IncomingAnswer = (typeof ANSWERS)[number]

export interface Incoming {
  state: IncomingState
  /** Fetches since it was announced or asked for. */
  tries: number
  /** Of these, how many times what came was no message: a portal's page, a body that was cut, "not found" for now. */
  oddities: number
  /** Then the MMSC throws it away. */
  expiresAtMs: number
  /** When it is fetched (next); null: not by itself. */
  dueAtMs: number | null
  /** The last answer that applies, whether or not it is still owed. */
  answer: IncomingAnswer | null
  /** When that is given (next); null: the MMSC has it, or nothing is owed. */
  answerDueAtMs: number | null
  answerTries: number
}

/** A step: the record as it is now, and whether the owner is told. */
export interface IncomingStep {
  now: Incoming
  tell: boolean
}

/** What came of a fetch that brought no message. */
export interface Miss {
  /**
   * `later`: nobody answered, or the MMSC could not now. `odd`: an answer that is no message. `perhaps-gone`: "not found",
   * which some MMSCs say for a while only. The others end it.
   */
  kind: 'later' | 'odd' | 'perhaps-gone' | 'gone' | 'refused' | 'too-large'
}

/** After each failure in a row; the last one holds for all further ones. */
const FETCH_WAITS_MS = [15_000, 60_000, 5 * 60_000, 20 * 60_000, 3_600_000] as const
const ANSWER_WAITS_MS = FETCH_WAITS_MS
/** A portal's page or a cut body is believed after so many. */
const ODDITIES_MAX = 3
/** The owner hears of a network that fails at this failure, and again at the end. */
const TRIES_UNTIL_TOLD = 4
/** For a notification that does not say; and no MMSC keeps anything longer than the other. */
const EXPIRY_DEFAULT_MS = 7 * 24 * 3_600_000
const EXPIRY_MAX_MS = 30 * 24 * 3_600_000
/** An answer is worth giving so long after what it answers to, even where that has expired meanwhile. */
const ANSWER_AT_LEAST_MS = 3_600_000

/** A notification that is new. `bytesMax`: what is taken in at most; `mode`: the owner's setting. */
export function announced(facts: {
  nowMs: number
  expiresAtMs: number | undefined
  bytes: number | undefined
  bytesMax: number
  mode: 'immediate' | 'deferred'
}): IncomingStep {
  const { nowMs, bytes, bytesMax, mode } = facts
  const expiresAtMs = Math.min(facts.expiresAtMs ?? nowMs + EXPIRY_DEFAULT_MS, nowMs + EXPIRY_MAX_MS)
  const fresh = { tries: 0, oddities: 0, expiresAtMs, answer: null, answerDueAtMs: null, answerTries: 0 }
  if (expiresAtMs <= nowMs) return { now: { ...fresh, state: 'expired', dueAtMs: null }, tell: true }
  const deferred = { ...fresh, dueAtMs: null, answer: 'deferred', answerDueAtMs: nowMs } as const
  if (bytes !== undefined && bytes > bytesMax) return { now: { ...deferred, state: 'too-large' }, tell: true }
  if (mode === 'deferred') return { now: { ...deferred, state: 'deferred' }, tell: true }
  return { now: { ...fresh, state: 'pushed', dueAtMs: nowMs }, tell: false }
}

/** The MMSC announces it again: it has not had our answer, so it gets that again. Nothing is fetched twice. */
export function announcedAgain(incoming: Incoming, nowMs: number): Incoming {
  if (incoming.answer === null) return incoming
  return { ...incoming, answerDueAtMs: nowMs, answerTries: 0 }
}

/** The owner asks for it; undefined where there is nothing to fetch: it is here, or its time is over. */
export function askedFor(incoming: Incoming, nowMs: number): Incoming | undefined {
  if (incoming.state === 'fetched' || incoming.expiresAtMs <= nowMs) return undefined
  return { ...incoming, state: 'pushed', tries: 0, oddities: 0, dueAtMs: nowMs }
}

/** It is here, and safe. `acknowledgeable`: it came with a transaction of its own, which a deferred one is closed with. */
export function fetched(incoming: Incoming, nowMs: number, acknowledgeable: boolean): IncomingStep {
  const wasDeferred = incoming.answer === 'deferred' && incoming.answerDueAtMs === null
  const answer: IncomingAnswer | null = wasDeferred ? (acknowledgeable ? 'acknowledged' : null) : 'retrieved'
  const owed = { answer, answerDueAtMs: answer === null ? null : nowMs, answerTries: 0 }
  return { now: { ...incoming, ...owed, state: 'fetched', dueAtMs: null }, tell: false }
}

/** A fetch that brought nothing. */
export function missed(incoming: Incoming, miss: Miss, nowMs: number): IncomingStep {
  const tries = incoming.tries + 1
  const isOdd = miss.kind === 'odd' || miss.kind === 'perhaps-gone'
  const oddities = incoming.oddities + (isOdd ? 1 : 0)
  const end = (state: IncomingState, more: Partial<Incoming> = {}) => ({
    now: { ...incoming, ...more, state, tries, oddities, dueAtMs: null },
    tell: true,
  })
  switch (miss.kind) {
    case 'gone':
    case 'refused':
      return end(miss.kind)
    case 'too-large':
      // It stays with the MMSC, which is told that we know of it.
      return end('too-large', { answer: 'deferred', answerDueAtMs: nowMs, answerTries: 0 })
    case 'odd':
      if (oddities >= ODDITIES_MAX) return end('refused')
      break
    case 'perhaps-gone':
      if (oddities >= ODDITIES_MAX) return end('gone')
      break
    case 'later':
      break
  }
  const dueAtMs = nowMs + waitMs(FETCH_WAITS_MS, tries)
  if (dueAtMs >= incoming.expiresAtMs) return end('expired')
  return { now: { ...incoming, tries, oddities, dueAtMs }, tell: tries === TRIES_UNTIL_TOLD }
}

/** Its time may be over; undefined while it is not. */
export function lapsed(incoming: Incoming, nowMs: number): IncomingStep | undefined {
  const isOpen = incoming.state === 'pushed' || incoming.state === 'deferred' || incoming.state === 'too-large'
  if (!isOpen || incoming.expiresAtMs > nowMs) return undefined
  return { now: { ...incoming, state: 'expired', dueAtMs: null, answerDueAtMs: null }, tell: true }
}

/** The MMSC has the answer. */
export function answered(incoming: Incoming): Incoming {
  return { ...incoming, answerDueAtMs: null, answerTries: 0 }
}

/** The MMSC could not be told. After its message has expired nobody waits for the answer any more. */
export function unanswered(incoming: Incoming, nowMs: number): Incoming {
  const answerTries = incoming.answerTries + 1
  const dueAtMs = nowMs + waitMs(ANSWER_WAITS_MS, answerTries)
  const isPointless = dueAtMs >= incoming.expiresAtMs && dueAtMs - nowMs >= ANSWER_AT_LEAST_MS
  return { ...incoming, answerTries, answerDueAtMs: isPointless ? null : dueAtMs }
}

function waitMs(waits: readonly number[], failures: number): number {
  return waits[Math.min(failures, waits.length) - 1] ?? 0
}
