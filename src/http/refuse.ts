/**
 * Writes a problem as the answer. Where a body is still coming that nobody will read, the answer ends the connection, but
 * not before the other side had time to take the answer: a connection that is closed over unread octets is reset, and what
 * was said last is lost with it.
 */
import type { Request, Response } from 'express'
import { type Problem, problemBody } from './problem.ts'

/** What comes in is thrown away until so long nothing has come… */
const QUIET_MS = 3_000
/** …and no longer than this. */
const LINGER_MS = 15_000

export function refuse(problem: Problem, request: Request, response: Response): void {
  const body = JSON.stringify(problemBody(problem, request.originalUrl.split('?')[0] ?? ''))
  response.status(problem.options.status)
  response.set(problem.options.headers ?? {})
  response.type('application/problem+json')
  if (request.complete) {
    response.send(body)
    return
  }
  response.set({ Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) })
  response.write(body)
  const timer = setTimeout(end, LINGER_MS)
  const quiet = setTimeout(end, QUIET_MS)
  request.once('end', end)
  request.once('close', end)
  request.on('data', () => quiet.refresh())
  request.resume()

  function end(): void {
    clearTimeout(timer)
    clearTimeout(quiet)
    response.end()
  }
}
