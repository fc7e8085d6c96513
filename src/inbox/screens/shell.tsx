/**
 * The frame around everything: the strip on top, then the list, the conversation, and what is open beside it; three
 * panes from 1100 px, two from 720 px, one below.
 */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../languages/translate.ts'
import { conversations, unreadTotal } from '../model/conversations.ts'
import { newestInbound, shownConversation } from '../model/live.ts'
import { messageLine, personName } from '../model/people.ts'
import { EmptyThread } from '../thread/empty-thread.tsx'
import { Thread } from '../thread/thread.tsx'
import { Later } from '../ui/later.tsx'
import { AboutPanel } from './about-panel.tsx'
import { ConversationList } from './conversation-list.tsx'
import { Extras } from './extras.tsx'
import { Guide } from './first/guide.tsx'
import { NeedsLine } from './first/needs-line.tsx'
import { RestoredLine } from './first/restored-line.tsx'
import { SetUpLine } from './first/set-up-line.tsx'
import { paletteOpen } from './layers.ts'
import { MessageInfo } from './message-info.tsx'
import { NewMessage } from './new-message.tsx'
import { type Place, placeOf, threadPath } from './places.ts'
import { StatusStrip } from './status-strip.tsx'

export function Shell() {
  const [path, go] = useLocation()
  const place = placeOf(path)
  const { conversationId } = place
  const left = useRef<string>()
  useEffect(() => {
    shownConversation.value = conversationId
    // Back to where it was opened from, unless the focus is somewhere already.
    if (conversationId === undefined && left.current !== undefined && document.activeElement === document.body)
      document.querySelector<HTMLElement>(`a.row[href="#${threadPath(left.current)}"]`)?.focus()
    left.current = conversationId
  }, [conversationId])
  useEffect(() => {
    const unread = unreadTotal.value
    document.title = unread === 0 ? t('app.name') : t('app.titleUnread', { unread })
  }, [unreadTotal.value])
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent) => shortcut(event, place, go)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  })
  const isDeep = conversationId !== undefined || place.isNew === true || place.room !== undefined
  const depth = place.panel !== undefined ? 'panel' : isDeep ? 'thread' : 'list'
  return (
    <div class="shell" data-depth={depth}>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        {t('app.skip')}
      </button>
      <div class="top">
        <StatusStrip />
        <RestoredLine />
        {place.room?.name !== 'settings' && place.room?.name !== 'setup' && <NeedsLine />}
        <Guide />
        {place.room?.name !== 'setup' && <SetUpLine />}
      </div>
      <main class="panes">
        <h1 class="visually-hidden">{t('app.name')}</h1>
        <ConversationList selected={conversationId} />
        <div id="main" class="pane thread-pane" tabIndex={-1}>
          {place.room !== undefined ? (
            <Later key={place.room.name} name={place.room.name} with={{ section: place.room.section }} />
          ) : place.isNew === true ? (
            <NewMessage />
          ) : conversationId === undefined ? (
            <EmptyThread />
          ) : (
            <Thread key={conversationId} conversationId={conversationId} jumpTo={place.messageId} />
          )}
        </div>
        {conversationId !== undefined && place.panel !== undefined && (
          <section class="pane panel" aria-label={t('panel.label')}>
            {place.panel.kind === 'about' ? (
              <AboutPanel key={conversationId} conversationId={conversationId} />
            ) : (
              <MessageInfo
                key={place.panel.messageId}
                conversationId={conversationId}
                messageId={place.panel.messageId}
              />
            )}
          </section>
        )}
      </main>
      <Extras />
      <Announcer />
    </div>
  )
}

/** Says what came in, to those who hear the page; nothing else is announced. */
function Announcer() {
  const message = newestInbound.value?.message
  return (
    <p class="visually-hidden" role="status" aria-live="polite" translate={false}>
      {message === undefined
        ? ''
        : t('thread.announce', { name: personName(message.author ?? message.contact), text: messageLine(message) })}
    </p>
  )
}

function shortcut(event: KeyboardEvent, place: Place, go: (path: string) => void): void {
  const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select')
  if (event.key === 'Escape' && !event.defaultPrevented) {
    if (document.querySelector('dialog[open], [popover]:popover-open') !== null) return
    if (place.panel !== undefined && place.conversationId !== undefined) go(threadPath(place.conversationId))
    else if (mayLeave(event.target) && (place.conversationId ?? place.isNew ?? place.room) !== undefined) {
      go('/')
    }
    return
  }
  if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    const rows = conversations.peek()
    const now = rows.findIndex(({ id }) => id === place.conversationId)
    const next = rows[event.key === 'ArrowDown' ? now + 1 : Math.max(0, now - 1)]
    if (next !== undefined) go(threadPath(next.id))
    event.preventDefault()
    return
  }
  const key = event.key.toLowerCase()
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && (key === 'k' || key === 'n')) {
    event.preventDefault()
    if (key === 'n') go('/new')
    else paletteOpen.value = true
    return
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === '/') {
    event.preventDefault()
    document.getElementById('search')?.focus()
  } else if (event.key === 'n') {
    event.preventDefault()
    go('/new')
  }
}

/** Whether Escape leaves what this is in: a field in which something is written keeps it. */
function mayLeave(target: EventTarget | null): boolean {
  if (target instanceof HTMLSelectElement) return false
  return !(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) || target.value === ''
}
