/**
 * One HTTP/1.1 exchange over a connection that is handed in, the way old WAP proxies want it: no keep-alive, a declared
 * length, nothing chunked, nothing expected. Node's own parser reads the answer, strictly; chunks and gzip are understood
 * although never asked for. Every wait has its limit, and what comes back says whether the whole request had left.
 */
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import type { Clock } from '../../serial/surroundings.ts'

export interface TransferTimings {
  /** From the request to the first octet of the answer, over what the request itself takes at its slowest. */
  firstByteMs: number
  /** Between two pieces of the answer. */
  silenceMs: number
  wholeMs: number
}

/** GPRS on a bad day: how fast a request leaves at least. */
const SLOWEST_BYTES_PER_S = 1_000
const HEADER_BYTES_MAX = 16_384

export interface TransferRequest {
  readonly method: 'GET' | 'POST'
  /** Of the request line: a path, or an absolute address for a proxy. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  /** Octets of the answer's body, before and after decompression. */
  readonly bytesMax: number
}

export type TransferResult =
  | { readonly kind: 'answer'; readonly status: number; readonly contentType: string; readonly body: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'cut'; readonly bytes: number; readonly bytesDeclared: number }
  | { readonly kind: 'failed'; readonly bodySent: boolean; readonly reason: string }

/** Carries out one exchange and ends the connection, whatever happens. Never rejects. */
export function transfer(
  connection: Duplex,
  { method, target, headers, body, bytesMax }: TransferRequest,
  { clock, timings, signal }: { clock: Clock; timings: TransferTimings; signal: AbortSignal },
): Promise<TransferResult> {
  return new Promise((resolve) => {
    let bodySent = false
    let isSettled = false
    let cancelStep = () => {}
    const settle = (result: TransferResult) => {
      if (isSettled) return
      isSettled = true
      cancelStep()
      cancelWhole()
      signal.removeEventListener('abort', canceled)
      resolve(result)
      outgoing.destroy()
      connection.destroy()
    }
    const fail = (reason: string) => settle({ kind: 'failed', bodySent, reason })
    const limit = (limitMs: number, reason: string) => {
      cancelStep()
      cancelStep = clock.after(limitMs, () => fail(reason))
    }
    const canceled = () => fail('it was called off')
    const cancelWhole = clock.after(timings.wholeMs, () => fail(`it took longer than ${timings.wholeMs / 1000} s`))
    const outgoing = request({
      method,
      path: target,
      headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': String(body.length) }) },
      // Without any agent: Node would make a connection of its own by the default route for `agent: false`.
      setHost: false,
      maxHeaderSize: HEADER_BYTES_MAX,
      createConnection: () => connection,
    })
    outgoing.on('error', (error) => fail(`the connection failed: ${error.message}`))
    connection.on('error', () => {})
    outgoing.on('finish', () => {
      bodySent = true
      const leavingMs = Math.ceil(((body?.length ?? 0) / SLOWEST_BYTES_PER_S) * 1000)
      if (!isSettled) limit(timings.firstByteMs + leavingMs, 'no answer came')
    })
    outgoing.on('upgrade', () => fail('it wanted to change the protocol'))
    outgoing.on('response', (answer) => {
      limit(timings.silenceMs, 'the answer stopped in the middle')
      take(answer, bytesMax, () => limit(timings.silenceMs, 'the answer stopped in the middle')).then(settle, (error) =>
        fail(`the answer failed: ${error instanceof Error ? error.message : 'for no reason'}`),
      )
    })
    signal.addEventListener('abort', canceled, { once: true })
    if (signal.aborted) canceled()
    else outgoing.end(body)
  })
}

/** Takes the answer in. Rejects when the connection fails in its middle and nobody can say how much is missing. */
function take(answer: IncomingMessage, bytesMax: number, alive: () => void): Promise<TransferResult> {
  const status = answer.statusCode ?? 0
  const contentType = answer.headers['content-type'] ?? ''
  const declared = declaredLength(answer)
  // What is not a success has a page for people behind it.
  if (status < 200 || status > 299) {
    return Promise.resolve({ kind: 'answer', status, contentType, body: new Uint8Array() })
  }
  if (declared !== undefined && declared > bytesMax) return Promise.resolve({ kind: 'too-large' })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      alive()
      bytes += chunk.length
      if (bytes > bytesMax) resolve({ kind: 'too-large' })
      else chunks.push(chunk)
    })
    const ended = (reason: string) => {
      if (declared !== undefined && bytes < declared) resolve({ kind: 'cut', bytes, bytesDeclared: declared })
      else reject(new Error(reason))
    }
    answer.on('error', (error) => ended(error.message))
    answer.on('close', () => ended('it ended early'))
    answer.on('end', () => {
      if (!answer.complete) {
        ended('it ended early')
        return
      }
      try {
        resolve(unpacked(answer, { status, contentType, body: Buffer.concat(chunks) }, bytesMax))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function declaredLength({ headers }: IncomingMessage): number | undefined {
  const text = headers['content-length']
  return text !== undefined && /^\d{1,15}$/.test(text) && headers['transfer-encoding'] === undefined
    ? Number(text)
    : undefined
}

/** Some portals and proxies compress what nobody asked them to. */
function unpacked(
  { headers }: IncomingMessage,
  answer: { status: number; contentType: string; body: Buffer },
  bytesMax: number,
): TransferResult {
  const coding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '' || answer.body.length === 0) return { kind: 'answer', ...answer }
  if (coding !== 'gzip' && coding !== 'x-gzip') throw new Error('it is packed in a way that nobody asked for')
  try {
    return { kind: 'answer', ...answer, body: gunzipSync(answer.body, { maxOutputLength: bytesMax }) }
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'too-large' }
    throw new Error('what it packed cannot be unpacked', { cause: error })
  }
}
