/** One request of the API on a real socket, and what was answered. */
import { request as httpRequest } from 'node:http'
import type { Answer } from './answer.ts'

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Answer
  text: string
}

export interface CallOptions {
  token?: string | undefined
  json?: unknown
  body?: string | Buffer
  headers?: Record<string, string>
  /** Over the Unix socket instead of TCP. */
  local?: boolean
}

/** Over TCP or a Unix socket, as `target` says, on a connection of its own. */
export function exchange(target: object, method: string, path: string, options: CallOptions): Promise<Reply> {
  const payload = options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
  const headers: Record<string, string> = {}
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  if (options.json !== undefined) headers['content-type'] = 'application/json'
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { ...target, method, path, agent: false, headers: { ...headers, ...options.headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const isJson = /json/.test(response.headers['content-type'] ?? '')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: isJson && text !== '' ? JSON.parse(text) : undefined,
            text,
          })
        })
      },
    )
    outgoing.once('error', reject)
    outgoing.end(payload)
  })
}
