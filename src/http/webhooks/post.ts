/**
 * One POST to an endpoint: its address looked up once and pinned, no redirect followed, within a bounded time and with a
 * bounded answer. Says in words what came of it; never throws.
 */
import type { LookupAddress } from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { CausewayError } from '../../domain/errors.ts'
import { type Resolve, resolveTarget } from './target.ts'

/** For everything: the name, the connection, the answer. */
const TIMEOUT_MS = 15_000
/** More of an answer is not read; its status has said what there is to know. */
const ANSWER_BYTES_MAX = 64 * 1024
const ANSWER_HEADER_BYTES_MAX = 16 * 1024

export interface Posted {
  /** HTTP status, where there was an answer. */
  status: number | undefined
  /** Undefined: it was taken (2xx). */
  failure: { code: string; reason: string } | undefined
  /** `Retry-After` of an answer that was no success, in ms; else 0. */
  putOffMs: number
}

/** Posts JSON, or nothing (`''`). `signal` ends it early, as a failure with the code `interrupted`. */
export async function post(
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<Posted> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const ended = AbortSignal.any([signal, timeout])
  try {
    const url = new URL(address)
    const addresses = await orAborted(resolveTarget(url, resolve), ended)
    const response = await answer(url, addresses, headers, body, ended)
    await drain(response)
    return judge(response)
  } catch (error) {
    if (signal.aborted) return failed('interrupted', 'The gateway was stopped meanwhile.')
    if (timeout.aborted) return failed('timeout', `It did not answer within ${TIMEOUT_MS / 1000} s.`)
    return explain(error)
  }
}

function answer(
  url: URL,
  addresses: readonly LookupAddress[],
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    method: 'POST',
    agent: false,
    signal,
    maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
    headers: {
      ...headers,
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(body),
    },
    // Whoever answers for the name a second time is not asked: what was checked is what is connected to.
    lookup: (_name, { all }, done) => {
      const [first] = addresses
      if (first === undefined) done(new Error('no address'), [])
      else if (all === true) done(null, [...addresses])
      else done(null, first.address, first.family)
    },
  }
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options)
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Reads what little an endpoint has to say, and leaves the rest. */
async function drain(response: IncomingMessage): Promise<void> {
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > ANSWER_BYTES_MAX) break
    }
  } catch {
    // The head has come; a body that breaks off, or that never ends, takes nothing back.
  }
  response.destroy()
}

function judge({ statusCode: status = 0, headers }: IncomingMessage): Posted {
  if (status >= 200 && status < 300) return { status, failure: undefined, putOffMs: 0 }
  const seconds = /^\d{1,7}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : 0
  return { status, failure: failureOf(status), putOffMs: seconds * 1_000 }
}

function failureOf(status: number): { code: string; reason: string } {
  if (status === 410) return { code: 'gone', reason: 'It answered 410: nothing is wanted there any more.' }
  if (status >= 300 && status < 400) {
    return { code: 'redirect', reason: `It answered ${status}: redirects are not followed. Name the right address.` }
  }
  return { code: `http-${status}`, reason: `It answered ${status}.` }
}

function explain(error: unknown): Posted {
  if (CausewayError.is(error)) return failed(error.code, error.message)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return failed(
    code === '' ? 'unreachable' : code.toLowerCase().replaceAll('_', '-'),
    WORDS[code] ?? `It cannot be reached${code === '' ? '' : ` (${code})`}.`,
  )
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens there.',
  ECONNRESET: 'It closed the connection without an answer.',
  ENOTFOUND: 'There is no such host.',
  EAI_AGAIN: 'The name server does not answer.',
  EHOSTUNREACH: 'There is no way to that host.',
  ENETUNREACH: 'There is no way to that network.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is signed by itself; give it one that this machine trusts.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name.',
}

function failed(code: string, reason: string): Posted {
  return { status: undefined, failure: { code, reason }, putOffMs: 0 }
}

/** What a name server says too late is of no use. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
