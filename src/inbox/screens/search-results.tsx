/** What was found in names and messages; a message opens its conversation at its place. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { ask } from '../api/client.ts'
import type { Contact, Conversation, Message, Page } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { conversationFor } from '../model/conversations.ts'
import { addressWords, conversationName, messageLine, personName, portraitOf } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Problem } from '../ui/problem.tsx'
import { shortTime } from '../ui/times.ts'
import { TransportGlyph } from '../ui/transport.tsx'
import { messagePath, threadPath } from './places.ts'

/** Somebody who is still typing is not searched for. */
const SETTLE_MS = 180

/** A message and the piece of it in which the words are; `ranges` in UTF-16 units of the piece. */
interface Hit {
  message: Message
  snippet: { text: string; ranges: readonly { start: number; length: number }[] }
}

interface Found extends Page<Hit> {
  conversations: Conversation[]
  /** Who has no conversation. */
  contacts: Contact[]
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
  const acting = useAct()
  const [, go] = useLocation()
  if (error !== undefined) return <Problem error={error} />
  if (found === undefined) return <p class="empty quiet">{t('search.running')}</p>
  const { data: hits, conversations, next_cursor: cursor } = found
  // A viewer begins no conversation.
  const contacts = maySend.value ? found.contacts : []
  const more = async () => {
    const next = await find(query, cursor)
    setFound((now) =>
      now === found ? { ...now, data: [...now.data, ...next.data], next_cursor: next.next_cursor } : now,
    )
  }
  if (hits.length + conversations.length + contacts.length === 0) return <p class="empty">{t('search.nothing')}</p>
  return (
    <section class="rows results" aria-label={t('search.results')}>
      {conversations.length > 0 && <h2>{t('search.people')}</h2>}
      {conversations.map((row) => (
        <Result key={row.id} path={threadPath(row.id)}>
          <Avatar
            id={row.contact?.id ?? row.group?.id ?? row.id}
            name={conversationName(row)}
            isGroup={row.group !== null}
            url={portraitOf(row)}
          />
          <span class="row-name" translate={false} dir="auto">
            {conversationName(row)}
          </span>
        </Result>
      ))}
      {contacts.length > 0 && <h2>{t('search.contacts')}</h2>}
      {contacts.map((contact) => (
        <button
          key={contact.id}
          type="button"
          class="row"
          disabled={acting.busy}
          onClick={() => void acting.run(async () => go(threadPath((await conversationFor(contact)).id)))}
        >
          <Avatar id={contact.id} name={personName(contact)} isGroup={false} url={contact.avatar_url} />
          <span class="row-name" translate={false} dir="auto">
            {personName(contact)}
          </span>
          <span class="row-line" translate={false} dir="ltr">
            {contact.name === null ? '' : addressWords(contact.address)}
          </span>
        </button>
      ))}
      {hits.length > 0 && <h2>{t('search.messages')}</h2>}
      {hits.map(({ message, snippet }) => (
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
              <Snippet message={message} snippet={snippet} />
            </span>
          </span>
        </Result>
      ))}
      {cursor !== null && (
        <button type="button" class="button" disabled={acting.busy} onClick={() => void acting.run(more)}>
          {t('search.more')}
        </button>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
    </section>
  )
}

function Result({ path, children }: { path: string; children: ComponentChildren }) {
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

/** The piece with the words that were found marked in it. */
function Snippet({ snippet: { text, ranges }, message }: Hit) {
  if (text === '') return messageLine(message)
  const pieces: ComponentChildren[] = []
  let at = 0
  for (const { start, length } of ranges) {
    pieces.push(text.slice(at, start), <mark key={start}>{text.slice(start, start + length)}</mark>)
    at = start + length
  }
  return (
    <>
      {pieces}
      {text.slice(at)}
    </>
  )
}

/** Throws ApiProblem. */
function find(query: string, cursor: string | null = null): Promise<Found> {
  const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
  return ask<Found>('GET', `/api/v1/search?q=${encodeURIComponent(query)}${from}`)
}
