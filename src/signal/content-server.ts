/**
 * Signal's content servers (CDN), over HTTPS of our own: they present certificates of Signal's private authority, and
 * no others are believed.
 */
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { ErrorCode, LibSignalErrorBase, type Net } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { type ServiceParameters, userAgent } from './constants.ts'
import { asCauseway, isCode, signalError } from './errors.ts'
import type { AttachmentPointer } from './proto/messages.ts'

/** Nothing comes for this long: the transfer is given up. */
const silenceMaxMs = 30_000
const connectionsMax = 2
/** The content server to which uploads go by tus. */
const tusServer = 3

export class ContentServer {
  readonly #urls: ServiceParameters['cdnUrls']
  readonly #agent: Agent

  constructor({ cdnUrls, caPems }: Pick<ServiceParameters, 'cdnUrls' | 'caPems'>) {
    this.#urls = cdnUrls
    this.#agent = new Agent({ ca: [...caPems], maxSockets: connectionsMax })
  }

  /**
   * The encrypted blob that a pointer names. Throws CausewayError `signal-attachment` (never) when it is not there, is
   * larger than `octetsMax`, or lies on a server of an unknown number; `signal-unreachable` when the network failed.
   */
  async download(pointer: AttachmentPointer, octetsMax: number, signal: AbortSignal): Promise<Buffer> {
    const { cdnNumber = 0, cdnKey } = pointer
    const base = Object.entries(this.#urls).find(([number]) => number === String(cdnNumber))?.[1]
    if (base === undefined || cdnKey === undefined || cdnKey === '') throw gone('its place is unknown')
    const url = `${base}/attachments/${cdnKey.split('/').map(encodeURIComponent).join('/')}`
    try {
      return await this.#get(url, octetsMax, signal)
    } catch (cause) {
      if (cause instanceof CausewayError) throw cause
      throw signalError('signal-unreachable', { cause })
    }
  }

  /**
   * Stores a blob (tus 1.0.0, creation with upload) and tells its place. Errors: CausewayError `signal-too-large`,
   * `signal-rate-limited`, `signal-unreachable`, `signal-failed`.
   */
  async upload(
    connection: Pick<Net.AuthMessagesService, 'getUploadForm'>,
    blob: Buffer,
    signal: AbortSignal,
  ): Promise<{ cdnNumber: number; cdnKey: string }> {
    try {
      const form = await connection.getUploadForm({ uploadSize: BigInt(blob.length) }, { abortSignal: signal })
      if (form.cdn !== tusServer)
        throw signalError('signal-failed', { detail: `content server ${form.cdn} is unknown` })
      const headers = {
        ...Object.fromEntries(form.headers),
        'user-agent': userAgent,
        'tus-resumable': '1.0.0',
        'upload-length': String(blob.length),
        'upload-metadata': `filename ${Buffer.from(form.key).toString('base64')}`,
        'content-type': 'application/offset+octet-stream',
        'content-length': String(blob.length),
      }
      const status = await this.#post(String(form.signedUploadUrl), headers, blob, signal)
      if (status !== 201 && status !== 200) {
        throw signalError('signal-failed', { detail: `the content server answered ${status}` })
      }
      return { cdnNumber: form.cdn, cdnKey: form.key }
    } catch (cause) {
      if (isCode(cause, ErrorCode.UploadTooLarge)) throw signalError('signal-too-large', { cause })
      if (cause instanceof CausewayError || cause instanceof LibSignalErrorBase) throw asCauseway(cause)
      throw signalError('signal-unreachable', { cause })
    }
  }

  async #post(url: string, headers: Record<string, string>, body: Buffer, signal: AbortSignal): Promise<number> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method: 'POST', agent: this.#agent, signal, timeout: silenceMaxMs, headers }
      const outgoing = request(url, options, resolve)
      outgoing.on('timeout', () => outgoing.destroy(new Error('the content server is silent')))
      outgoing.on('error', reject)
      outgoing.end(body)
    })
    answer.resume()
    return answer.statusCode ?? 0
  }

  async #get(url: string, octetsMax: number, signal: AbortSignal): Promise<Buffer> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { agent: this.#agent, signal, timeout: silenceMaxMs, headers: { 'user-agent': userAgent } }
      const outgoing = request(url, options, resolve)
      outgoing.on('timeout', () => outgoing.destroy(new Error('the content server is silent')))
      outgoing.on('error', reject)
      outgoing.end()
    })
    const { statusCode = 0 } = answer
    if (statusCode !== 200) {
      answer.destroy()
      if (statusCode >= 500 || statusCode === 429) throw new Error(`the content server answered ${statusCode}`)
      throw gone(`the content server answered ${statusCode}`)
    }
    const chunks: Buffer[] = []
    let octets = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      octets += chunk.length
      if (octets > octetsMax) throw gone('it is larger than what is taken')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}

function gone(why: string): CausewayError {
  return new CausewayError({
    code: 'signal-attachment',
    message: `An attachment cannot be had: ${why}.`,
    retry: 'never',
  })
}
