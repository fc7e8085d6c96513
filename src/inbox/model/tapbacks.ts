/**
 * Reactions that phones can only send as texts ("Liked “See you at eight”" of an iPhone, "👍 to “See you at eight”" of
 * Android's Messages): which text is one, and to which message. What leaves any doubt stays the text that it is. Pure.
 */
import type { Message } from '../api/types.ts'

export interface Tapback {
  emoji: string
  /** The text that said so. */
  message: Message
}

/** What the iPhone writes in English; in other languages it stays a text. */
const VERBS: Readonly<Record<string, string>> = {
  Loved: '❤️',
  Liked: '👍',
  Disliked: '👎',
  'Laughed at': '😂',
  Emphasized: '‼️',
  Emphasised: '‼️',
  Questioned: '❓',
}
const EMOJI = String.raw`(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\u200D\uFE0F])+`
const TAPBACK = new RegExp(`^(?:(${Object.keys(VERBS).join('|')})|(?:Reacted )?(${EMOJI}) to) “(.+)”$`, 'su')
const REMOVAL = /^Removed .+? from “(.+)”$/su
/** Android's Messages marks its parts with these. */
const MARKS = /[\u200A\u200B]/g

/** The standing reactions to each message (by its id), and the texts that are shown as nothing else. */
export function tapbacksOf(messages: readonly Message[]): {
  to: ReadonlyMap<string, readonly Tapback[]>
  texts: ReadonlySet<string>
} {
  const standing = new Map<string, Map<string, Tapback>>()
  /** Messages by their words; undefined where two say the same. */
  const said = new Map<string, Message | undefined>()
  for (const message of messages) {
    if (message.kind !== 'text' || message.deleted_at !== null || message.text === '') continue
    const text = plain(message.text)
    const isPhones = message.direction === 'in' && (message.transport === 'sms' || message.transport === 'mms')
    const found = isPhones ? reactionIn(text) : undefined
    const target = found === undefined ? undefined : said.get(plain(found.quoted))
    if (found === undefined || target === undefined) {
      said.set(text, said.has(text) ? undefined : message)
      continue
    }
    const who = message.author?.address ?? ''
    const reactions = standing.get(target.id) ?? new Map<string, Tapback>()
    if (found.emoji === undefined) reactions.delete(who)
    else reactions.set(who, { emoji: found.emoji, message })
    standing.set(target.id, reactions)
  }
  const to = new Map([...standing].map(([id, reactions]) => [id, [...reactions.values()]]))
  return { to, texts: new Set([...to.values()].flat().map(({ message }) => message.id)) }
}

/** `emoji` undefined: it was taken back. */
function reactionIn(text: string): { emoji: string | undefined; quoted: string } | undefined {
  const made = TAPBACK.exec(text)
  if (made !== null) {
    const [, verb = '', emoji, quoted = ''] = made
    return { emoji: emoji ?? VERBS[verb], quoted }
  }
  const removed = REMOVAL.exec(text)
  return removed === null ? undefined : { emoji: undefined, quoted: removed[1] ?? '' }
}

function plain(text: string): string {
  return text.replace(MARKS, '').trim()
}
