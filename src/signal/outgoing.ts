/** Pure: what we do to messages, and what ours answer to, as Signal's messages say it (reference/signal-service.md 5.3). */
import type { OutgoingAction } from './contract.ts'
import type { QuoteFact } from './facts.ts'
import { serviceIdOctets } from './ids.ts'
import { timerUpdate } from './incoming.ts'
import type { DataMessage } from './proto/data-message.ts'
import type { Content } from './proto/messages.ts'
import { bodyOf } from './ranges.ts'

/** The first version of the protocol that knew reactions. */
const reactionsVersion = 4

/** Flag of a message that does nothing but hand over the profile key. */
const profileKeyUpdate = 4

/** The content of an action; `peer` is the other side's account, where it is known. */
export function contentOf(
  action: OutgoingAction['action'],
  { own, peer }: { own: string; peer: string | undefined },
): Content {
  switch (action.kind) {
    case 'reaction': {
      const { target, emoji, removed: remove } = action
      const author = target.ours ? own : (target.authorAci ?? peer)
      const reaction = {
        emoji,
        remove,
        targetSentTimestamp: target.timestampMs,
        ...(author === undefined ? {} : { targetAuthorAciBinary: serviceIdOctets(author) }),
      }
      return { dataMessage: { reaction, requiredProtocolVersion: reactionsVersion } }
    }
    case 'edited': {
      const { text, ranges, quote } = action
      const dataMessage = { ...bodyOf(text, ranges), ...quoteFor(quote, own, peer) }
      return { editMessage: { targetSentTimestamp: action.targetMs, dataMessage } }
    }
    case 'timer':
      return { dataMessage: { flags: timerUpdate, ...timerFor(action) } }
    case 'accepted':
      return { dataMessage: { flags: profileKeyUpdate } }
    case 'deleted':
      return { dataMessage: { delete: { targetSentTimestamp: action.targetMs } } }
  }
}

/** Every message says the timer of its conversation. */
export function timerFor(
  timer: { seconds: number; version: number } | undefined,
): Pick<DataMessage, 'expireTimer' | 'expireTimerVersion'> {
  return timer === undefined ? {} : { expireTimer: timer.seconds, expireTimerVersion: timer.version }
}

/** The quote of a message, but for the picture of its file; nothing where its author's account is not known, without which no client takes it. */
export function quoteFor(
  quote: QuoteFact<object> | undefined,
  own: string,
  peer: string | undefined,
): Pick<DataMessage, 'quote'> {
  const author = quote?.ours === true ? own : (quote?.authorAci ?? peer)
  if (quote === undefined || author === undefined) return {}
  // The owner's own names for people stay here.
  const { body: text = '', bodyRanges } = bodyOf(quote.text, quote.ranges)
  const ranges = bodyRanges === undefined ? {} : { bodyRanges }
  const { contentType, fileName } = quote.file ?? {}
  const file = {
    ...(contentType === undefined ? {} : { contentType }),
    ...(fileName === undefined ? {} : { fileName }),
  }
  const attached = quote.file === undefined ? {} : { attachments: [file] }
  return { quote: { id: quote.timestampMs, authorAciBinary: serviceIdOctets(author), text, ...ranges, ...attached } }
}
