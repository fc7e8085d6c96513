/** Pure: what a decrypted message does to an earlier one, and what it answers to. */
import { words } from './content.ts'
import type { IncomingText, MessageChange } from './contract.ts'
import { readServiceId } from './ids.ts'
import type { Content, DataMessage } from './proto/messages.ts'

/** The longest emoji are families of some twenty UTF-16 units; what is longer is no emoji. */
const emojiUnitsMax = 32

/** What this does to an earlier message; undefined for a message in its own right. */
export function changeOf(
  content: Pick<Content, 'editMessage'>,
  message: DataMessage,
  { author: senderAci, own, timestampMs }: { author: string; own: string; timestampMs: number },
): Omit<MessageChange, 'by'> | undefined {
  const { reaction, delete: deletion } = message
  const edited = content.editMessage?.targetSentTimestamp
  const text = words(message)
  if (edited !== undefined && text !== undefined) {
    return { target: { ours: false, timestampMs: edited }, timestampMs, change: { kind: 'edited', text } }
  }
  if (deletion?.targetSentTimestamp !== undefined) {
    const target = { ours: false, timestampMs: deletion.targetSentTimestamp }
    return { target, timestampMs, change: { kind: 'deleted' } }
  }
  const { emoji, targetSentTimestamp } = reaction ?? {}
  if (emoji === undefined || targetSentTimestamp === undefined) return undefined
  const author = readServiceId(reaction?.targetAuthorAciBinary, reaction?.targetAuthorAci)
  const ours = author === own
  if (!ours && author !== senderAci) return undefined
  const change = {
    kind: 'reaction',
    emoji: emoji.slice(0, emojiUnitsMax),
    removed: reaction?.remove === true,
  } as const
  return { target: { ours, timestampMs: targetSentTimestamp }, timestampMs, change }
}

/** What it answers to, as its author's device showed it. */
export function quoteOf({ quote }: DataMessage, own: string): IncomingText['quote'] {
  if (quote?.id === undefined) return undefined
  const author = readServiceId(quote.authorAciBinary, quote.authorAci)
  return { ours: author === own, timestampMs: quote.id, text: quote.text ?? '' }
}
