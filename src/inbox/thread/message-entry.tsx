/** One message in its row: a bubble by transport, or a line for what nobody wrote; its keys and its menu. */
import { useLocation } from 'wouter-preact'
import type { Conversation, Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { changeDraft } from '../model/drafts.ts'
import { lineWords } from '../model/lines.ts'
import { personName } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { infoPath } from '../screens/places.ts'
import { useLongPress } from '../ui/long-press.ts'
import { clockTime } from '../ui/times.ts'
import { transportWords } from '../ui/transport.tsx'
import { Bubble } from './bubble.tsx'
import type { Entry } from './entries.ts'
import { MessageMenu } from './message-menu.tsx'
import { MessageNotes } from './message-notes.tsx'
import { PictureLine } from './picture-line.tsx'
import { Reactions } from './reactions.tsx'

interface MessageEntryProps {
  entry: Extract<Entry, { kind: 'message' }>
  conversation: Conversation
  isTarget: boolean
}

export function MessageEntry({ entry, conversation, isTarget }: MessageEntryProps) {
  const [, go] = useLocation()
  const { message, first, last } = entry
  const press = useLongPress('.entry:not([data-selecting]) .bubble', '.entry-menu')
  if (message.notice === 'picture') return <PictureLine message={message} />
  if (message.kind !== 'text') return <NoticeLine message={message} />
  const isOurs = message.direction === 'out'
  const side = isOurs ? 'ours' : 'theirs'
  const reply = () => replyTo(message)
  return (
    <article
      class={`entry ${side} ${message.transport ?? 'none'} ${first ? 'first' : ''} ${last ? 'last' : ''} ${isTarget ? 'target' : ''}`}
      data-message={message.id}
      tabIndex={-1}
      aria-label={labelOf(message)}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
        const key = event.key.toLowerCase()
        if (key === 'r' && maySend.value) reply()
        else if (key === 'i') go(infoPath(conversation.id, message.id))
        else return
        event.preventDefault()
      }}
    >
      {first && message.author !== null && !isOurs && (
        <p class="author" translate={false} dir="auto">
          {personName(message.author)}
        </p>
      )}
      <div class="entry-line" {...press}>
        <Bubble message={message} />
        <MessageMenu message={message} reply={reply} info={() => go(infoPath(conversation.id, message.id))} />
      </div>
      <Reactions message={message} tapbacks={entry.tapbacks} />
      <MessageNotes message={message} />
    </article>
  )
}

/** The composer is told which message the next one answers to. */
function replyTo(message: Message): void {
  changeDraft(message.conversation_id, { quoteId: message.id })
  document.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus()
}

function labelOf(message: Message): string {
  const name = message.direction === 'out' ? t('thread.you') : personName(message.author ?? message.contact)
  const over = message.transport === null ? '' : transportWords(message.transport)
  return t('thread.entry', { name, over, time: clockTime(message.created_at) })
}

function NoticeLine({ message }: { message: Message }) {
  const words = lineWords(message)
  const prefix = message.kind === 'call' ? t('notice.call') : message.kind === 'broadcast' ? t('notice.broadcast') : ''
  return (
    <p class="notice" data-message={message.id}>
      <span>
        {words ?? (
          <>
            {prefix} <span translate={false}>{message.text}</span>
          </>
        )}{' '}
        <time>{clockTime(message.created_at)}</time>
      </span>
    </p>
  )
}
