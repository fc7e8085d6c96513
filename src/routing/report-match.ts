/**
 * Which part a status report speaks of. Pure.
 *
 * TS 23.040 §9.2.2.3: a report names TP-MR, the recipient, and when the service centre took the message. TP-MR alone tells
 * little: it wraps after 256 texts, a restarted modem begins anew, and of a part whose answer was lost it is not known.
 * The service centre's time names a submission exactly, but only once it has been seen; before that it is compared with
 * the time of the hand-over, less the error of the service centre's clock as earlier reports have shown it.
 */
import type { PartRow } from '../store/tables/sending.ts'

export type ReportedPart = Pick<PartRow, 'state' | 'message_reference' | 'submitted_at_ms' | 'centre_time_ms'>

export interface ReportIdentity {
  /** TP-MR. */
  messageReference: number
  /** TP-SCTS, ms since epoch. */
  submittedAtMs: number
}

/** A service centre takes a text within this time of its hand-over; a clock that is off by less counts as right. */
const CLOCK_SKEW_MS = 10 * 60_000
/** TP-SCTS counts whole seconds (23.040 §9.2.3.11): within the one it names no submission is nearer than another. */
const CENTRE_RESOLUTION_MS = 1_000
/** A part of the same reference goes before one whose reference is not known, unless it is farther off by this much. */
const ADVANTAGE_MS = 2 * 60_000
/** Reports that show the error of the service centre's clock: the newest ones. */
const SHOWN_MAX = 9
/** A smaller error is the ordinary delay of the network. */
const CLOCK_ERROR_MIN_MS = 60_000

/**
 * The part that a report speaks of, settled or not; undefined when it is none of these (`parts`: handed to the same modem
 * for the same recipient, newest first). A settled one means that the report is a repetition.
 */
export function partReported<Part extends ReportedPart>(
  parts: readonly Part[],
  { messageReference, submittedAtMs }: ReportIdentity,
): Part | undefined {
  const errorMs = clockErrorMs(parts)
  const distance = (part: Part) => {
    const behindMs = (part.submitted_at_ms ?? 0) + errorMs - submittedAtMs
    return behindMs < 0 ? -behindMs : Math.max(0, behindMs - CENTRE_RESOLUTION_MS)
  }
  const nearest = (some: readonly Part[]) =>
    some.reduce<Part | undefined>((best, part) => {
      if (best === undefined) return part
      const gain = distance(best) - distance(part)
      return gain > 0 || (gain === 0 && isSettled(best) && !isSettled(part)) ? part : best
    }, undefined)
  const inTime = (part: Part) => distance(part) <= CLOCK_SKEW_MS

  const named = parts.filter((part) => part.message_reference === messageReference)
  const exact = nearest(named.filter((part) => part.centre_time_ms === submittedAtMs))
  if (exact !== undefined) return exact
  // What is open, but was named by another time before, has been told apart from this one already.
  const possible = named.filter((part) => isSettled(part) || part.centre_time_ms === null)
  const own = nearest(possible.filter(inTime))
  const nameless = nearest(
    parts.filter(
      (part) =>
        part.message_reference === null && (part.state === 'submitting' || part.state === 'uncertain') && inTime(part),
    ),
  )
  if (own === undefined) return nameless ?? nearest(possible)
  if (nameless === undefined) return own
  const lead = isSettled(own) ? 0 : ADVANTAGE_MS
  return distance(own) <= distance(nameless) + lead ? own : nameless
}

/** Whether a report has said how this part ended. */
export function isSettled({ state }: Pick<PartRow, 'state'>): boolean {
  return state === 'delivered' || state === 'failed'
}

/** How far the service centre's clock is ahead: the median of what reports have shown; 0 while that is little. */
function clockErrorMs(parts: readonly ReportedPart[]): number {
  const shown = parts
    .flatMap(({ submitted_at_ms, centre_time_ms }) =>
      submitted_at_ms === null || centre_time_ms === null ? [] : [centre_time_ms - submitted_at_ms],
    )
    .slice(0, SHOWN_MAX)
    .sort((a, b) => a - b)
  const median = shown[Math.floor(shown.length / 2)] ?? 0
  return Math.abs(median) < CLOCK_ERROR_MIN_MS ? 0 : median
}
