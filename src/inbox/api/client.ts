/**
 * One request to the gateway: JSON both ways, the session by its cookie, the CSRF token where something changes, and
 * whatever goes wrong as an ApiProblem with words for a person.
 */
import type { MessageArguments } from '../languages/icu.ts'
import { sentenceFor } from '../languages/reasons.ts'
import { t } from '../languages/translate.ts'
import { leftWords, spanWords } from '../ui/times.ts'

const REQUEST_TIMEOUT_MS = 30_000

/** `status` 0: the gateway was not reached. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  /** The gateway's own words, where others stand in for them. */
  readonly said: string | undefined

  constructor(status: number, code: string, words: string, said?: string) {
    super(words)
    this.name = 'ApiProblem'
    this.status = status
    this.code = code
    this.said = said
  }

  /** Trying the same again later may work: it was not refused. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

let csrfToken: string | undefined
let onSignedOut = () => {}

/** Sent with everything that changes something. */
export function useCsrfToken(token: string | undefined): void {
  csrfToken = token
}

/** Called when the session has ended. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

export function authorityHeaders(): Record<string, string> {
  return csrfToken === undefined ? {} : { 'X-CSRF-Token': csrfToken }
}

export interface RequestOptions {
  body?: unknown
  /** Makes repeating it safe. */
  idempotencyKey?: string
}

/** Resolves with the answer's JSON (undefined where there is none). Throws ApiProblem. */
export async function ask<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await answerTo(method, path, options)
  const text = await response.text().catch(() => '')
  if (response.ok) return (text === '' ? undefined : parsed(text)) as T
  throw problemOf(response.status, parsed(text))
}

/** A file, as it is now. Errors as `ask`. */
export async function askForFile(path: string): Promise<Blob> {
  const response = await answerTo('GET', path, {})
  if (response.ok) return await response.blob()
  throw problemOf(response.status, parsed(await response.text().catch(() => '')))
}

async function answerTo(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') Object.assign(headers, authorityHeaders())
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.idempotencyKey !== undefined) headers['Idempotency-Key'] = options.idempotencyKey
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
  } catch {
    throw new ApiProblem(0, 'unreachable', t('problem.unreachable'))
  }
}

/** What a refused request said. A 401 also ends the session here. */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (status === 401) onSignedOut()
  const { code, detail, title, values, errors, retry_after: retryAfterS } = fieldsOf(body)
  const own = typeof detail === 'string' ? detail : typeof title === 'string' ? title : undefined
  const name = typeof code === 'string' ? code : 'unknown'
  const sentence =
    (name === 'invalid-request' ? faultWords(errors) : undefined) ?? sentenceFor(name, 'problem', argumentsOf(values))
  if (sentence !== undefined) {
    const again = typeof retryAfterS === 'number' ? ` ${t('problem.again', { span: waitWords(retryAfterS) })}` : ''
    return new ApiProblem(status, name, sentence + again, own)
  }
  return new ApiProblem(status, name, own ?? t('problem.unknown', { status }))
}

/** Of the first fault of what was entered that has a sentence of its own. */
function faultWords(errors: unknown): string | undefined {
  if (!Array.isArray(errors)) return undefined
  for (const { code, values } of errors.map(fieldsOf)) {
    const words = sentenceFor(String(code), 'problem', argumentsOf(values))
    if (words !== undefined) return words
  }
  return undefined
}

const fieldsOf = (body: unknown) => (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
const argumentsOf = (values: unknown) => fieldsOf(values) as MessageArguments

/** Seconds are told where it is less than a minute. */
function waitWords(seconds: number): string {
  return seconds < 60 ? spanWords(`PT${Math.ceil(seconds)}S`) : leftWords(seconds * 1_000)
}

/** What went wrong, in words for the screen. */
export function wordsOf(error: unknown): string {
  return error instanceof ApiProblem ? error.message : t('problem.bug')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
