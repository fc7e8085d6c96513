/**
 * The world's ear: HTTP on a Unix socket, for `causeway sim` and for tests. `GET /` answers the table of actions,
 * `POST /` with `{"action": …, …}` carries one out. Every answer is JSON: `{"result"}` or `{"error":{"code","message"}}`.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { ActionError } from './action.ts'

const bodyBytesMax = 1024 * 1024

export interface Console {
  /** What `GET /` answers. */
  describe(): unknown
  /** Carries out one action. Throws ActionError for what the caller did wrong. */
  perform(action: string, given: Readonly<Record<string, unknown>>): Promise<unknown>
}

export class ControlServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens on this socket, for its owner only. A socket file that is in the way is removed. */
  static async listen(path: string, console: Console): Promise<ControlServer> {
    mkdirSync(dirname(path), { recursive: true })
    rmSync(path, { force: true })
    const server = createServer((request, response) => {
      void answer(request, response, console)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, () => resolve())
    })
    chmodSync(path, 0o600)
    return new ControlServer(server)
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, console: Console): Promise<void> {
  const [status, body] = await handle(request, console).catch((error: unknown): [number, unknown] => {
    const code = error instanceof ActionError ? error.code : 'failed'
    const message = error instanceof Error ? error.message : String(error)
    return [statusOf(code), { error: { code, message } }]
  })
  const text = JSON.stringify(body, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${text}\n`)
}

async function handle(request: IncomingMessage, console: Console): Promise<[number, unknown]> {
  if (request.method === 'GET') return [200, console.describe()]
  if (request.method !== 'POST') throw new ActionError('bad-request', 'use GET / or POST /')
  const body = await readJson(request)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ActionError('bad-request', 'send a JSON object with an action')
  }
  const { action, ...given } = body as Record<string, unknown>
  if (typeof action !== 'string') throw new ActionError('bad-request', 'name an action, as {"action":"people"}')
  return [200, { result: (await console.perform(action, given)) ?? null }]
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new ActionError('bad-request', `more than ${bodyBytesMax} octets`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new ActionError('bad-request', 'the body is not JSON')
  }
}

function statusOf(code: string): number {
  if (code === 'failed') return 500
  if (code.startsWith('unknown-')) return 404
  return code === 'impossible' ? 409 : 400
}
