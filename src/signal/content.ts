/**
 * Pure: padding of message content, and the words by which a message is shown of which this version cannot show the
 * thing itself, so that nothing is silently lost.
 */
import type { Happening } from './facts.ts'
import type { AttachmentPointer, DataMessage, SharedContact } from './proto/data-message.ts'
import type { Content } from './proto/messages.ts'

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

/** Kinds of message without a body of their own, first match counts. */
const kinds: readonly [(message: DataMessage) => boolean, string | ((message: DataMessage) => string)][] = [
  [(message) => message.sticker !== undefined && message.sticker.data === undefined, `[sticker: ${later}]`],
  [(message) => (message.contact ?? []).length > 0, (message) => (message.contact ?? []).map(cardInWords).join('\n')],
  [(message) => message.pollCreate !== undefined, pollInWords],
  [(message) => message.payment !== undefined, paymentInWords],
  [(message) => message.giftBadge !== undefined, `[gift badge: ${later}]`],
  [
    (message) => (message.requiredProtocolVersion ?? 0) > protocolVersionKnown,
    '[message of a kind that this version does not know: an update is needed]',
  ],
]

/**
 * The text under which a data message is kept, empty where it is nothing but what is attached; undefined for what has
 * nothing to show (reactions, timers, profile keys).
 */
export function words(message: DataMessage): string | undefined {
  if (message.reaction !== undefined || message.delete !== undefined || message.adminDelete !== undefined)
    return undefined
  if (happeningIn(message) !== undefined) return undefined
  const attachments = message.attachments ?? []
  const parts: string[] = []
  if (message.body !== undefined && message.body !== '') parts.push(message.body)
  if (message.sticker?.data !== undefined && message.sticker.emoji) parts.push(message.sticker.emoji)
  const kind = kinds.find(([applies]) => applies(message))
  if (kind !== undefined) parts.push(typeof kind[1] === 'string' ? kind[1] : kind[1](message))
  else if (attachments.some(isLongText)) parts.push('[the rest of this text is being fetched]')
  const hasMedia = message.sticker?.data !== undefined || attachments.some((attachment) => !isLongText(attachment))
  if (parts.length === 0 && !hasMedia) return undefined
  if (message.storyContext !== undefined) parts.unshift('[reply to a story]')
  return parts.join('\n')
}

/** The longest name of a call that is looked at. */
const eraUnitsMax = 100

/** What is done beside writing, of which a line is all that is shown; `once`: told by all of them alike. */
export function happeningIn(message: DataMessage): Pick<Happening, 'what' | 'once'> | undefined {
  if (message.groupCallUpdate !== undefined) {
    return { what: 'call-started', once: (message.groupCallUpdate.eraId ?? '').slice(0, eraUnitsMax) }
  }
  if (message.pinMessage !== undefined) return { what: 'pinned', once: undefined }
  if (message.unpinMessage !== undefined) return { what: 'unpinned', once: undefined }
  if (message.pollVote !== undefined) return { what: 'voted', once: undefined }
  return message.pollTerminate === undefined ? undefined : { what: 'poll-ended', once: undefined }
}

/** As `words`, of whichever part of the content holds a message; edits are marked. */
export function wordsOf(content: Pick<Content, 'dataMessage' | 'editMessage'>): string | undefined {
  if (content.dataMessage !== undefined) return words(content.dataMessage)
  const edited = content.editMessage?.dataMessage
  const text = edited === undefined ? undefined : words(edited)
  return text === undefined ? undefined : `[edited] ${text}`
}

/** A line each of a card's name and numbers. */
function cardInWords({ name = {}, number = [], organization }: SharedContact): string {
  const called = [name.givenName, name.familyName].filter((part) => part).join(' ') || name.nickname || organization
  const numbers = number.flatMap(({ value }) => (value ? [value] : []))
  return `[contact card: ${[called || 'without a name', ...numbers].join(', ')}]`
}

function pollInWords({ pollCreate: { question = '', options = [] } = {} }: DataMessage): string {
  return [`[poll: ${question}]`, ...options.map((option) => `- ${option}`)].join('\n')
}

function paymentInWords({ payment }: DataMessage): string {
  const note = payment?.notification?.note
  return note ? `[payment: ${note}]` : '[payment]'
}
