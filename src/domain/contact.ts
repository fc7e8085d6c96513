/**
 * What is remembered about a person: how they want to be written to, and what is known of them on Signal.
 */

/** `auto`: encrypted where possible, else text. `ask`: like auto, but a person confirms a fallback. */
export const CONTACT_POLICIES = ['auto', 'ask', 'signal_only', 'sms_only'] as const
export type ContactPolicy = (typeof CONTACT_POLICIES)[number]

/** From what lets plaintext go by itself to what never does. */
const BY_CARE: readonly ContactPolicy[] = ['sms_only', 'auto', 'ask', 'signal_only']

/** Of two rules for one person the one that is slower to plaintext; null stands for `byDefault`. */
export function stricterPolicy(
  left: ContactPolicy | null,
  right: ContactPolicy | null,
  byDefault: ContactPolicy,
): ContactPolicy | null {
  return BY_CARE.indexOf(left ?? byDefault) >= BY_CARE.indexOf(right ?? byDefault) ? left : right
}

/** How long (ms) Signal has before a text follows: as the message says, else the contact, else the box. */
export function fallbackAfter(message: number | null, contact: number | null, boxMs: number): number {
  return message ?? contact ?? boxMs
}

/** Of two such times for one person the longer, which is slower to plaintext; null stands for `boxMs`. */
export function slowerFallback(left: number | null, right: number | null, boxMs: number): number | null {
  return (left ?? boxMs) >= (right ?? boxMs) ? left : right
}

/**
 * `stale`: was on Signal, but evidence says that messages there no longer arrive.
 * Only `registered` is a promise; the others are left by a look-up or by any Signal message of theirs.
 */
export const SIGNAL_STANDINGS = ['unknown', 'registered', 'not-registered', 'stale'] as const
export type SignalStanding = (typeof SIGNAL_STANDINGS)[number]

/** A look-up that found the person is trusted this long. */
export const POSITIVE_LOOKUP_MS = 24 * 3_600_000
/** A look-up that did not find them is trusted this long at first, doubling with each miss… */
const NEGATIVE_LOOKUP_MS = 3_600_000
/** …up to this. */
const NEGATIVE_LOOKUP_MAX_MS = 24 * 3_600_000
/** A stale contact is looked up again after this. */
export const STALE_REPROBE_MS = 24 * 3_600_000

/** How long to trust the `misses`-th negative answer in a row (1-based), in ms. */
export function negativeLookupMs(misses: number): number {
  return Math.min(NEGATIVE_LOOKUP_MAX_MS, NEGATIVE_LOOKUP_MS * 2 ** Math.min(16, Math.max(0, misses - 1)))
}

/**
 * The standing that a routing decision may rely on at `nowMs`: negative evidence that has run out counts as `unknown`,
 * positive evidence stays (sending itself finds out at once when it is no longer true).
 */
export function currentStanding(standing: SignalStanding, nextCheckAtMs: number, nowMs: number): SignalStanding {
  if (standing === 'registered') return 'registered'
  return nowMs >= nextCheckAtMs ? 'unknown' : standing
}
