/**
 * What the MMS commands of a module can carry of a message: pure. They take recipients, a subject, a text and files, and
 * write the PDU themselves, so that all else of it is either said with a reason to be beyond them, or known to be lost:
 * reports that were asked for, the order of the SMIL, names of parts.
 */
import { textOf } from '../content.ts'
import { MEDIA_SMIL } from '../media.ts'
import { leavesOf, nameOf } from '../presentation.ts'
import type { MmsPdu, SendReq } from '../types.ts'

export interface EmbeddedFile {
  readonly name: string
  readonly octets: Uint8Array
}

export interface EmbeddedMessage {
  readonly transactionId: string
  /** E.164 or short codes. */
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly files: readonly EmbeddedFile[]
}

/** What the commands of one family take. */
export interface EmbeddedLimits {
  readonly recipientsMax: number
  /** Of the subject, in UTF-8. */
  readonly subjectBytesMax: number
  readonly textBytesMax: number
  readonly filesMax: number
  /** All files together. */
  readonly filesBytesMax: number
  /** Content types of files. */
  readonly media: RegExp
}

export type EmbeddedRefusalCode = 'no-message' | 'recipients' | 'hidden-copies' | 'too-large' | 'files' | 'media'

/** Why a PDU is beyond the commands; `reason` is for the owner. */
export interface EmbeddedRefusal {
  readonly code: EmbeddedRefusalCode
  readonly reason: string
}

/** What is to be handed to the module, or why it cannot be. Never throws. */
export function embeddedMessageOf(
  pdu: MmsPdu,
  limits: EmbeddedLimits,
): { readonly message: EmbeddedMessage } | { readonly refusal: EmbeddedRefusal } {
  if (pdu.type !== 'm-send-req') return refused('no-message', `they send messages only, and no ${pdu.type}`)
  const to = (pdu.to ?? []).map(({ address }) => address)
  if ((pdu.cc ?? []).length > 0 || (pdu.bcc ?? []).length > 0) {
    return refused('hidden-copies', 'they know recipients only, neither copies nor hidden ones')
  }
  if (to.length === 0 || to.length > limits.recipientsMax) {
    return refused('recipients', `they take 1 to ${limits.recipientsMax} recipients, not ${to.length}`)
  }
  if (!to.every((address) => /^\+?\d{2,20}$/.test(address)))
    return refused('recipients', 'they take telephone numbers only')
  return contents(pdu, to, limits)
}

function contents(pdu: SendReq, to: readonly string[], limits: EmbeddedLimits): ReturnType<typeof embeddedMessageOf> {
  const parts = leavesOf(pdu.parts).filter(({ media, data }) => media !== MEDIA_SMIL && data.length > 0)
  const texts = parts.filter(({ media }) => media === 'text/plain')
  const others = parts.filter((part) => !texts.includes(part))
  const text = texts.map((part) => textOf(part) ?? '').join('\n')
  const subject = (pdu.subject?.text ?? '').replace(/\p{Cc}+/gu, ' ').trim()
  if (octetsIn(subject) > limits.subjectBytesMax || octetsIn(text) > limits.textBytesMax) {
    return refused('too-large', `they take ${limits.subjectBytesMax} octets of subject, ${limits.textBytesMax} of text`)
  }
  if (others.length > limits.filesMax)
    return refused('files', `they take ${limits.filesMax} files, not ${others.length}`)
  const odd = others.find(({ media }) => !limits.media.test(media))
  if (odd !== undefined) return refused('media', `they take no ${odd.media}`)
  const bytes = others.reduce((sum, { data }) => sum + data.length, 0)
  if (bytes > limits.filesBytesMax)
    return refused('too-large', `they take ${limits.filesBytesMax} octets, not ${bytes}`)
  const files = others.map((part, at) => ({ name: plainName(nameOf(part), at), octets: part.data }))
  return { message: { transactionId: pdu.transactionId, to, subject, text, files } }
}

/** In ASCII and unlike the others, since it stands in commands and in the module's memory. */
function plainName(name: string | undefined, at: number): string {
  const [, extension = 'bin'] = /\.([A-Za-z0-9]{1,5})$/.exec(name ?? '') ?? []
  return `file${at + 1}.${extension.toLowerCase()}`
}

function octetsIn(text: string): number {
  return new TextEncoder().encode(text).length
}

function refused(code: EmbeddedRefusalCode, what: string): { readonly refusal: EmbeddedRefusal } {
  return { refusal: { code, reason: `the module’s own MMS commands do not carry this: ${what}` } }
}
