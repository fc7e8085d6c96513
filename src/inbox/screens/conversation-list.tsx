/** The left pane: search, filters, and the conversations, of which only those that can be seen are in the page. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../languages/translate.ts'
import {
  conversations,
  FILTERS,
  filter,
  listLoaded,
  listProblem,
  loadConversations,
  loadMoreConversations,
  showArchived,
} from '../model/conversations.ts'
import { maySend } from '../model/session.ts'
import { Archive, Pencil, Search, X } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'
import { type ListHandle, VirtualList } from '../ui/virtual-list.tsx'
import { ConversationRow } from './conversation-row.tsx'
import { threadPath } from './places.ts'
import { SearchResults } from './search-results.tsx'

/** Within so many pixels of the end the next page is fetched. */
const MORE_WITHIN_PX = 600

export function ConversationList({ selected }: { selected: string | undefined }) {
  const [query, setQuery] = useState('')
  const [, go] = useLocation()
  return (
    <nav class="pane list-pane" aria-label={t('list.label')}>
      <div class="list-head">
        <h2>{showArchived.value ? t('list.archived') : t('list.title')}</h2>
        <button
          type="button"
          class="icon-button"
          aria-pressed={showArchived.value}
          aria-label={t('list.archived')}
          title={t('list.archived')}
          onClick={() => {
            showArchived.value = !showArchived.value
          }}
        >
          <Archive aria-hidden="true" />
        </button>
        {maySend.value && (
          <button
            type="button"
            class="icon-button strong"
            aria-label={t('list.new')}
            title={t('list.new')}
            onClick={() => go('/new')}
          >
            <Pencil aria-hidden="true" />
          </button>
        )}
      </div>
      <div class="search-box">
        <Search aria-hidden="true" />
        <input
          id="search"
          type="search"
          placeholder={t('search.placeholder')}
          aria-label={t('search.label')}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return
            event.preventDefault()
            setQuery('')
            event.currentTarget.blur()
          }}
        />
        {query !== '' && (
          <button type="button" class="icon-button" aria-label={t('search.clear')} onClick={() => setQuery('')}>
            <X aria-hidden="true" />
          </button>
        )}
      </div>
      {query.trim() === '' ? (
        <>
          <Filters />
          <Rows selected={selected} />
        </>
      ) : (
        <SearchResults query={query.trim()} />
      )}
    </nav>
  )
}

function Filters() {
  return (
    <fieldset class="filters">
      <legend class="visually-hidden">{t('filter.label')}</legend>
      {FILTERS.map((name) => (
        <button
          key={name}
          type="button"
          class={`chip ${name}`}
          aria-pressed={filter.value === name}
          onClick={() => {
            filter.value = name
          }}
        >
          {t(`filter.${name}`)}
        </button>
      ))}
    </fieldset>
  )
}

function Rows({ selected }: { selected: string | undefined }) {
  const rows = conversations.value
  const list = useRef<ListHandle>(null)
  const [entered, setEntered] = useState<string | undefined>(undefined)
  const [, go] = useLocation()
  const selectedIndex = rows.findIndex(({ id }) => id === selected)
  useEffect(() => {
    // Alt and the arrows may have gone beyond what can be seen; on a phone nobody sees the list then.
    if (selectedIndex !== -1 && matchMedia('(min-width: 720px)').matches)
      list.current?.scrollToIndex(selectedIndex, { align: 'nearest' })
  }, [selected])
  if (!listLoaded.value) {
    if (listProblem.value === undefined) return <Skeleton />
    return <Problem error={listProblem.value} retry={() => void loadConversations()} />
  }
  if (rows.length === 0) return <NoRows />
  const isThere = rows.some(({ id }) => id === entered)
  const stop = isThere ? entered : selectedIndex === -1 ? rows[0]?.id : selected
  return (
    <VirtualList
      class="rows"
      role="group"
      label={t('list.label')}
      items={rows}
      handle={list}
      keep={selectedIndex === -1 ? [] : [selectedIndex]}
      onScroll={(offset) => {
        const { scrollSize = 0, viewportSize = 0 } = list.current ?? {}
        if (scrollSize - viewportSize - offset < MORE_WITHIN_PX) void loadMoreConversations()
      }}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
        if (step === 0 || event.altKey || event.defaultPrevented || !(event.currentTarget instanceof HTMLElement))
          return
        event.preventDefault()
        const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a.row')]
        const now = links.indexOf(document.activeElement as HTMLElement)
        const next = links[now === -1 ? 0 : Math.max(0, Math.min(links.length - 1, now + step))]
        next?.focus()
      }}
      render={(row) => (
        <ConversationRow
          key={row.id}
          row={row}
          isSelected={row.id === selected}
          isStop={row.id === stop}
          enter={() => setEntered(row.id)}
          open={() => go(threadPath(row.id))}
        />
      )}
    />
  )
}

function NoRows() {
  const isFiltered = filter.value !== 'all' || showArchived.value
  return (
    <div class="empty">
      <p>{isFiltered ? t('list.noneHere') : t('list.none')}</p>
      {!isFiltered && <p class="quiet">{t('list.noneHint')}</p>}
    </div>
  )
}

function Skeleton() {
  return (
    <div class="rows skeleton" aria-busy="true">
      <span class="visually-hidden">{t('app.opening')}</span>
      {[0, 1, 2, 3, 4].map((index) => (
        <div key={index} class="row" aria-hidden="true">
          <span class="avatar" />
          <span class="bone" />
        </div>
      ))}
    </div>
  )
}
