/**
 * Errors as RFC 9457 `application/problem+json`. The one place where a CausewayError's code becomes an HTTP status.
 * Nothing of an unexpected error but the fact leaves the process.
 */
import type { z } from 'zod'
import { CausewayError } from '../domain/errors.ts'
import { type ToldValues, told } from '../domain/told.ts'

export interface FieldProblem {
  /** RFC 6901 pointer into the body, or `?name` for a query parameter. */
  pointer: string
  code: string
  message: string
  /** What is in the message, by name (`told.ts`). */
  values?: ToldValues
}

export interface ProblemOptions {
  status: number
  /** Slug: part of `type`, and `code`. */
  code: string
  title: string
  detail?: string
  /** What is in the detail, by name (`told.ts`). */
  values?: ToldValues
  errors?: readonly FieldProblem[]
  headers?: Readonly<Record<string, string>>
  /** The id that what was asked for has now. */
  mergedInto?: string
}

/** Thrown by handlers; the edge writes it out. */
export class Problem extends Error {
  readonly options: ProblemOptions

  constructor(options: ProblemOptions) {
    super(options.detail ?? options.title)
    this.name = 'Problem'
    this.options = options
  }
}

/** `what` in words: "message", "contact". */
export function notFound(what: string): Problem {
  return new Problem({ status: 404, code: 'not-found', title: 'Not found', detail: `There is no such ${what}.` })
}

/** What was asked for is part of something else now, at `url`. */
export function moved(intoId: string, url: string): Problem {
  return new Problem({
    status: 308,
    code: 'merged',
    title: 'This is one with another now',
    detail: `It was joined to ${intoId}.`,
    mergedInto: intoId,
    headers: { Location: url },
  })
}

/** A body or query that does not fit, with one entry for each fault. */
export function invalid(errors: readonly FieldProblem[]): Problem {
  return new Problem({
    status: 422,
    code: 'invalid-request',
    title: 'The request is not valid',
    detail: errors.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; '),
    errors,
  })
}

const IDEMPOTENCY_KEY_CHARS_MAX = 255

/** The `Idempotency-Key` of a request. Throws Problem 422. */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || (header !== '' && header.length <= IDEMPOTENCY_KEY_CHARS_MAX)) return header
  throw invalid([{ pointer: '', code: 'invalid-idempotency-key', message: 'Idempotency-Key has 1 to 255 characters.' }])
}

/** zod's issues as field problems: path → JSON pointer (`query` → `?name`). */
export function fieldProblems(error: z.core.$ZodError, place: 'body' | 'query'): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String)
    const pointer = place === 'query' ? `?${path.join('.')}` : pointerTo(path)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: place === 'query' ? `?${key}` : `${pointer}${pointerTo([key])}`,
        code: 'unknown-field',
        message: 'There is no such field.',
      }))
    }
    return [{ pointer, code: issue.code.replaceAll('_', '-'), message: issue.message, ...boundOf(issue) }]
  })
}

/** How long or large it may be, or has to be. */
function boundOf(issue: z.core.$ZodIssue): { code: string; values: ToldValues } | undefined {
  if (issue.code === 'too_big' && issue.inclusive !== false) {
    return told('too-big', { max: Number(issue.maximum), of: issue.origin })
  }
  if (issue.code === 'too_small' && issue.inclusive !== false) {
    return told('too-small', { min: Number(issue.minimum), of: issue.origin })
  }
  return undefined
}

/**
 * What to answer to whatever a handler threw; `body`, as it was sent, to point into. `unexpected` is true when it is a fault
 * of ours that wants logging.
 */
export function problemFor(error: unknown, body?: unknown): { problem: Problem; unexpected: boolean } {
  if (error instanceof Problem) return { problem: error, unexpected: false }
  if (CausewayError.is(error)) return { problem: fromCauseway(error, body), unexpected: false }
  const parser = fromBodyParser(error) ?? fromExpress(error)
  if (parser !== undefined) return { problem: parser, unexpected: false }
  const problem = new Problem({
    status: 500,
    code: 'internal',
    title: 'Something went wrong here',
    detail: 'It is in the log.',
  })
  return { problem, unexpected: true }
}

/** The body to write. */
export function problemBody(problem: Problem, instance: string): object {
  const { status, code, title, detail, values, errors, mergedInto, headers } = problem.options
  const retryAfter = headers?.['Retry-After']
  return {
    type: `urn:causeway:problem:${code}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    instance,
    code,
    ...(values === undefined ? {} : { values }),
    ...(errors === undefined ? {} : { errors }),
    ...(mergedInto === undefined ? {} : { merged_into: mergedInto }),
    ...(retryAfter === undefined ? {} : { retry_after: Number(retryAfter) }),
  }
}

/** Codes whose status is not the 422 that a refused request gets. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  'unknown-message': 404,
  'unknown-user': 404,
  'user-exists': 409,
  'too-many-users': 409,
  'last-admin': 409,
  'setup-done': 409,
  'unknown-contact': 404,
  'unknown-modem': 404,
  'unknown-group': 404,
  'unknown-picture': 404,
  'mms-not-set-up': 409,
  'mms-sends-only': 409,
  'mms-own-number': 409,
  'mms-unreachable': 409,
  'mms-test-running': 409,
  'group-not-found': 404,
  'group-avatar': 404,
  'group-not-member': 404,
  'group-forbidden': 403,
  'group-conflict': 409,
  'group-left': 409,
  'group-not-invited': 409,
  'group-ended': 409,
  'group-not-done': 502,
  'unknown-attachment': 404,
  'unknown-webhook': 404,
  'unknown-backup': 404,
  'backup-no-key': 409,
  'backup-key-exists': 409,
  'backup-running': 409,
  'unknown-delivery': 404,
  'too-many-webhooks': 409,
  'media-too-large': 413,
  'storage-full': 507,
  'blob-missing': 410,
  'blob-damaged': 410,
  'wrong-state': 409,
  'cannot-merge': 409,
  'cannot-split': 409,
  'no-text': 409,
  'no-converter': 409,
  'not-playable': 409,
  busy: 503,
  'contact-blocked': 409,
  'not-over-signal': 409,
  'not-ours': 409,
  'edit-too-late': 409,
  'edit-too-often': 409,
  'delete-too-late': 409,
  'version-mismatch': 412,
  'identity-changed': 409,
  'modem-unavailable': 503,
  'sim-pin-not-wanted': 409,
  'sim-pin-busy': 409,
  'sim-pin-last-try': 409,
  'sim-pin-unanswered': 409,
  'sim-puk': 409,
  'signal-unreachable': 503,
  'signal-no-account': 409,
  'signal-challenge': 409,
  'signal-rate-limited': 429,
  'signal-registration-wait': 429,
  'signal-no-captcha-wanted': 409,
  'signal-session-expired': 409,
  'signal-not-ready': 409,
  'signal-busy': 409,
  'signal-not-primary': 409,
  'signal-pin-service': 503,
  'signal-device-unknown': 404,
  'picture-busy': 503,
  'username-taken': 409,
  'username-none': 409,
  'at-error': 502,
  'queue-unavailable': 503,
  'ussd-busy': 409,
  'ussd-no-session': 409,
  'ussd-canceled': 409,
  'ussd-refused': 502,
  'ussd-interrupted': 502,
  'ussd-timeout': 504,
}

const WHO = ['to', 'address', 'members', 'number']

/** Codes that speak of one field of what was sent: of these, the one that is there. */
const FIELDS_BY_CODE: Readonly<Record<string, readonly string[]>> = {
  'invalid-number': WHO,
  'emergency-number': WHO,
  'username-invalid': [...WHO, 'nickname'],
  'username-unknown': WHO,
  'unknown-conversation': ['conversation_id', 'to'],
  'unknown-quote': ['quote_id'],
  'mention-outside': ['mentions'],
  'mention-overlaps': ['mentions'],
  'mention-unmarked': ['mentions'],
  'mention-not-member': ['mentions'],
  'no-such-modem': ['modem'],
  'user-exists': ['name'],
  'sim-pin-refused': ['pin'],
  'signal-pin-short': ['pin'],
  'sim-pin-known-wrong': ['pin'],
  'invalid-timer': ['disappears_after', 'timer_seconds'],
  'webhook-url': ['url'],
  'push-endpoint': ['endpoint'],
  'invalid-media': ['media'],
}

function pointerOf(code: string, body: unknown): string | undefined {
  if (code === 'invalid-cursor') return '?cursor'
  if (typeof body !== 'object' || body === null) return undefined
  const field = FIELDS_BY_CODE[code]?.find((name) => Object.hasOwn(body, name))
  return field === undefined ? undefined : pointerTo([field])
}

function fromCauseway(error: CausewayError, body: unknown): Problem {
  const status = STATUS_BY_CODE[error.code] ?? 422
  const pointer = pointerOf(error.code, body)
  return new Problem({
    status,
    code: error.code,
    title: error.code.replaceAll('-', ' '),
    detail: error.message,
    ...(error.values === undefined ? {} : { values: error.values }),
    ...(pointer === undefined ? {} : { errors: [{ pointer, code: error.code, message: error.message }] }),
    ...(error.retryAfterMs === undefined
      ? {}
      : { headers: { 'Retry-After': String(Math.ceil(error.retryAfterMs / 1000)) } }),
  })
}

/** What express itself could not make out: an address, or a body that is not encoded as it says. */
function fromExpress(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('status' in error) || error.status !== 400) return undefined
  if (error instanceof URIError) {
    return new Problem({ status: 400, code: 'malformed-address', title: 'The address is not UTF-8, percent-encoded' })
  }
  if (!('code' in error && String(error.code).startsWith('Z_'))) return undefined
  return new Problem({ status: 400, code: 'malformed-encoding', title: 'The body is not compressed as it says' })
}

function fromBodyParser(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('type' in error)) return undefined
  switch (error.type) {
    case 'entity.too.large':
      return new Problem({ status: 413, code: 'too-large', title: 'The body is too large' })
    case 'entity.parse.failed':
      return new Problem({ status: 400, code: 'malformed-json', title: 'The body is not JSON' })
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem({ status: 415, code: 'unsupported-media-type', title: 'This encoding is not understood' })
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem({ status: 400, code: 'incomplete', title: 'The body is not whole' })
    default:
      return undefined
  }
}

/** RFC 6901. */
export function pointerTo(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
