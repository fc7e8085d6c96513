/**
 * What a refused submission means for the router: the modem's error classes as the four retry classes, with words for
 * the owner.
 */
import { type ErrorClass, errorClass } from '../../modem/at/result.ts'
import { ModemSubmitError } from '../../modem/contract.ts'
import { CausewayError, type RetryClass } from '../domain/errors.ts'

/** The service centre has this very message already. */
const DUPLICATE = 'cms-197'

interface Verdict {
  retry: RetryClass
  retryAfterMs?: number
  words: string
}

const VERDICTS: Readonly<Record<ErrorClass, Verdict>> = {
  'not-ready': { retry: 'same-transport', retryAfterMs: 2_000, words: 'The modem is not ready yet' },
  transient: { retry: 'same-transport', retryAfterMs: 30_000, words: 'The phone network cannot take the text now' },
  permanent: { retry: 'other-transport', words: 'The phone network refuses this text' },
  sim: { retry: 'same-transport', retryAfterMs: 60_000, words: 'The SIM card or its settings need attention' },
  storage: { retry: 'same-transport', retryAfterMs: 10_000, words: 'The storage of the SIM or the recipient is full' },
  unknown: { retry: 'same-transport', retryAfterMs: 5_000, words: 'The modem gave no reason' },
}

/** How far it got is known here: nothing of the text has left us. */
const NOT_SENT: Verdict = { retry: 'same-transport', words: 'The modem did not take the text' }
const NOT_SENT_CODES: ReadonlySet<string> = new Set(['gone', 'reset', 'prompt-timeout', 'timeout', 'unavailable'])

/**
 * The error for a refused part, by the code of ModemSubmitError (`failed`: refused in an earlier attempt). Undefined
 * when the refusal says that the network has the part already.
 */
export function refusal(code: string, part: number, cause?: Error): CausewayError | undefined {
  if (code === DUPLICATE) return undefined
  const known = cause instanceof ModemSubmitError ? cause.errorClass : undefined
  const verdict =
    code === 'failed' ? VERDICTS.permanent : NOT_SENT_CODES.has(code) ? NOT_SENT : VERDICTS[known ?? errorClass(code)]
  return new CausewayError({
    code: NOT_SENT_CODES.has(code) ? 'modem-unavailable' : code,
    message: `${verdict.words} (part ${part}: ${cause?.message ?? code}).`,
    retry: verdict.retry,
    ...(verdict.retryAfterMs === undefined ? {} : { retryAfterMs: verdict.retryAfterMs }),
    cause,
  })
}
