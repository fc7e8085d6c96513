/**
 * The HTTP side of the simulated MMSC on 127.0.0.1: one port for each station, which is its WAP proxy, so that who asks is
 * known by where he asks, as a real MMSC knows it by the bearer. Requests come with an absolute address (as to a proxy) or
 * with a path. It answers as it is told to, wrong lengths and all.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { MEDIA_MMS } from '../mms/media.ts'
import type { MmscFault } from './mmsc-faults.ts'

/** A longer body is cut off. */
const BODY_BYTES_MAX = 8 * 2 ** 20

export interface MmscHttpRequest {
  readonly method: string
  /** Absolute, whatever form it came in. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface MmscHttpAnswer {
  readonly status: number
  /** Octets of a PDU; undefined for an answer without a body. */
  readonly pdu: Uint8Array | undefined
  readonly fault: MmscFault | undefined
}

export type MmscHandler = (from: string, request: MmscHttpRequest) => MmscHttpAnswer

export class MmscServer {
  private readonly handle: MmscHandler
  private readonly servers = new Map<string, Promise<Server>>()

  constructor(handle: MmscHandler) {
    this.handle = handle
  }

  /** The port of this station's proxy on 127.0.0.1, opened on first use. */
  async portFor(number: string): Promise<number> {
    const opening = this.servers.get(number) ?? this.listen(number)
    this.servers.set(number, opening)
    return portOf((await opening).address())
  }

  async stop(): Promise<void> {
    const servers = await Promise.all(this.servers.values())
    this.servers.clear()
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve))
        server.closeAllConnections()
        return closed
      }),
    )
  }

  private listen(number: string): Promise<Server> {
    const server = createServer({ requireHostHeader: false }, (request, response) => {
      void bodyOf(request).then((body) => {
        if (body === undefined) response.destroy()
        else answer(response, this.handle(number, { ...headOf(request), body }))
      })
    })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => resolve(server))
    })
  }
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

function headOf({ method = '', url = '', headers }: IncomingMessage): Omit<MmscHttpRequest, 'body'> {
  const flat = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  )
  return {
    method,
    url: /^https?:/i.test(url) ? url : `http://${headers.host ?? 'mmsc.sim'}${url}`,
    headers: Object.fromEntries(flat),
  }
}

/** Undefined when it is too long, or the connection ended before it did. */
function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > BODY_BYTES_MAX) resolve(undefined)
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })
}

const PORTAL = '<!DOCTYPE html><html><body><h1>Welcome</h1><p>Your credit has run out.</p></body></html>'

function answer(response: ServerResponse, { status, pdu, fault }: MmscHttpAnswer): void {
  const body = Buffer.from(fault?.kind === 'octets' ? Buffer.from(fault.hex, 'hex') : (pdu ?? new Uint8Array()))
  const send = (code: number, content: Buffer, headers: Record<string, string | number> = {}) => {
    response.writeHead(code, { 'Content-Type': MEDIA_MMS, 'Content-Length': content.length, ...headers })
    response.end(content)
  }
  /** Says `declared`, sends `content`, and goes on only if `goesOn`. */
  const partly = (declared: number, content: Buffer, goesOn: boolean) => {
    response.writeHead(status, { 'Content-Type': MEDIA_MMS, 'Content-Length': declared })
    response.write(content, () => {
      if (!goesOn) response.socket?.end()
    })
  }
  switch (fault?.kind) {
    case 'status':
      send(fault.status, Buffer.from('no'), { 'Content-Type': 'text/plain' })
      break
    case 'portal':
      send(200, Buffer.from(PORTAL), { 'Content-Type': fault.type ?? 'text/html' })
      break
    case 'redirect':
      send(302, Buffer.alloc(0), { Location: fault.location })
      break
    case 'stall':
      if (fault.at === 'body') partly(body.length, body.subarray(0, body.length >> 1), true)
      break
    case 'cut':
      partly(body.length, body.subarray(0, fault.bytes), false)
      break
    case 'wrong-length':
      partly(Math.max(0, body.length + fault.by), body, false)
      break
    case 'no-confirmation':
      response.socket?.destroy()
      break
    case 'empty':
      send(200, Buffer.alloc(0))
      break
    case 'gzip':
      send(status, gzipSync(body), { 'Content-Encoding': 'gzip' })
      break
    case 'chunked':
      response.writeHead(status, { 'Content-Type': MEDIA_MMS })
      response.write(body.subarray(0, body.length >> 1))
      response.end(body.subarray(body.length >> 1))
      break
    case 'wrong-type':
      send(status, body, { 'Content-Type': fault.type })
      break
    case 'octets':
    case 'pdu-status':
    case undefined:
      send(status, body, body.length === 0 ? { 'Content-Type': 'text/plain' } : {})
      break
  }
}
