/** What was found in names and messages; a message opens its conversation at its place. */
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { ask } from '../api/client.ts'
import type { Conversation, Message, Page } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { conversationName, messageLine, personName } from '../model/people.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Problem } from '../ui/problem.tsx'
import { shortTime } from '../ui/times.ts'
import { TransportGlyph } from '../ui/transport.tsx'
import { messagePath, threadPath } from './places.ts'

/** Somebody who is still typing is not searched for. */
const SETTLE_MS = 180

interface Found {
  messages: readonly Message[]
  conversations: readonly Conversation[]
}

export function SearchResults({ query }: { query: string }) {
  const [found, setFound] = useState<Found | undefined>(undefined)
  const [error, setError] = useState<unknown>(undefined)
  useEffect(() => {
    let isLatest = true
    const timer = setTimeout(() => {
      find(query).then(
        (answer) => {
          if (!isLatest) return
          setFound(answer)
          setError(undefined)
        },
        (problem) => isLatest && setError(problem),
      )
    }, SETTLE_MS)
    return () => {
      isLatest = false
      clearTimeout(timer)
    }
  }, [query])
  if (error !== undefined) return <Problem error={error} />
  if (found === undefined) return <p class="empty quiet">{t('search.running')}</p>
  const { messages, conversations } = found
  if (messages.length + conversations.length === 0) return <p class="empty">{t('search.nothing')}</p>
  return (
    <section class="rows results" aria-label={t('search.results')}>
      {conversations.length > 0 && <h2>{t('search.people')}</h2>}
      {conversations.map((row) => (
        <Result key={row.id} path={threadPath(row.id)}>
          <Avatar
            id={row.contact?.id ?? row.group?.id ?? row.id}
            name={conversationName(row)}
            isGroup={row.group !== null}
          />
          <span class="row-name" translate={false} dir="auto">
            {conversationName(row)}
          </span>
        </Result>
      ))}
      {messages.length > 0 && <h2>{t('search.messages')}</h2>}
      {messages.map((message) => (
        <Result key={message.id} path={messagePath(message.conversation_id, message.id)}>
          <Avatar
            id={message.contact?.id ?? message.group?.id ?? message.id}
            name={conversationName(message)}
            isGroup={message.group !== null}
          />
          <span class="row-name" translate={false} dir="auto">
            {message.direction === 'out' ? conversationName(message) : personName(message.author ?? message.contact)}
          </span>
          <span class="row-flags">
            <time>{shortTime(message.created_at)}</time>
          </span>
          <span class="row-line">
            {message.transport !== null && <TransportGlyph transport={message.transport} />}
            <span class="row-text" translate={false} dir="auto">
              {messageLine(message)}
            </span>
          </span>
        </Result>
      ))}
    </section>
  )
}

function Result({ path, children }: { path: string; children: preact.ComponentChildren }) {
  const [, go] = useLocation()
  return (
    <a
      class="row"
      href={`#${path}`}
      onClick={(event) => {
        event.preventDefault()
        go(path)
      }}
    >
      {children}
    </a>
  )
}

/** Throws ApiProblem. */
async function find(query: string): Promise<Found> {
  const answer = await ask<Page<Message> & Partial<Found>>('GET', `/api/v1/search?q=${encodeURIComponent(query)}`)
  return { messages: answer.messages ?? answer.data ?? [], conversations: answer.conversations ?? [] }
}
