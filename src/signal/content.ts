/**
 * Pure: padding of message content, and the words by which a message is shown of which this version cannot show the
 * thing itself, so that nothing is silently lost.
 */
import type { AttachmentPointer, Content, DataMessage } from './proto/messages.ts'

/** Contents are padded to a multiple of this, so that lengths tell little. */
const paddingBlock = 160
/** The newest `requiredProtocolVersion` that the official clients knew when this was written (polls). */
const protocolVersionKnown = 8

/** content · 0x80 · zeros up to a multiple of 160 octets. */
export function pad(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((content.length + 1) / paddingBlock) * paddingBlock)
  padded.set(content)
  padded[content.length] = 0x80
  return padded
}

/** Undoes `pad` for any block size. Undefined when there is no 0x80: such content must not be taken for text. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  let end = padded.length
  while (end > 0 && padded[end - 1] === 0) end -= 1
  return end > 0 && padded[end - 1] === 0x80 ? padded.subarray(0, end - 1) : undefined
}

/** The attachment that holds the whole of a text of which the body is the beginning. */
export const longTextType = 'text/x-signal-plain'

export function isLongText({ contentType }: AttachmentPointer): boolean {
  return contentType === longTextType
}

const later = 'this version cannot show it yet'

/** By what an attachment is called, first match counts. */
const attachmentKinds: readonly [RegExp, string][] = [
  [/^image\//, 'picture'],
  [/^video\//, 'video'],
  [/^audio\//, 'voice or sound message'],
  [/^/, 'file'],
]

/** Kinds of message without a body of their own, first match counts. */
const kinds: readonly [(message: DataMessage) => boolean, string][] = [
  [(message) => message.isViewOnce === true, `[view-once picture or video: ${later}]`],
  [(message) => message.sticker !== undefined, `[sticker: ${later}]`],
  [(message) => (message.contact ?? []).length > 0, `[contact card: ${later}]`],
  [(message) => message.pollCreate !== undefined, `[poll: ${later}]`],
  [(message) => message.payment !== undefined, `[payment: ${later}]`],
  [(message) => message.giftBadge !== undefined, `[gift badge: ${later}]`],
  [
    (message) => (message.requiredProtocolVersion ?? 0) > protocolVersionKnown,
    '[message of a kind that this version does not know: an update is needed]',
  ],
]

/** The text under which a data message is kept; undefined for what has nothing to show (reactions, timers, profile keys). */
export function words(message: DataMessage): string | undefined {
  if (message.reaction !== undefined || message.delete !== undefined) return undefined
  const parts: string[] = []
  if (message.body !== undefined && message.body !== '') parts.push(message.body)
  const kind = kinds.find(([applies]) => applies(message))
  if (kind !== undefined) parts.push(kind[1])
  else parts.push(...(message.attachments ?? []).map(describeAttachment))
  if (parts.length === 0) return undefined
  if (message.storyContext !== undefined) parts.unshift('[reply to a story]')
  return parts.join('\n')
}

/** As `words`, of whichever part of the content holds a message; edits are marked. */
export function wordsOf(content: Pick<Content, 'dataMessage' | 'editMessage'>): string | undefined {
  if (content.dataMessage !== undefined) return words(content.dataMessage)
  const edited = content.editMessage?.dataMessage
  const text = edited === undefined ? undefined : words(edited)
  return text === undefined ? undefined : `[edited] ${text}`
}

function describeAttachment({ contentType = '', fileName }: AttachmentPointer): string {
  if (contentType === longTextType) return '[the rest of this text is being fetched]'
  const kind = attachmentKinds.find(([pattern]) => pattern.test(contentType))?.[1] ?? 'file'
  return fileName === undefined ? `[${kind}: ${later}]` : `[${kind} “${fileName}”: ${later}]`
}
