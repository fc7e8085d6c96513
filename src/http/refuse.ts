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
/** All has come: for so long whoever sent it may read the answer before the connection ends. Most end it themselves, at once. */
const TAKEN_WITHIN_MS = 500

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
  let taken: NodeJS.Timeout | undefined
  // A client may have a last, empty write to make; it fails where the connection has gone, and nobody reads the answer then.
  request.once('end', () => {
    clearTimeout(quiet)
    taken = setTimeout(end, TAKEN_WITHIN_MS)
  })
  request.once('close', end)
  request.on('data', () => quiet.refresh())
  request.resume()

  function end(): void {
    clearTimeout(timer)
    clearTimeout(quiet)
    clearTimeout(taken)
    response.end()
  }
}
