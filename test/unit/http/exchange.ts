/** One request of the API on a real socket, honest or as octets, and what was answered. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
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

/** Writes octets as they are to a port of this machine, and gives what came until the gateway closed. */
export function exchangeOctets(port: number, octets: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let got = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.once('close', () => resolve(got))
    socket.once('error', reject)
    socket.write(octets)
  })
}
