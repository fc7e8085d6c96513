/**
 * The storage service over HTTPS of our own: it presents a certificate of Signal's private authority, and takes a user
 * name and a password that the chat service gives for a day.
 */
import { Agent, request as httpsRequest } from 'node:https'
import { CausewayError } from '../domain/errors.ts'
import type { Chat } from './chat.ts'
import type { Clock } from './clock.ts'
import { type ServiceParameters, userAgent } from './constants.ts'
import { signalError } from './errors.ts'
import { dateOf, refusal, request, waitOf } from './rest.ts'

const silenceMaxMs = 30_000
/** A manifest of 20,000 contacts is some 400 kB, their records ten times that. */
const answerOctetsMax = 16 * 1024 * 1024
/** The credentials hold for 24 h. */
const credentialsKeptMs = 20 * 3600_000

export interface StorageAnswer {
  status: number
  body: Buffer
}

export class StorageServer {
  readonly #url: string
  readonly #agent: Agent
  readonly #chat: Chat
  readonly #clock: Clock
  #credentials: { authorization: string; untilMs: number } | undefined

  constructor(parts: { parameters: Pick<ServiceParameters, 'storageUrl' | 'caPems'>; chat: Chat; clock: Clock }) {
    this.#url = parts.parameters.storageUrl
    this.#agent = new Agent({ ca: [...parts.parameters.caPems], maxSockets: 1 })
    this.#chat = parts.chat
    this.#clock = parts.clock
  }

  /**
   * One request under `/v1/storage`. Statuses below 500 are returned, but 401, 403 and 429 thrown: CausewayError
   * `signal-failed`, `signal-rate-limited`, `signal-unreachable`.
   */
  async ask(
    method: 'GET' | 'PUT',
    path: string,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<StorageAnswer> {
    const authorization = await this.#authorize()
    try {
      const { status, body: answer, retryAfterMs } = await this.#send(method, path, body, authorization, signal)
      if (status === 429) {
        throw signalError('signal-rate-limited', { retryAfterMs })
      }
      if (status === 401 || status === 403) {
        this.#credentials = undefined
        throw signalError('signal-failed', { detail: `the storage service answered ${status}` })
      }
      if (status >= 500) throw new Error(`the storage service answered ${status}`)
      return { status, body: answer }
    } catch (cause) {
      if (cause instanceof CausewayError) throw cause
      throw signalError('signal-unreachable', { cause })
    }
  }

  async #authorize(): Promise<string> {
    if (this.#credentials !== undefined && this.#clock.now() < this.#credentials.untilMs) {
      return this.#credentials.authorization
    }
    const path = '/v1/storage/auth'
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    if (answer.status !== 200) throw refusal(path, answer)
    const { username, password } = answer.json as { username: string; password: string }
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    this.#credentials = { authorization, untilMs: this.#clock.now() + credentialsKeptMs }
    return authorization
  }

  async #send(
    method: string,
    path: string,
    body: Uint8Array | undefined,
    authorization: string,
    signal: AbortSignal,
  ): Promise<StorageAnswer & { retryAfterMs: number | undefined }> {
    return await new Promise((resolve, reject) => {
      const headers = {
        authorization,
        'user-agent': userAgent,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/x-protobuf', 'content-length': String(body.length) }),
      }
      const options = { method, headers, agent: this.#agent, signal, timeout: silenceMaxMs }
      const outgoing = httpsRequest(`${this.#url}${path}`, options, (answer) => {
        const chunks: Buffer[] = []
        let octets = 0
        answer.on('data', (chunk: Buffer) => {
          octets += chunk.length
          if (octets > answerOctetsMax) outgoing.destroy(new Error('the storage service sends too much'))
          else chunks.push(chunk)
        })
        answer.on('error', reject)
        answer.on('end', () => {
          const { 'retry-after': wait, date } = answer.headers
          const retryAfterMs = waitOf(wait, dateOf(date))
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks), retryAfterMs })
        })
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error('the storage service is silent')))
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}
