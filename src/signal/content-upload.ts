/**
 * How octets get to a content server (reference/signal-service.md 9), both ways so that what was cut off goes on where
 * the server says it is:
 *
 *   CDN 3   tus 1.0.0   POST (creation with upload) · HEAD → Upload-Offset · PATCH from there
 *   CDN 2   signed URL  POST → Location · PUT · PUT `bytes *-of-N` → 308 + Range · PUT from there
 */
import type { IncomingMessage } from 'node:http'
import { ErrorCode, LibSignalErrorBase, type Net } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { ContentServer } from './content-server.ts'
import { asCauseway, isCode, signalError } from './errors.ts'

/** A transfer that is cut off goes on at once, so often; then it waits for the next attempt of its message. */
const resumesMax = 5
const tusServer = 3
const signedUrlServer = 2

/** Where the service wants it. */
export interface UploadForm {
  cdn: number
  key: string
  url: string
  headers: Readonly<Record<string, string>>
}

export interface Upload {
  form: UploadForm
  octets: number
  /** The server may have some of it already. */
  begun: boolean
  /** Where octets go, where the server has said so (CDN 2). */
  location: string | undefined
  /** The octets from there on; the same ones each time. */
  from(offset: number): AsyncIterable<Uint8Array>
  /** Called before the first octet leaves, and when the server has said where they go. */
  begin(location: string | undefined): Promise<void>
}

type FormConnection = Pick<Net.AuthMessagesService, 'getUploadForm'>

/**
 * Asks where to put so many octets. Errors: CausewayError `signal-too-large`, `signal-rate-limited`,
 * `signal-unreachable`, `signal-failed`.
 */
export async function askForForm(connection: FormConnection, octets: number, signal: AbortSignal): Promise<UploadForm> {
  try {
    const form = await connection.getUploadForm({ uploadSize: BigInt(octets) }, { abortSignal: signal })
    const { cdn, key } = form
    return { cdn, key, url: String(form.signedUploadUrl), headers: Object.fromEntries(form.headers) }
  } catch (cause) {
    if (isCode(cause, ErrorCode.UploadTooLarge)) throw signalError('signal-too-large', { cause })
    if (cause instanceof LibSignalErrorBase) throw asCauseway(cause)
    throw signalError('signal-unreachable', { cause })
  }
}

/**
 * Brings all octets there. Errors: as `askForForm`; `signal-upload-lost` (same-transport) when the server does not know
 * this upload any more: a new form is needed.
 */
export async function upload(server: ContentServer, wanted: Upload, signal: AbortSignal): Promise<void> {
  const way = { [tusServer]: tus, [signedUrlServer]: signedUrl }[wanted.form.cdn]
  if (way === undefined) throw signalError('signal-failed', { detail: `content server ${wanted.form.cdn} is unknown` })
  const state = { begun: wanted.begun, location: wanted.location }
  for (let resumes = 0; ; resumes++) {
    try {
      return await way(server, wanted, state, signal)
    } catch (cause) {
      if (cause instanceof CausewayError) throw cause
      if (resumes >= resumesMax || signal.aborted) throw signalError('signal-unreachable', { cause })
    }
  }
}

/** For what fits memory: asks, uploads, and tells the place. Errors as both. */
export async function uploadWhole(
  server: ContentServer,
  connection: FormConnection,
  blob: Buffer,
  signal: AbortSignal,
): Promise<{ cdnNumber: number; cdnKey: string }> {
  const form = await askForForm(connection, blob.length, signal)
  const wanted: Upload = {
    form,
    octets: blob.length,
    begun: false,
    location: undefined,
    from: (offset) => pieces(blob.subarray(offset)),
    begin: async () => {},
  }
  await upload(server, wanted, signal)
  return { cdnNumber: form.cdn, cdnKey: form.key }
}

interface Progress {
  begun: boolean
  location: string | undefined
}

async function tus(server: ContentServer, wanted: Upload, progress: Progress, signal: AbortSignal): Promise<void> {
  const { form, octets } = wanted
  const version = { ...form.headers, 'tus-resumable': '1.0.0' }
  const body = { 'content-type': 'application/offset+octet-stream' }
  const url = tusUrl(form)
  if (progress.begun) {
    const answer = await status(server.exchange('HEAD', url, { headers: version, signal }))
    const offset = Number(answer.headers['upload-offset'])
    if (answer.statusCode === 200 && Number.isSafeInteger(offset) && offset <= octets) {
      if (offset === octets) return
      const headers = {
        ...version,
        ...body,
        'upload-offset': String(offset),
        'content-length': String(octets - offset),
      }
      const patched = await status(server.exchange('PATCH', url, { headers, body: wanted.from(offset), signal }))
      if (patched.statusCode === 204 || patched.statusCode === 200) return
      throw refusal(patched.statusCode)
    }
    if (answer.statusCode !== 404 && answer.statusCode !== 410) throw refusal(answer.statusCode)
    // Nothing of it has arrived: it is created below.
  }
  await wanted.begin(undefined)
  progress.begun = true
  const headers = {
    ...version,
    ...body,
    'upload-length': String(octets),
    'upload-metadata': `filename ${Buffer.from(form.key).toString('base64')}`,
    'content-length': String(octets),
  }
  const created = await status(server.exchange('POST', form.url, { headers, body: wanted.from(0), signal }))
  if (created.statusCode === 201 || created.statusCode === 200) return
  throw refusal(created.statusCode)
}

/**
 * Where a tus upload is asked about. The service's forms name the collection; a form that names the upload itself (the
 * mock server's) is asked with the slash before its key encoded.
 */
function tusUrl({ url, key }: UploadForm): string {
  const own = `/${encodeURIComponent(key)}`
  return url.endsWith(own) ? `${url.slice(0, -own.length)}%2F${encodeURIComponent(key)}` : `${url}${own}`
}

async function signedUrl(
  server: ContentServer,
  wanted: Upload,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { form, octets } = wanted
  let offset = 0
  if (progress.location === undefined) {
    const headers = { ...form.headers, 'content-length': '0', 'content-type': 'application/octet-stream' }
    const answer = await status(server.exchange('POST', form.url, { headers, signal }))
    const { location } = answer.headers
    if ((answer.statusCode !== 201 && answer.statusCode !== 200) || location === undefined) {
      throw refusal(answer.statusCode)
    }
    const target = new URL(location, form.url)
    if (target.protocol !== 'https:') throw signalError('signal-failed', { detail: 'an upload without encryption' })
    await wanted.begin(target.href)
    progress.location = target.href
    progress.begun = true
  } else {
    const headers = { 'content-length': '0', 'content-range': `bytes */${octets}` }
    const answer = await status(server.exchange('PUT', progress.location, { headers, signal }))
    if (answer.statusCode === 200 || answer.statusCode === 201) return
    if (answer.statusCode !== 308) throw refusal(answer.statusCode)
    offset = octetsThere(answer)
  }
  const headers = {
    'content-length': String(octets - offset),
    'content-type': 'application/octet-stream',
    ...(offset === 0 ? {} : { 'content-range': `bytes ${offset}-${octets - 1}/${octets}` }),
  }
  const put = { headers, body: wanted.from(offset), signal }
  const answer = await status(server.exchange('PUT', progress.location, put))
  if (answer.statusCode !== 200 && answer.statusCode !== 201) throw refusal(answer.statusCode)
}

/** `Range: bytes=0-41` means that 42 octets are there; none means none. */
function octetsThere(answer: IncomingMessage): number {
  const last = /^bytes=0-(\d+)$/.exec(String(answer.headers['range'] ?? ''))?.[1]
  return last === undefined ? 0 : Number(last) + 1
}

/** Only the head of an answer matters. */
async function status(answer: Promise<IncomingMessage>): Promise<IncomingMessage> {
  const head = await answer
  head.resume()
  return head
}

function refusal(status: number | undefined): Error {
  const detail = `the content server answered ${status}`
  if (status === 413) return signalError('signal-too-large', { detail })
  if (status === undefined || status >= 500 || status === 429 || status === 408) return new Error(detail)
  return new CausewayError({
    code: 'signal-upload-lost',
    message: `Signal’s content server does not take the rest of an upload (${detail}); it begins anew.`,
    retry: 'same-transport',
  })
}

async function* pieces(octets: Buffer): AsyncGenerator<Buffer, void, undefined> {
  if (octets.length > 0) yield octets
}
