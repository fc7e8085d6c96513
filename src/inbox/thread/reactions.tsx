/**
 * Who reacted how, each sign once with its number; pressing one's own takes it back, another's joins in. Those that came as
 * texts stand beside them, each with the way to its text.
 */
import { useLocation } from 'wouter-preact'
import { ask } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { personName } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import type { Tapback } from '../model/tapbacks.ts'
import { keepMessage } from '../model/threads.ts'
import { infoPath } from '../screens/places.ts'

/** Beyond so many kinds the rest is a number. */
const KINDS_MAX = 6

export function Reactions({ message, tapbacks }: { message: Message; tapbacks: readonly Tapback[] }) {
  const [, go] = useLocation()
  const kinds = new Map<string, { count: number; ours: boolean }>()
  for (const { emoji, ours } of message.reactions) {
    const kind = kinds.get(emoji)
    kinds.set(emoji, { count: (kind?.count ?? 0) + 1, ours: ours || kind?.ours === true })
  }
  if (kinds.size + tapbacks.length === 0) return null
  const all = [...kinds]
  return (
    <p class="reactions">
      {all.slice(0, KINDS_MAX).map(([emoji, { count, ours }]) => (
        <button
          key={emoji}
          type="button"
          class={ours ? 'reaction own' : 'reaction'}
          disabled={!maySend.value}
          aria-pressed={ours}
          aria-label={t('reaction.label', { emoji, count })}
          onClick={() => void react(message, ours ? undefined : emoji).catch(() => {})}
        >
          {emoji}
          {count > 1 && <span>{count}</span>}
        </button>
      ))}
      {all.length > KINDS_MAX && <span class="reaction">+{all.length - KINDS_MAX}</span>}
      {tapbacks.map(({ emoji, message: { id, author, contact, text } }) => (
        <button
          key={id}
          type="button"
          class="reaction text"
          translate={false}
          title={text}
          aria-label={t('reaction.text', { emoji, name: personName(author ?? contact) })}
          onClick={() => go(infoPath(message.conversation_id, id))}
        >
          {emoji}
        </button>
      ))}
    </p>
  )
}

/** Undefined takes the own reaction back. Throws ApiProblem. */
export async function react(message: Message, emoji: string | undefined): Promise<void> {
  const path = `/api/v1/messages/${message.id}/reaction`
  const options = emoji === undefined ? {} : { body: { emoji } }
  keepMessage(await ask<Message>(emoji === undefined ? 'DELETE' : 'PUT', path, options))
}
