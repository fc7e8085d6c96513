/**
 * The messages, of which only those that can be seen are in the page. Stays at the end while somebody is there, stays
 * where it is otherwise; fetches what is older when it is scrolled to; says that it was read when it was seen.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { markRead } from '../model/conversations.ts'
import { unsentOf } from '../model/outbox.ts'
import { maySend } from '../model/session.ts'
import { loadOlder, reach, type Thread } from '../model/threads.ts'
import { ArrowDown } from '../ui/icons.ts'
import { dayName } from '../ui/times.ts'
import { type ListHandle, VirtualList } from '../ui/virtual-list.tsx'
import { type Entry, entriesOf } from './entries.ts'
import { MessageEntry } from './message-entry.tsx'
import { UnsentEntry } from './unsent-entry.tsx'

/** This near to the end counts as there. */
const END_WITHIN_PX = 80
/** Within so many pixels of the beginning the page before is fetched. */
const OLDER_WITHIN_PX = 700

interface LogProps {
  conversation: Conversation
  thread: Thread
  jumpTo: string | undefined
}

export function MessageLog({ conversation, thread, jumpTo }: LogProps) {
  const { id: conversationId } = conversation
  const unsent = unsentOf(conversationId, thread.messages)
  const entries = useMemo(
    () => entriesOf(thread.messages, unsent, dayOf),
    [thread.messages, unsent.map(({ key, refusal }) => key + refusal).join()],
  )
  const list = useRef<ListHandle>(null)
  const holder = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const lastOffset = useRef(0)
  const [isAtEnd, setIsAtEnd] = useState(true)
  const [missing, setMissing] = useState(false)
  const firstKey = entries.find(({ kind }) => kind === 'message')?.key
  const previousFirst = useRef(firstKey)
  const grewInFront = previousFirst.current !== undefined && previousFirst.current !== firstKey
  useEffect(() => {
    previousFirst.current = firstKey
  })

  const lastKey = entries.at(-1)?.key
  // What is pressed must not move away under the pointer: it would be let go over something else, and no click come of it.
  const isPressed = useRef(false)
  // Not by the list's own way, which comes back for some time to where it was sent, whoever scrolls elsewhere meanwhile:
  // as long as this is the end, it is gone to again with every change of size (below).
  const toEnd = () => {
    const log = holder.current?.querySelector('.log')
    if (!isPressed.current && log !== null && log !== undefined) log.scrollTop = log.scrollHeight
  }
  const whereNow = useRef(() => {
    const log = holder.current?.querySelector('.log')
    if (log === null || log === undefined) return
    // All of them as they are now: the list hears later of what has become lower, and the end would seem to be far.
    const { scrollTop, scrollHeight, clientHeight } = log
    // What grows (a picture comes) takes nobody away from the end, whoever hears of it first: only going up does.
    if (scrollHeight - clientHeight - scrollTop < END_WITHIN_PX) atEnd.current = true
    else if (scrollTop < lastOffset.current) atEnd.current = false
    lastOffset.current = scrollTop
    setIsAtEnd(atEnd.current)
  })
  const toEndNow = useRef(toEnd)
  toEndNow.current = toEnd
  const pressed = () => {
    isPressed.current = true
    const letGo = new AbortController()
    for (const end of ['pointerup', 'pointercancel']) {
      addEventListener(
        end,
        () => {
          letGo.abort()
          // The click comes before.
          setTimeout(() => {
            isPressed.current = false
            if (atEnd.current) toEndNow.current()
          })
        },
        { signal: letGo.signal },
      )
    }
  }
  // The end of a touch is told to what it began on. Scrolled out of the page, that tells nobody else; and the list, which takes
  // no press while it is touched, would wait for it for ever.
  const touched = ({ target }: TouchEvent) => {
    const ended = () => {
      if (target instanceof Node && !target.isConnected)
        holder.current?.querySelector('.log')?.dispatchEvent(new Event('touchend'))
    }
    for (const end of ['touchend', 'touchcancel']) target?.addEventListener(end, ended, { once: true })
  }
  // Whoever sends sees what they have sent, wherever they were reading and whatever they had come for.
  const sentAt = unsent.at(-1)?.createdAt ?? ''
  const seenSentAt = useRef(sentAt)
  useLayoutEffect(() => {
    const hasSent = sentAt > seenSentAt.current
    if (hasSent) {
      seenSentAt.current = sentAt
      atEnd.current = true
      setIsAtEnd(true)
    }
    // The list's own way, since only that ends a jump that still goes on.
    if (hasSent && jumpTo !== undefined) list.current?.scrollToIndex(entries.length - 1, { align: 'end' })
    else if (atEnd.current && jumpTo === undefined) toEnd()
  }, [lastKey, entries.length, thread.messages, sentAt])

  // Bubbles that grow (a picture comes, a state changes) must not push the end away.
  useEffect(() => {
    const scroller = holder.current?.querySelector('.log')
    if (scroller === null || scroller === undefined) return
    const observer = new ResizeObserver(() => {
      if (atEnd.current) toEnd()
      // What shrinks until its end is in sight is not scrolled, and nothing else tells of it.
      whereNow.current()
    })
    observer.observe(scroller)
    if (scroller.firstElementChild !== null) observer.observe(scroller.firstElementChild)
    return () => observer.disconnect()
  }, [entries.length])

  useEffect(() => {
    if (jumpTo === undefined) return
    let isWanted = true
    void reach(conversationId, jumpTo).then((found) => {
      if (!isWanted) return
      setMissing(!found)
      atEnd.current = false
      setJump({ to: jumpTo })
    })
    return () => {
      isWanted = false
    }
  }, [jumpTo])
  const [jump, setJump] = useState<{ to: string } | undefined>(undefined)
  useLayoutEffect(() => {
    const index = entries.findIndex((entry) => isAbout(entry, jump?.to))
    if (index !== -1) list.current?.scrollToIndex(index, { align: 'center' })
  }, [jump])

  useReadMark(conversation, isAtEnd)

  const scrolled = (offset: number) => {
    whereNow.current()
    if (offset < OLDER_WITHIN_PX && thread.olderCursor !== undefined) void loadOlder(conversationId)
  }
  if (entries.length === 0) {
    return (
      <div class="log-holder">
        <p class="empty quiet">{thread.olderCursor === undefined ? t('app.opening') : t('thread.empty')}</p>
      </div>
    )
  }
  return (
    <div class="log-holder" ref={holder} onPointerDown={pressed} onTouchStart={touched}>
      <VirtualList
        class="log"
        role="log"
        label={t('thread.log')}
        items={entries}
        handle={list}
        shift={grewInFront}
        onScroll={scrolled}
        onKeyDown={moveAmongMessages}
        render={(entry) => {
          switch (entry.kind) {
            case 'day':
              return (
                <p key={entry.key} class="day">
                  <span>{dayName(entry.at)}</span>
                </p>
              )
            case 'unsent':
              return <UnsentEntry key={entry.key} unsent={entry.unsent} mayEdit={conversation.state === 'open'} />
            case 'message':
              return (
                <MessageEntry
                  key={entry.key}
                  entry={entry}
                  conversation={conversation}
                  isTarget={isAbout(entry, jumpTo)}
                />
              )
          }
        }}
      />
      {missing && <p class="log-note">{t('thread.notFound')}</p>}
      {!isAtEnd && (
        <button
          type="button"
          class="to-end"
          aria-label={t('thread.toEnd')}
          onClick={() => {
            atEnd.current = true
            toEnd()
          }}
        >
          <ArrowDown aria-hidden="true" />
          {conversation.unread > 0 && <span class="badge">{conversation.unread}</span>}
        </button>
      )}
    </div>
  )
}

/** It is this message, or has it as a reaction. */
function isAbout(entry: Entry, messageId: string | undefined): boolean {
  return (
    entry.kind === 'message' &&
    (entry.key === messageId || entry.tapbacks.some(({ message: { id } }) => id === messageId))
  )
}

/** Says "read" while the end of the conversation is in front of somebody. */
function useReadMark({ id, unread, state }: Conversation, isAtEnd: boolean): void {
  const [isLooking, setIsLooking] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const look = () => setIsLooking(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  const isRead = unread > 0 && isAtEnd && isLooking && maySend.value && state === 'open'
  useEffect(() => {
    if (isRead) void markRead(id).catch(() => {})
  }, [isRead, unread])
}

/** What two times of one day have in common; words would take too long for thousands of messages. */
function dayOf(at: string): string {
  return new Date(at).toDateString()
}

/** Arrows go from bubble to bubble. */
function moveAmongMessages(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const log = event.currentTarget
  const from = event.target
  if (step === 0 || event.altKey || !(log instanceof HTMLElement) || !(from instanceof HTMLElement)) return
  if (from !== log && !from.classList.contains('entry')) return
  event.preventDefault()
  const bubbles = [...log.querySelectorAll<HTMLElement>('.entry')]
  const now = bubbles.indexOf(from)
  const next = now === -1 ? bubbles.at(-1) : bubbles[now + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
