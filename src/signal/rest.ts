/**
 * Requests to the service for which libsignal has no typed call (or only one that a server may lack), sent over the
 * chat connection.
 */
import type { CausewayError } from '../domain/errors.ts'
import { asCauseway, signalError } from './errors.ts'

/** A key upload is some 230 kB; a slow uplink needs a while. */
const requestTimeoutMs = 30_000

/** Any chat connection. */
export interface Fetcher {
  fetch(request: {
    verb: string
    path: string
    headers: ReadonlyArray<[string, string]>
    body?: Uint8Array<ArrayBuffer>
    timeoutMillis?: number
  }): Promise<{
    status: number
    headers: ReadonlyArray<[string, string]>
    body: Uint8Array<ArrayBuffer> | undefined
  }>
}

export interface RestAnswer {
  status: number
  json: unknown
  retryAfterMs: number | undefined
  /** The server's clock when it answered (ms since epoch), where it said so. */
  serverTimeMs: number | undefined
}

/**
 * Sends one request; `own` headers are for the few that carry credentials of their own. HTTP errors come as `status`;
 * a lost connection throws CausewayError `signal-unreachable`.
 */
export async function request(
  connection: Fetcher,
  verb: string,
  path: string,
  body?: unknown,
  own: readonly [string, string][] = [],
): Promise<RestAnswer> {
  const headers: [string, string][] = [...own]
  if (body !== undefined) headers.push(['content-type', 'application/json'])
  try {
    const answer = await connection.fetch({
      verb,
      path,
      headers,
      timeoutMillis: requestTimeoutMs,
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(JSON.stringify(body))) }),
    })
    const header = (wanted: string) => answer.headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
    const said = Number(header('x-signal-timestamp'))
    const serverTimeMs = Number.isFinite(said) ? said : undefined
    return {
      status: answer.status,
      json: parse(answer.body),
      retryAfterMs: waitOf(header('retry-after'), serverTimeMs ?? dateOf(header('date'))),
      serverTimeMs,
    }
  } catch (error) {
    throw asCauseway(error)
  }
}

/** The CausewayError for an HTTP status that is not a success and has no meaning of its own at `path`. */
export function refusal(path: string, answer: RestAnswer): CausewayError {
  if (answer.status === 429) return signalError('signal-rate-limited', { retryAfterMs: answer.retryAfterMs })
  // The cause has the challenge's token, by which it is solved.
  if (answer.status === 428) {
    return signalError('signal-challenge', { cause: answer.json, retryAfterMs: answer.retryAfterMs })
  }
  if (answer.status === 404) return signalError('not-on-signal')
  return signalError('signal-failed', { detail: `${path.split('/').slice(0, 3).join('/')} answered ${answer.status}` })
}

/**
 * `Retry-After` in either of its forms (RFC 9110 10.2.3), in ms: seconds, or a date by the server's own clock, which ours
 * need not agree with. Undefined where it says nothing that can be followed.
 */
export function waitOf(value: string | undefined, serverMs: number | undefined): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const untilMs = dateOf(text)
  return untilMs === undefined || serverMs === undefined ? undefined : Math.max(0, untilMs - serverMs)
}

/** HTTP dates alone: what else a calendar can make of a text (`7.5`) was not meant. */
export function dateOf(text: string | undefined): number | undefined {
  const ms = text?.endsWith(' GMT') === true ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

function parse(body: Uint8Array | undefined): unknown {
  if (body === undefined || body.length === 0) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
}
