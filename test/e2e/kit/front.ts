/**
 * Stands in front of a real gateway as the gateway's own web server will: serves dist/inbox under the same strict
 * Content-Security-Policy, passes the API on over the gateway's Unix socket, and answers only for the session itself.
 */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export type DoorState = 'setup' | 'signed-out' | 'signed-in'

export class Front {
  readonly #server: Server
  readonly #socketPath: string
  readonly #root: string
  /** What `/api/v1/session` says. */
  door: DoorState = 'signed-in'
  role: 'viewer' | 'sender' | 'admin' = 'admin'
  /** Neither page nor API can be reached. */
  cut = false

  private constructor(socketPath: string, root: string) {
    this.#socketPath = socketPath
    this.#root = root
    this.#server = createServer((incoming, response) => this.#answer(incoming, response))
  }

  static async open(socketPath: string, root: string): Promise<Front> {
    const front = new Front(socketPath, root)
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve))
    return front
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Open connections end as well: what a lost network does. */
  cutOff(): void {
    this.cut = true
    this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    const path = (incoming.url ?? '/').split('?')[0] ?? '/'
    if (this.cut) incoming.socket.destroy()
    else if (path === '/api/v1/session' || path === '/api/v1/setup') this.#session(incoming, response)
    else if (path.startsWith('/api/')) this.#pass(incoming, response)
    else this.#file(path, response)
  }

  #session(incoming: IncomingMessage, response: ServerResponse): void {
    incoming.resume()
    incoming.once('end', () => {
      if (incoming.method === 'POST') this.door = 'signed-in'
      if (incoming.method === 'DELETE') this.door = 'signed-out'
      const user = this.door === 'signed-in' ? { user: { name: 'Robin', role: this.role }, csrf_token: 'token' } : {}
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ state: this.door, sandbox: true, ...user }))
    })
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = incoming
    if (method !== 'GET' && headers['x-csrf-token'] !== 'token') {
      response.writeHead(403, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ title: 'No CSRF token', code: 'csrf', status: 403 }))
      return
    }
    const outgoing = request({ socketPath: this.#socketPath, method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      answer.once('error', () => response.destroy())
    })
    outgoing.once('error', () => response.destroy())
    response.once('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  #file(path: string, response: ServerResponse): void {
    const file = join(this.#root, normalize(path === '/' ? '/index.html' : path))
    if (!file.startsWith(this.#root) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
    })
    createReadStream(file).pipe(response)
  }
}
