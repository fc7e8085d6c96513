/** What each refusal of Signal's registration service means, in words, and when to try again. Pure. */
import { ErrorCode, LibSignalErrorBase } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { asCauseway, isCode, shortly } from './errors.ts'

/** An answer without a waiting time still does not invite us to knock again at once. */
const retryAfterDefaultMs = 60_000

interface Failure {
  code: string
  reason: string
  retryAfterMs?: number
  sessionGone?: boolean
}

/** What each refusal of the service means, in words. */
export function describeFailure(error: unknown): Failure {
  if (isSessionGone(error)) {
    return {
      code: 'signal-session-expired',
      reason: 'Signal has forgotten this registration. Begin it again.',
      sessionGone: true,
    }
  }
  if (LibSignalErrorBase.is(error, ErrorCode.RateLimitedError)) {
    return {
      code: 'signal-rate-limited',
      reason: 'Signal limits how often this can be tried. Wait, then begin again.',
      retryAfterMs: error.retryAfterSecs * 1000,
    }
  }
  if (LibSignalErrorBase.is(error, ErrorCode.RegistrationVerificationCodeNotDeliverable)) {
    return {
      code: 'signal-code-not-deliverable',
      reason: error.permanentFailure
        ? 'The phone network refuses to deliver codes to this number.'
        : 'The code could not be delivered for now. Try again later, or by a call.',
      retryAfterMs: retryAfterDefaultMs,
    }
  }
  const known = plainFailures.find(({ code }) => isCode(error, code))
  if (known !== undefined) return known.failure
  if (CausewayError.is(error)) return { code: error.code, reason: error.message }
  const mapped = asCauseway(error)
  if (mapped.code === 'signal-unreachable') {
    return { code: mapped.code, reason: 'Signal cannot be reached. Check the connection, then begin again.' }
  }
  return {
    code: 'signal-registration',
    reason: `Signal does not go on with the registration (${shortly(error)}). Wait a while, then begin again.`,
  }
}

const plainFailures: readonly { code: ErrorCode; failure: Failure }[] = [
  {
    code: ErrorCode.RegistrationVerificationSendFailed,
    failure: {
      code: 'signal-code-transport',
      reason: 'Signal cannot send a code to this number in this way. Try the other one (text or call).',
    },
  },
  {
    code: ErrorCode.RegistrationSessionNotReadyForVerification,
    failure: {
      code: 'signal-not-ready',
      reason: 'Signal does not take a code for this number now. Begin again and ask for a new one.',
    },
  },
  {
    code: ErrorCode.RegistrationOneTimePasswordRequired,
    failure: { code: 'signal-one-time-password', reason: 'This account asks for a one-time password.' },
  },
  {
    code: ErrorCode.AppExpired,
    failure: { code: 'signal-expired', reason: 'Signal refuses this version. Update Causeway.' },
  },
]

export function isSessionGone(error: unknown): boolean {
  return (
    isCode(error, ErrorCode.RegistrationSessionNotFound) ||
    isCode(error, ErrorCode.RegistrationSessionIdInvalid) ||
    isCode(error, ErrorCode.RegistrationInvalidSession)
  )
}

/** The server does not know this recovery password, or takes none: the number is proved by a code instead. */
export function isRecoveryRefused(error: unknown): boolean {
  return recoveryRefusals.some((code) => isCode(error, code))
}

const recoveryRefusals = [
  ErrorCode.RegistrationRecoveryVerificationFailed,
  ErrorCode.RegistrationRecoveryPasswordRequired,
  ErrorCode.RegisterAccountRequestRejected,
  ErrorCode.RegistrationRequestInvalid,
  ErrorCode.RegistrationRequestRejected,
] as const
