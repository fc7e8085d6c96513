/** Pure: what a decrypted message does to an earlier one, and what it answers to. */
import { contentTypeOf, inboundMedia } from './attachments-in.ts'
import { isLongText, words } from './content.ts'
import type { IncomingText, MessageChange } from './facts.ts'
import { readServiceId } from './ids.ts'
import type { DataMessage, Quote } from './proto/data-message.ts'
import type { Content } from './proto/messages.ts'
import { rangesIn } from './ranges.ts'

/** The longest emoji are families of some twenty UTF-16 units; what is longer is no emoji. */
const emojiUnitsMax = 32
/** No longer name is shown. */
const fileNameUnitsMax = 200
/** What a `Date` can hold; a later time is nonsense that no list could show. */
const timeMsMax = 8_640_000_000_000_000

/** Flag of a message that does nothing but set the timer. */
export const timerUpdate = 2

/** The timer that a message says; undefined for one that says none (a reaction, a deletion). */
export function timerIn(message: DataMessage): { seconds: number; version: number | undefined } | undefined {
  const { flags = 0, expireTimer: seconds = 0, expireTimerVersion } = message
  if ((flags & timerUpdate) === 0 && words(message) === undefined) return undefined
  return { seconds, version: (expireTimerVersion ?? 0) > 0 ? expireTimerVersion : undefined }
}

/** After how many seconds a message disappears. */
export function timerOf({ expireTimer }: DataMessage): number | undefined {
  return expireTimer !== undefined && expireTimer > 0 ? expireTimer : undefined
}

/** A time as a peer claims it: whole, positive, and one that a calendar knows. */
export function isTime(ms: number | undefined): ms is number {
  return ms !== undefined && Number.isSafeInteger(ms) && ms > 0 && ms <= timeMsMax
}

/**
 * What this does to an earlier message; undefined for a message in its own right. `author` has written it, `own` is our
 * account: the two are the same where another device of ours tells what it sent. In a group anybody may speak of anybody, and
 * an administrator of it (`byAdmin`) take anything back.
 */
export function changeOf(
  content: Pick<Content, 'editMessage'>,
  message: DataMessage,
  {
    author,
    own,
    timestampMs,
    groupId,
    byAdmin = false,
  }: { author: string; own: string; timestampMs: number; groupId?: string | undefined; byAdmin?: boolean },
): Omit<MessageChange, 'by'> | undefined {
  const { reaction, delete: deletion } = message
  const edited = content.editMessage?.targetSentTimestamp
  const text = words(message)
  const ours = author === own
  const by = (authorAci: string) => (groupId === undefined ? {} : { authorAci })
  if (isTime(edited) && text !== undefined) {
    const change = { kind: 'edited', text, ranges: rangesIn(message, text, own) } as const
    return { target: { ours, timestampMs: edited, ...by(author) }, timestampMs, groupId, change }
  }
  const deleted = deletion?.targetSentTimestamp
  if (isTime(deleted)) {
    return { target: { ours, timestampMs: deleted, ...by(author) }, timestampMs, groupId, change: { kind: 'deleted' } }
  }
  const removed = groupId === undefined || !byAdmin ? undefined : message.adminDelete
  const written = readServiceId(removed?.targetAuthorAciBinary, undefined)
  if (written !== undefined && isTime(removed?.targetSentTimestamp)) {
    const target = { ours: written === own, timestampMs: removed.targetSentTimestamp, ...by(written) }
    return { target, timestampMs, groupId, change: { kind: 'deleted' } }
  }
  const { emoji, targetSentTimestamp } = reaction ?? {}
  if (emoji === undefined || !isTime(targetSentTimestamp)) return undefined
  const target = readServiceId(reaction?.targetAuthorAciBinary, reaction?.targetAuthorAci)
  // A person can speak of their own messages and of ours; we of anybody's.
  if (target === undefined) return undefined
  if (groupId === undefined && !ours && target !== own && target !== author) return undefined
  const change = {
    kind: 'reaction',
    emoji: emoji.slice(0, emojiUnitsMax),
    removed: reaction?.remove === true,
  } as const
  return {
    target: { ours: target === own, timestampMs: targetSentTimestamp, ...by(target) },
    timestampMs,
    groupId,
    change,
  }
}

/** What it answers to, as its author's device showed it. */
export function quoteOf({ quote, groupV2 }: DataMessage, own: string): IncomingText['quote'] {
  if (!isTime(quote?.id)) return undefined
  const author = readServiceId(quote.authorAciBinary, quote.authorAci)
  const ours = author === own
  const named = groupV2 === undefined || ours || author === undefined ? {} : { authorAci: author }
  const { text = '', bodyRanges } = quote
  const ranges = bodyRanges === undefined ? [] : rangesIn({ body: text, bodyRanges }, text, own)
  const file = quotedFile(quote)
  const more = { ...(ranges.length === 0 ? {} : { ranges }), ...(file === undefined ? {} : { file }) }
  return { ours, timestampMs: quote.id, text, ...more, ...named }
}

/** The first file of what is quoted, which is all that official clients tell; the rest of a long text is none. */
function quotedFile({ attachments: [file] = [] }: Quote): NonNullable<IncomingText['quote']>['file'] {
  if (file === undefined || isLongText(file)) return undefined
  const { fileName, thumbnail } = file
  return {
    contentType: contentTypeOf(file),
    ...(fileName === undefined ? {} : { fileName: fileName.slice(0, fileNameUnitsMax) }),
    ...(thumbnail === undefined ? {} : { thumbnail: inboundMedia(thumbnail, false) }),
  }
}
