/**
 * The MMS client inside of a simulated modem: what the TE has put together, posted to the simulated carrier's MMSC by way
 * of the proxy that the TE named. Resolves with the HTTP status and whether the MMSC took it.
 */
import { request } from 'node:http'
import { encodePdu } from '../mms/encode.ts'
import { MEDIA_MMS } from '../mms/media.ts'
import { decodePdu } from '../mms/pdu.ts'
import { type HandsetFile, sendRequestOf } from './mmsc-handset.ts'
import { resolveSimulated } from './sockets.ts'

const TIMEOUT_MS = 5_000
const RESPONSE_OK = 0x80
const MEDIA: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
}

export interface EmbeddedDraft {
  /** Configured by the TE. */
  mmsc: string
  proxy: { host: string; port: number } | undefined
  isOpen: boolean
  to: string[]
  subject: string
  text: string
  files: HandsetFile[]
  /** Octets in the module's memory, by name. */
  readonly stored: Map<string, Buffer>
}

export function emptyDraft(): EmbeddedDraft {
  return { mmsc: '', proxy: undefined, isOpen: false, to: [], subject: '', text: '', files: [], stored: new Map() }
}

/** As the name of a file says. */
export function embeddedFile(name: string, data: Uint8Array): HandsetFile {
  return { name, media: MEDIA[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream', data }
}

let transactions = 0

/** Undefined: nobody answered. */
export function sendEmbedded(draft: EmbeddedDraft): Promise<{ status: number; isTaken: boolean } | undefined> {
  const { to, subject, text, files, proxy } = draft
  if (proxy === undefined || resolveSimulated(proxy.host) === undefined) return Promise.resolve(undefined)
  transactions += 1
  const whole = { to, files, ...(subject === '' ? {} : { subject }), ...(text === '' ? {} : { text }) }
  const body = encodePdu(sendRequestOf(whole, `embedded${transactions}`))
  return new Promise((resolve) => {
    const headers = { 'Content-Type': MEDIA_MMS, 'Content-Length': body.length }
    const posting = request(
      { host: '127.0.0.1', port: proxy.port, method: 'POST', path: draft.mmsc, headers, timeout: TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => resolve(undefined))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, isTaken: isTaken(Buffer.concat(chunks)) }))
      },
    )
    posting.on('timeout', () => posting.destroy())
    posting.on('error', () => resolve(undefined))
    posting.end(body)
  })
}

function isTaken(octets: Uint8Array): boolean {
  try {
    const pdu = decodePdu(octets)
    return pdu.type === 'm-send-conf' && pdu.responseStatus === RESPONSE_OK
  } catch {
    return false
  }
}
