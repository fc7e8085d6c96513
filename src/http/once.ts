/**
 * `Idempotency-Key` on whatever is posted (draft-ietf-httpapi-idempotency-key-header): the same key with the same request
 * is done once in a day for each token and answered the same; a refused request frees its key. Messages and files, which
 * take their key in the transaction that stores them, do so themselves (`Route.repeats`).
 */
import { createHash } from 'node:crypto'
import type { KeyUse } from '../store/idempotency.ts'
import { claimRequest, keepReply, releaseRequest } from '../store/replies.ts'
import { fingerprint } from './fingerprint.ts'
import type { ApiPorts } from './ports.ts'
import { idempotencyKey, Problem, problemFor } from './problem.ts'
import { type Call, type Reply, type Route, STREAMING } from './route.ts'
import { wholeFile } from './whole-body.ts'

/** Keys whose first request is being worked on in this process, for each gateway. */
const underWay = new WeakMap<ApiPorts, Set<string>>()

/** Runs the row's handler, or answers as the first time. Throws Problem 409 and 422. */
export async function handleOnce(row: Route, asked: Call<unknown, unknown>): Promise<Reply | typeof STREAMING> {
  const { fileBytesMax } = row
  const file = fileBytesMax === undefined ? undefined : await wholeFile(asked.raw.request, fileBytesMax)
  const call = file === undefined ? asked : { ...asked, file }
  const key =
    row.method === 'POST' && row.repeats === undefined ? idempotencyKey(call.header('idempotency-key')) : undefined
  if (key === undefined) return row.handle(call)
  const { ports, principal, body, raw } = call
  const sha256 = file === undefined ? undefined : createHash('sha256').update(file).digest('hex')
  const request = { method: row.method, url: raw.request.url, body, sha256 }
  const use: KeyUse = { scope: principal.id, key, fingerprint: fingerprint(request) }
  const running = underWay.get(ports) ?? new Set()
  underWay.set(ports, running)
  const lock = `${use.scope} ${key}`
  if (running.has(lock)) {
    throw new Problem({
      status: 409,
      code: 'idempotency-running',
      title: 'The first request with this key is still being worked on',
      headers: { 'Retry-After': '1' },
    })
  }
  running.add(lock)
  try {
    const claim = await claimRequest(ports.db, use, ports.clock())
    switch (claim.kind) {
      case 'other':
        throw new Problem({
          status: 422,
          code: 'idempotency-mismatch',
          title: 'This key was used for another request',
          detail: 'This Idempotency-Key was used for a different request. Use a new key for a new request.',
        })
      case 'begun':
        throw new Problem({
          status: 409,
          code: 'idempotency-uncertain',
          title: 'It is not known what became of the first request',
          detail:
            'The gateway was stopped while it worked on the first request with this key. See what became of it, then use a new key.',
        })
      case 'known':
        return { ...claim.reply, headers: { ...claim.reply.headers, 'Idempotency-Replayed': 'true' } }
      case 'new':
        return await first(row, call, use)
    }
  } finally {
    running.delete(lock)
  }
}

async function first(row: Route, call: Call<unknown, unknown>, use: KeyUse): Promise<Reply | typeof STREAMING> {
  const { db } = call.ports
  let reply: Reply | typeof STREAMING
  try {
    reply = await row.handle(call)
  } catch (error) {
    if (hasDoneNothing(error)) await releaseRequest(db, use)
    throw error
  }
  if (reply === STREAMING) {
    await releaseRequest(db, use)
    return reply
  }
  const { status, headers = {}, body } = reply
  await keepReply(db, use, { status, headers, body: withoutSecret(row, body) })
  return reply
}

/** Of a time-out, or a fault of ours, it is not known how far it came: its key stays taken. */
function hasDoneNothing(error: unknown): boolean {
  const { status } = problemFor(error).problem.options
  return status < 500 || status === 503
}

/** What is shown once is kept nowhere. */
function withoutSecret({ shownOnce }: Route, body: unknown): unknown {
  if (shownOnce === undefined || typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== shownOnce))
}
