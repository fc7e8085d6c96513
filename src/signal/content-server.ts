/**
 * Signal's content servers (CDN), over HTTPS of our own: they present certificates of Signal's private authority, and
 * no others are believed. Downloads are here; `content-upload.ts` has the two ways of uploading.
 */
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CausewayError } from '../domain/errors.ts'
import type { PartialDownload } from '../domain/media.ts'
import { type ServiceParameters, userAgent } from './constants.ts'
import { signalError } from './errors.ts'
import type { AttachmentPointer } from './proto/data-message.ts'
import { formOf, type UploadFields } from './upload-form.ts'

/** Nothing comes for this long: the transfer is given up. */
const silenceMaxMs = 30_000
const connectionsMax = 4
/** A transfer that is cut off goes on where it was, at once, so often; then it waits for its turn. */
const resumesMax = 5
/** What comes is put to the part in pieces of this size: records of TLS are too small for a write each. */
const pieceOctets = 256 * 1024

export interface Exchange {
  headers?: Readonly<Record<string, string>>
  body?: AsyncIterable<Uint8Array>
  signal: AbortSignal
}

export class ContentServer {
  readonly #urls: ServiceParameters['cdnUrls']
  readonly #agent: Agent

  constructor({ cdnUrls, caPems }: Pick<ServiceParameters, 'cdnUrls' | 'caPems'>) {
    this.#urls = cdnUrls
    this.#agent = new Agent({ ca: [...caPems], maxSockets: connectionsMax })
  }

  /**
   * The encrypted blob that a pointer names, for what fits memory. Throws CausewayError `signal-attachment` (never) when
   * it is not there, is larger than `octetsMax`, or lies on a server of an unknown number; `signal-unreachable` when the
   * network failed.
   */
  async download(pointer: AttachmentPointer, octetsMax: number, signal: AbortSignal): Promise<Buffer> {
    return await this.#whole(this.#urlOf(pointer), octetsMax, signal)
  }

  /** The picture of a profile, by the place that the profile names, as its owner sealed it. Errors as `download`. */
  async downloadPicture(place: string, octetsMax: number, signal: AbortSignal): Promise<Buffer> {
    return await this.#whole(`${this.#urls['0']}/${place}`, octetsMax, signal)
  }

  /** Puts a sealed picture where the form says. Errors: CausewayError `signal-unreachable`, `signal-failed`. */
  async uploadPicture(form: UploadFields, sealed: Uint8Array, signal: AbortSignal): Promise<void> {
    const { contentType, body } = await formOf(form, sealed)
    const headers = { 'content-type': contentType, 'content-length': String(body.length) }
    let status: number
    try {
      const answer = await this.exchange('POST', `${this.#urls['0']}/`, { headers, body: once(body), signal })
      answer.resume()
      status = answer.statusCode ?? 0
    } catch (cause) {
      throw signalError('signal-unreachable', { cause })
    }
    if (status < 200 || status > 299)
      throw signalError('signal-failed', { detail: `the picture was refused (${status})` })
  }

  async #whole(url: string, octetsMax: number, signal: AbortSignal): Promise<Buffer> {
    const chunks: Buffer[] = []
    let octets = 0
    await this.#into(
      url,
      {
        size: async () => octets,
        append: async (chunk) => {
          chunks.push(Buffer.from(chunk))
          octets += chunk.length
        },
        discard: async () => {
          chunks.length = 0
          octets = 0
        },
      },
      octetsMax,
      signal,
    )
    return Buffer.concat(chunks)
  }

  /**
   * As `download`, to the end of `part`, and from where that ends where the server can. What came before a failure stays
   * in it, for the next time.
   */
  async downloadInto(
    pointer: AttachmentPointer,
    part: Omit<PartialDownload, 'read'>,
    octetsMax: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#into(this.#urlOf(pointer), part, octetsMax, signal)
  }

  async #into(url: string, part: Omit<PartialDownload, 'read'>, octetsMax: number, signal: AbortSignal): Promise<void> {
    for (let resumes = 0; ; resumes++) {
      const before = await part.size()
      try {
        return await this.#continue(url, part, octetsMax, signal)
      } catch (cause) {
        if (cause instanceof CausewayError) throw cause
        const isGoing = (await part.size()) > before && resumes < resumesMax && !signal.aborted
        if (!isGoing) throw signalError('signal-unreachable', { cause })
      }
    }
  }

  /** One request; resolves with the answer before its body. Rejects with whatever the network says. */
  async exchange(method: string, url: string, { headers = {}, body, signal }: Exchange): Promise<IncomingMessage> {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url, {
        method,
        agent: this.#agent,
        signal,
        timeout: silenceMaxMs,
        headers: { 'user-agent': userAgent, ...headers },
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error('the content server is silent')))
      outgoing.once('response', resolve)
      outgoing.on('error', reject)
      if (body === undefined) outgoing.end()
      else pipeline(Readable.from(body, { highWaterMark: 1 }), outgoing).catch(reject)
    })
  }

  #urlOf({ cdnNumber = 0, cdnId, cdnKey = cdnId === '0' ? undefined : cdnId }: AttachmentPointer): string {
    const base = Object.entries(this.#urls).find(([number]) => number === String(cdnNumber))?.[1]
    if (base === undefined || cdnKey === undefined || cdnKey === '') throw gone('its place is unknown')
    const segments = cdnKey.split('/')
    if (segments.some((segment) => /^\.{0,2}$/.test(segment))) throw gone('its place is unknown')
    return `${base}/attachments/${segments.map(encodeURIComponent).join('/')}`
  }

  async #continue(
    url: string,
    part: Omit<PartialDownload, 'read'>,
    octetsMax: number,
    signal: AbortSignal,
  ): Promise<void> {
    let octets = await part.size()
    const headers = octets === 0 ? {} : { range: `bytes=${octets}-` }
    const answer = await this.exchange('GET', url, { headers, signal })
    try {
      const { statusCode = 0 } = answer
      const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(answer.headers['content-range'] ?? '')
      if (statusCode === 416 && octets > 0) {
        if (Number(range?.[2]) === octets) return
        await part.discard()
        throw new Error('what was fetched does not fit what is there')
      }
      const goesOn = statusCode === 206 && Number(range?.[1]) === octets
      if (!goesOn && statusCode !== 200) throw refusal(statusCode)
      if (!goesOn && octets > 0) {
        await part.discard()
        octets = 0
      }
      if (octets + Number(answer.headers['content-length'] ?? 0) > octetsMax) throw tooLarge()
      await appendAll(answer, part, octetsMax - octets)
    } finally {
      answer.destroy()
    }
  }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

/** Appends what comes; what came before it broke off, too. */
async function appendAll(
  octets: AsyncIterable<Buffer>,
  part: Pick<PartialDownload, 'append'>,
  octetsMax: number,
): Promise<void> {
  const piece = Buffer.allocUnsafe(pieceOctets)
  let filled = 0
  let left = octetsMax
  const put = async () => {
    const full = piece.subarray(0, filled)
    filled = 0
    if (full.length > 0) await part.append(full)
  }
  try {
    for await (const chunk of octets) {
      left -= chunk.length
      if (left < 0) throw tooLarge()
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(piece, filled, at)
        at += copied
        filled += copied
        if (filled === pieceOctets) await put()
      }
    }
  } finally {
    await put()
  }
}

function refusal(status: number): Error {
  const words = `the content server answered ${status}`
  return status >= 500 || status === 429 || status === 408 ? new Error(words) : gone(words)
}

function tooLarge(): CausewayError {
  return gone('it is larger than what is taken')
}

function gone(why: string): CausewayError {
  return new CausewayError({
    code: 'signal-attachment',
    message: `An attachment cannot be had: ${why}.`,
    retry: 'never',
  })
}
