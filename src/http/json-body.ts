/**
 * JSON as a body: read whole within a bounded size and time, in UTF-8, neither deeper than any request of ours nor with
 * halves of characters in it. What is checked here would elsewhere end in a stack overflow, or go out as a message with
 * other characters than were written.
 */
import { isUtf8 } from 'node:buffer'
import express, { type Request, type Response } from 'express'
import { formatDuration } from '../domain/duration.ts'
import { told } from '../domain/told.ts'
import { invalid, Problem, pointerTo } from './problem.ts'
import { refuse } from './refuse.ts'

/** A message of the longest kind, escaped to the utmost, with metadata, stays far below. */
export const BODY_BYTES_MAX = 256 * 1024
const DEPTH_MAX = 32
const BODY_TIMEOUT_MS = 30_000
const KINDS = ['json', '+json']

/** Reads a body into `request.body`. Errors: Problem 400 `malformed-utf8`, and those of the parser (problem.ts). */
export const parseJson = express.json({
  limit: BODY_BYTES_MAX,
  type: KINDS,
  strict: true,
  verify: (_request, _response, octets, charset) => {
    if (charset !== 'utf-8' || isUtf8(octets)) return
    throw new Problem({
      status: 400,
      code: 'malformed-utf8',
      title: 'The body is not UTF-8',
      detail: 'JSON is written in UTF-8 (RFC 8259); these octets are not.',
    })
  },
})

/** Throws Problem 415 for a body that does not say that it is JSON, and 413 for one that says how large it is. */
export function demandJson(request: Request): void {
  const type = request.get('content-type')
  const bytes = Number(request.get('content-length') ?? 0)
  if (bytes > BODY_BYTES_MAX) throw new Problem({ status: 413, code: 'too-large', title: 'The body is too large' })
  const hasBody = request.get('transfer-encoding') !== undefined || bytes > 0
  if (!hasBody || (type !== undefined && request.is(KINDS) !== false)) return
  throw new Problem({
    status: 415,
    code: 'unsupported-media-type',
    title: 'This kind of body is not understood',
    detail: 'Send JSON: `Content-Type: application/json`.',
    headers: { Accept: 'application/json' },
  })
}

/** Throws Problem 422, with where it is, for what is nested too deep and for half a character (a lone surrogate). */
export function demandSound(body: unknown): void {
  const left: { value: unknown; path: readonly string[] }[] = [{ value: body, path: [] }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, path } = next
    if (typeof value === 'string') demandWhole(value, path)
    if (typeof value !== 'object' || value === null) continue
    if (path.length >= DEPTH_MAX) throw refused(path, 'too-deep', `Nested more than ${DEPTH_MAX} deep.`)
    for (const [key, inner] of Object.entries(value)) {
      demandWhole(key, path)
      left.push({ value: inner, path: [...path, key] })
    }
  }
}

function demandWhole(text: string, path: readonly string[]): void {
  if (!/\p{Surrogate}/u.test(text)) return
  throw refused(path, 'half-a-character', 'A surrogate stands alone here: half of a character.')
}

function refused(path: readonly string[], code: string, message: string): Problem {
  return invalid([{ pointer: pointerTo(path), code, message }])
}

/** A body that is no file has to come at once: else 408 is the answer. */
export function endSlowBody(request: Request, response: Response): void {
  const timer = setTimeout(() => {
    if (request.complete) return
    if (response.headersSent) request.destroy()
    else refuse(tooSlow(), request, response)
  }, BODY_TIMEOUT_MS)
  request.once('close', () => clearTimeout(timer))
}

function tooSlow(): Problem {
  return new Problem({
    status: 408,
    ...told('too-slow', { after: formatDuration(BODY_TIMEOUT_MS) }),
    title: 'The body did not come in time',
    detail: `It has to be here within ${BODY_TIMEOUT_MS / 1_000} s.`,
  })
}
