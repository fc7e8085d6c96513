/**
 * Speaks to a running gateway: over its Unix socket (no token: whoever may open the socket is the owner of the box) or
 * over HTTP with a token. Finds it, sends requests, reads event streams. Knows no command.
 */
import { existsSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EXIT, ExitError } from './exit.ts'
import { pinFor, trusting } from './pinning.ts'

export interface GatewayOptions {
  socket?: string
  url?: string
  token?: string
  config?: string
  /** File of a certificate to believe at an `https://` address. */
  ca?: string
}

export type Address =
  | { socketPath: string }
  | { url: URL; token: string | undefined /** PEM. */; pin: string | undefined }

const INSTALLED_SOCKET = '/run/causeway/api.sock'
const REQUEST_TIMEOUT_MS = 60_000
const PROBE_TIMEOUT_MS = 2_000
const REPLY_BYTES_MAX = 64 * 1024 * 1024
const EVENT_CHARS_MAX = 4 * 1024 * 1024

/** What came back, already parsed. */
export interface GatewayReply {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: unknown
}

/**
 * Where the gateway listens: `--socket`, `--url`, `CAUSEWAY_SOCKET`, `CAUSEWAY_URL` (with `CAUSEWAY_TOKEN`), the runtime
 * directory of `--config`, else the first that answers of the sandbox, this checkout and the installed service.
 * Throws ExitError 69 when none runs.
 */
export async function findGateway(options: GatewayOptions): Promise<Address> {
  const token = options.token ?? process.env['CAUSEWAY_TOKEN']
  const socket = options.socket ?? (options.url === undefined ? process.env['CAUSEWAY_SOCKET'] : undefined)
  if (socket !== undefined) return { socketPath: socket }
  const url = options.url ?? process.env['CAUSEWAY_URL']
  if (url !== undefined) return { url: baseUrl(url), token, pin: await pinFor(baseUrl(url), options) }
  if (options.config !== undefined) {
    const { loadConfig } = await import('../config.ts')
    return { socketPath: join(loadConfig({ file: options.config }).runtimeDir, 'api.sock') }
  }
  const candidates = [...inCheckout('data/sandbox/run/api.sock'), ...inCheckout('data/run/api.sock'), INSTALLED_SOCKET]
  for (const socketPath of candidates) {
    if (existsSync(socketPath) && (await answers(socketPath))) return { socketPath }
  }
  throw new ExitError(
    EXIT.unavailable,
    `No gateway runs here (looked at ${candidates.join(', ')}).\nStart one with \`causeway sandbox\` or \`causeway serve\`, or say where it is with --socket or --url and --token.`,
  )
}

/** A path as seen from here and, where `scripts/causeway` runs us from another folder, from its checkout. */
export function inCheckout(path: string): string[] {
  const checkout = process.env['CAUSEWAY_CHECKOUT']
  return checkout === undefined || resolve(checkout) === resolve('.') ? [path] : [path, join(checkout, path)]
}

/** One request. Throws ExitError 69 when nobody answers; any HTTP status is a reply. */
export async function request(
  address: Address,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<GatewayReply> {
  const response = await open(address, method, path, body, headers, AbortSignal.timeout(REQUEST_TIMEOUT_MS))
  const text = await readAll(response, address)
  const isJson = /\bjson\b/.test(response.headers['content-type'] ?? '')
  return { status: response.statusCode ?? 0, headers: response.headers, body: isJson ? parseJson(text) : text }
}

/**
 * One request whose answer must be a success. Throws ExitError with the problem's own words; 1 for a refusal, 69 when
 * the gateway is not ready.
 */
export async function call<T = unknown>(
  address: Address,
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<T> {
  const reply = await request(address, method, path, body, headers)
  if (reply.status < 300) return reply.body as T
  throw problem(reply)
}

/** Hands in a file as it is. Errors as `call`. */
export async function upload<T>(
  address: Address,
  path: string,
  file: { bytes: number; read(): Readable },
  headers: Readonly<Record<string, string>>,
  method: 'POST' | 'PUT' = 'POST',
): Promise<T> {
  const all = { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(file.bytes) }
  const response = await open(address, method, path, file.read(), all, new AbortController().signal)
  const body = parseJson(await readAll(response, address))
  const status = response.statusCode ?? 0
  if (status < 300) return body as T
  throw problem({ status, headers: response.headers, body })
}

/** The octets of an answer as they come. Errors as `call`. */
export async function download(address: Address, path: string): Promise<IncomingMessage> {
  const response = await open(address, 'GET', path, undefined, {}, new AbortController().signal)
  if (response.statusCode === 200) return response
  throw problem({
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: parseJson(await readAll(response, address)),
  })
}

/** An event of the stream. `data` is JSON as text. */
export interface StreamEvent {
  id: string | undefined
  type: string
  data: string
}

/**
 * Reads one connection's worth of server-sent events. Ends when the connection ends (the caller resumes with the last
 * id it saw). Throws ExitError 69 when it cannot connect, or the problem's words when refused.
 */
export async function* events(
  address: Address,
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, undefined> {
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  const response = await open(address, 'GET', path, undefined, headers, signal)
  if (response.statusCode !== 200) {
    throw problem({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: parseJson(await readAll(response, address)),
    })
  }
  response.setEncoding('utf8')
  let buffer = ''
  for await (const chunk of response) {
    buffer += chunk
    if (buffer.length > EVENT_CHARS_MAX) throw new ExitError(EXIT.failed, 'The gateway sent an event without an end.')
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const event = parseEvent(buffer.slice(0, end))
      buffer = buffer.slice(end + 2)
      if (event !== undefined) yield event
    }
  }
}

function parseEvent(block: string): StreamEvent | undefined {
  const event: StreamEvent = { id: undefined, type: 'message', data: '' }
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') event.id = value
    if (field === 'event') event.type = value
    if (field === 'data') data.push(value)
  }
  event.data = data.join('\n')
  return data.length === 0 ? undefined : event
}

function open(
  address: Address,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const payload = body === undefined || body instanceof Readable ? undefined : JSON.stringify(body)
  const all: Record<string, string> = { accept: 'application/json', ...headers }
  if (payload !== undefined) {
    all['content-type'] = 'application/json'
    all['content-length'] = String(Buffer.byteLength(payload))
  }
  return new Promise((resolve, reject) => {
    const options: RequestOptions = { method, path, headers: all, signal, agent: false }
    const outgoing =
      'socketPath' in address
        ? httpRequest({ ...options, socketPath: address.socketPath })
        : remote(address, options, all)
    outgoing.once('response', resolve)
    outgoing.once('error', (cause) => reject(unreachable(address, cause)))
    // A refusal comes before the end of a file: then the answer counts, not that the rest found nobody.
    if (body instanceof Readable) pipeline(body, outgoing).catch((cause) => reject(unreachable(address, cause)))
    else outgoing.end(payload)
  })
}

function remote(
  address: Exclude<Address, { socketPath: string }>,
  options: RequestOptions,
  headers: Record<string, string>,
) {
  if (address.token !== undefined) headers['authorization'] = `Bearer ${address.token}`
  const target = new URL(`${address.url.pathname.replace(/\/$/, '')}${options.path}`, address.url)
  const all = { ...options, path: `${target.pathname}${target.search}` }
  if (target.protocol !== 'https:') return httpRequest(target, all)
  return httpsRequest(target, { ...all, ...trusting(address.pin) })
}

async function readAll(response: IncomingMessage, address: Address): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response) {
      size += chunk.length
      if (size > REPLY_BYTES_MAX) throw new ExitError(EXIT.failed, 'The gateway’s answer is too large.')
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof ExitError ? cause : unreachable(address, cause)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function unreachable(address: Address, cause: unknown): ExitError {
  const where = 'socketPath' in address ? address.socketPath : address.url.href
  const why = cause instanceof Error ? cause.message : String(cause)
  const isDoubtful = /self[- ]signed|unable to verify|unable to get (local )?issuer|altnames/i.test(why)
  const hint = isDoubtful
    ? ' Name its certificate with --ca FILE (or CAUSEWAY_CA), or its configuration with --config.'
    : ''
  return new ExitError(EXIT.unavailable, `No gateway answers at ${where} (${why}).${hint}`, cause)
}

function problem(reply: GatewayReply): ExitError {
  const { title, detail, code } = (reply.body ?? {}) as { title?: string; detail?: string; code?: string }
  const words = detail ?? title ?? `HTTP ${reply.status}`
  const exitCode = reply.status === 503 ? EXIT.unavailable : EXIT.failed
  const hint = reply.status === 401 ? ' Give a token with --token or CAUSEWAY_TOKEN.' : ''
  return new ExitError(exitCode, `${words}${code === undefined ? '' : ` (${code})`}${hint}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function baseUrl(text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text)
  throw new ExitError(EXIT.usage, `${text} is no http:// or https:// address.`)
}

/** Whether somebody listens at a Unix socket. */
export function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const end = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.setTimeout(PROBE_TIMEOUT_MS, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
