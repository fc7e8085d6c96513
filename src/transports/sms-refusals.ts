/**
 * What a refused submission means for the router: the modem's error classes as the four retry classes, with how often and
 * where a repetition makes sense, and with words for the owner.
 */
import { type ErrorClass, errorClass } from '../../modem/at/result.ts'
import { ModemSubmitError } from '../../modem/contract.ts'
import { CausewayError, type Repetition, type RetryClass } from '../domain/errors.ts'
import { CODE_WORDS } from './sms-refusal-words.ts'

interface Verdict {
  retry: RetryClass
  repetition?: Repetition
  words: string
}

const SECOND = 1_000
const MINUTE = 60_000

const UNKNOWN: Verdict = {
  retry: 'same-transport',
  repetition: { waitsMs: [5 * SECOND], timesMax: 1, otherLane: true },
  words: 'The modem gave no reason',
}

const VERDICTS: Readonly<Record<ErrorClass, Verdict>> = {
  'not-ready': {
    retry: 'same-transport',
    repetition: { waitsMs: [1, 2, 4, 8, 15, 30, 60].map((s) => s * SECOND), otherLane: true },
    words: 'The modem is not ready yet',
  },
  transient: {
    retry: 'same-transport',
    repetition: { waitsMs: [30 * SECOND, 2 * MINUTE, 10 * MINUTE], otherLane: true },
    words: 'The phone network cannot take the text now',
  },
  permanent: { retry: 'other-transport', words: 'The phone network refuses this text' },
  // The modem is out until a person has seen to it (`stopsLane`); the text waits for that, or goes over another one.
  sim: {
    retry: 'same-transport',
    repetition: { waitsMs: [MINUTE], otherLane: true },
    words: 'The SIM card or its settings need attention',
  },
  // The modem's driver makes room in the meantime.
  storage: {
    retry: 'same-transport',
    repetition: { waitsMs: [10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE], otherLane: true },
    words: 'The storage of the SIM or the recipient is full',
  },
  unknown: UNKNOWN,
}

/** Codes that mean something else than their class when they answer a submission. */
const EXCEPTIONS: Readonly<Record<string, Verdict>> = {
  // RP cause 21 is a matter of the subscription as often as of the text: another SIM may have it.
  'cms-21': {
    retry: 'other-transport',
    repetition: { waitsMs: [0], timesMax: 1, otherLane: true },
    words: 'The phone network rejects this text',
  },
  // "Not allowed" comes from modems whose SMS part is still starting, and from those that will never send.
  'cms-302': {
    retry: 'same-transport',
    repetition: { waitsMs: [2, 5, 10, 30].map((s) => s * SECOND), timesMax: 4, otherLane: true },
    words: 'The modem does not allow it now',
  },
  // The modem cannot do what was asked; another one may.
  ...Object.fromEntries(
    ['cms-303', 'cme-3', 'cme-4'].map((code) => [
      code,
      {
        retry: 'other-transport',
        repetition: { waitsMs: [0], timesMax: 1, otherLane: true },
        words: 'The modem cannot send it',
      } satisfies Verdict,
    ]),
  ),
  // "No acknowledgement expected" is no answer to a submission.
  'cms-340': UNKNOWN,
}

/** How far it got is known here: nothing of the text has left us. */
const NOT_SENT: Verdict = { retry: 'same-transport', words: 'The modem did not take the text' }
const NOT_SENT_CODES: ReadonlySet<string> = new Set(['gone', 'reset', 'prompt-timeout', 'timeout', 'unavailable'])
/** The service centre has this very message already. */
const DUPLICATE = 'cms-197'

/**
 * The error for a refused part, by the code of ModemSubmitError (`failed`: refused in an earlier attempt). Undefined
 * when the refusal says that the network has the part already.
 */
export function refusal(code: string, part: number, cause?: Error): CausewayError | undefined {
  if (code === DUPLICATE) return undefined
  const known = cause instanceof ModemSubmitError ? cause.errorClass : undefined
  const { retry, repetition, words } = verdictOn(code, known)
  return new CausewayError({
    code: NOT_SENT_CODES.has(code) ? 'modem-unavailable' : code,
    message: sentence(words, CODE_WORDS[code]),
    detail: `part ${part}: ${cause?.message ?? code}`,
    retry,
    ...(repetition === undefined ? {} : { repetition }),
    cause,
  })
}

function sentence(words: string, why: string | undefined): string {
  return why === undefined ? `${words}.` : `${words}: ${why}.`
}

/** Whether the modem is out of use after this refusal until a person has seen to its SIM. */
export function stopsLane({ code, errorClass: known }: ModemSubmitError): boolean {
  return (known ?? errorClass(code)) === 'sim'
}

/** Whether nobody can tell what it means, so that the modem should be asked whether it is still in step. */
export function isUnclear({ code, errorClass: known }: ModemSubmitError): boolean {
  return verdictOn(code, known) === UNKNOWN
}

/** `known` is what the profile of this very modem says of the code, which beats all that is true of modems at large. */
function verdictOn(code: string, known: ErrorClass | undefined): Verdict {
  if (code === 'failed') return VERDICTS.permanent
  if (NOT_SENT_CODES.has(code)) return NOT_SENT
  return known === undefined ? (EXCEPTIONS[code] ?? VERDICTS[errorClass(code)]) : VERDICTS[known]
}
