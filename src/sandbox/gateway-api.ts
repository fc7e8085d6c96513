/** The gateway's API over its Unix socket, as far as the sandbox needs it, and waiting for what it shows. */
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const requestTimeoutMs = 20_000
const pollMs = 100

export interface ApiReply {
  status: number
  body: unknown
}

export class GatewayApi {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** One request; rejects only when nobody answers. */
  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiReply> {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: this.#socketPath,
        method,
        path,
        agent: false,
        timeout: requestTimeoutMs,
        headers: payload === undefined ? headers : { 'content-type': 'application/json', ...headers },
      })
      outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)))
      outgoing.once('error', reject)
      outgoing.once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) })
        })
      })
      outgoing.end(payload)
    })
  }

  /** A request that must succeed. Throws with the problem's own words. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await this.ask(method, path, body)
    if (reply.status >= 200 && reply.status < 300) return reply.body as T
    const { title, detail } = (reply.body ?? {}) as { title?: string; detail?: string }
    throw new Error(`${method} ${path}: ${reply.status} ${detail ?? title ?? ''}`.trimEnd())
  }
}

/**
 * Asks again and again until there is an answer. Throws with `what` when `timeoutMs` have passed, with the signal's
 * reason when it is aborted.
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += pollMs) {
    signal.throwIfAborted()
    const found = await look()
    if (found !== undefined) return found
    await sleep(pollMs)
  }
  throw new Error(`${what} (waited ${timeoutMs / 1000} s)`)
}
