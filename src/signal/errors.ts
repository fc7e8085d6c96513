/**
 * What libsignal and the service answer, as the errors of the house. Compares names of libsignal's codes only: their
 * numbers move between its versions.
 */
import { ErrorCode, LibSignalErrorBase } from '@signalapp/libsignal-client'
import { CausewayError, type RetryClass } from '../domain/errors.ts'

const words: Readonly<Record<string, [RetryClass, string]>> = {
  'not-on-signal': ['other-transport', 'The recipient is not registered with Signal (any more).'],
  'identity-changed': [
    'after-human',
    'The recipient’s safety number has changed. Compare it with them, then approve the new one.',
  ],
  'signal-unreachable': ['same-transport', 'There is no connection to Signal at the moment.'],
  'signal-rate-limited': ['same-transport', 'Signal asks to slow down.'],
  'signal-challenge': ['after-human', 'Signal asks a person to solve a captcha before more can be sent.'],
  'signal-no-account': ['other-transport', 'There is no Signal account here. Register one first.'],
  'signal-too-large': ['never', 'Signal refuses the message because it is too large.'],
  'signal-failed': ['same-transport', 'Signal did not take the message.'],
}

/** A CausewayError with the standing words of `code`. */
export function signalError(
  code: keyof typeof words & string,
  more: { cause?: unknown; retryAfterMs?: number | undefined; detail?: string } = {},
): CausewayError {
  const [retry, text] = words[code] ?? (['same-transport', 'Signal did not take the message.'] as const)
  return new CausewayError({
    code,
    message: more.detail === undefined ? text : `${text} (${more.detail})`,
    retry,
    ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
    ...(more.cause === undefined ? {} : { cause: more.cause }),
  })
}

export function isCode(error: unknown, code: ErrorCode): boolean {
  return LibSignalErrorBase.is(error, code)
}

/** The CausewayError for anything that a call to libsignal or the service threw. */
export function asCauseway(error: unknown): CausewayError {
  if (error instanceof CausewayError) return error
  const is = <E extends ErrorCode>(code: E) => LibSignalErrorBase.is(error, code)
  if (LibSignalErrorBase.is(error, ErrorCode.RateLimitChallengeError)) {
    const retryAfterMs = error.retryAfterSecs === null ? undefined : error.retryAfterSecs * 1000
    return signalError('signal-challenge', { cause: error, retryAfterMs })
  }
  if (LibSignalErrorBase.is(error, ErrorCode.RateLimitedError)) {
    return signalError('signal-rate-limited', { cause: error, retryAfterMs: error.retryAfterSecs * 1000 })
  }
  if (is(ErrorCode.ServiceIdNotFound)) return signalError('not-on-signal', { cause: error })
  if (is(ErrorCode.UntrustedIdentity)) return signalError('identity-changed', { cause: error })
  if (is(ErrorCode.IoError)) return refusalIn(error) ?? signalError('signal-unreachable', { cause: error })
  if (is(ErrorCode.ChatServiceInactive) || is(ErrorCode.PossibleCaptiveNetwork) || is(ErrorCode.Cancelled)) {
    return signalError('signal-unreachable', { cause: error })
  }
  return signalError('signal-failed', { cause: error, detail: shortly(error) })
}

/**
 * An answer of the server that libsignal (0.103.0) has no error of its own for comes as one of the network, with the status
 * in its words; those of 5xx are all the same to it.
 */
function refusalIn(cause: unknown): CausewayError | undefined {
  const text = shortly(cause)
  const status = /^unexpected response status (\d{3})\b/.exec(text)?.[1]
  if (status === '413') return signalError('signal-too-large', { cause })
  if (status === '429') return signalError('signal-rate-limited', { cause })
  return status === undefined && text !== invalid ? undefined : signalError('signal-failed', { cause, detail: text })
}

/** What it says of 422. */
const invalid = 'the request did not pass server validation'

/** One line about an error, for a reason or a log. */
export function shortly(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0]?.slice(0, 200) ?? ''
}
