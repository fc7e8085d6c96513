/** The list of conversations as far as it was fetched, kept up to date by events; newest first, pinned ones on top. */
import { computed, signal } from '@preact/signals'
import { ApiProblem, ask } from '../api/client.ts'
import type { Conversation, Page } from '../api/types.ts'

const PAGE = 100
/** Events about one conversation within this time make one request. */
const REFRESH_AFTER_MS = 80

export const FILTERS = ['all', 'unread', 'signal', 'sms', 'groups', 'failed'] as const
export type Filter = (typeof FILTERS)[number]

const known = signal<ReadonlyMap<string, Conversation>>(new Map())
const cursor = signal<string | null | undefined>(undefined)
export const listProblem = signal<unknown>(undefined)
export const filter = signal<Filter>('all')
export const showArchived = signal(false)

/** False until the first page is here. */
export const listLoaded = computed(() => cursor.value !== undefined)

export const conversations = computed<readonly Conversation[]>(() =>
  [...known.value.values()]
    .filter(({ archived }) => archived === showArchived.value)
    .filter((row) => passes(row, filter.value))
    .sort(byImportance),
)

export const unreadTotal = computed(() =>
  [...known.value.values()].reduce((total, { unread, muted }) => total + (muted ? 0 : unread), 0),
)

export function conversationOf(id: string): Conversation | undefined {
  return known.value.get(id)
}

/** The conversation with a contact, where it was fetched. */
export function conversationWith(contactId: string): Conversation | undefined {
  return [...known.value.values()].find(({ contact }) => contact?.id === contactId)
}

/** Fetches the newest page; what was there stays until it is. */
export async function loadConversations(): Promise<void> {
  try {
    const page = await fetchPage()
    known.value = merged(page.data)
    if (cursor.peek() === undefined) cursor.value = page.next_cursor
    listProblem.value = undefined
  } catch (error) {
    listProblem.value = error
  }
}

let loadingMore = false

/** The next page, where there is one. */
export async function loadMoreConversations(): Promise<void> {
  const from = cursor.peek()
  if (loadingMore || from === null || from === undefined) return
  loadingMore = true
  try {
    const page = await fetchPage(from)
    known.value = merged(page.data)
    cursor.value = page.next_cursor
  } catch (error) {
    listProblem.value = error
  } finally {
    loadingMore = false
  }
}

const waiting = new Set<string>()
let timer: ReturnType<typeof setTimeout> | undefined

/** Fetches this conversation anew, soon. */
export function refreshConversation(id: string): void {
  waiting.add(id)
  if (timer !== undefined) return
  timer = setTimeout(() => {
    timer = undefined
    const ids = [...waiting]
    waiting.clear()
    for (const each of ids) void fetchConversation(each).catch(() => {})
  }, REFRESH_AFTER_MS)
}

/** Fetches one and keeps it. Throws ApiProblem. */
export async function fetchConversation(id: string): Promise<Conversation> {
  try {
    const row = await ask<Conversation>('GET', `/api/v1/conversations/${id}`)
    keepConversation(row)
    return row
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) dropConversation(id)
    throw error
  }
}

export function keepConversation(row: Conversation): void {
  known.value = merged([row])
}

export function dropConversation(id: string): void {
  const next = new Map(known.peek())
  if (next.delete(id)) known.value = next
}

/** Changes one and keeps what it is then. Throws ApiProblem. */
export async function changeConversation(
  id: string,
  change: Partial<Pick<Conversation, 'pinned' | 'muted' | 'archived'>> | { disappears_after: string | null },
): Promise<void> {
  keepConversation(await ask<Conversation>('PATCH', `/api/v1/conversations/${id}`, { body: change }))
}

export async function markRead(id: string): Promise<void> {
  keepConversation(await ask<Conversation>('POST', `/api/v1/conversations/${id}/read`))
}

function fetchPage(from?: string): Promise<Page<Conversation>> {
  const query = from === undefined ? '' : `&cursor=${encodeURIComponent(from)}`
  return ask('GET', `/api/v1/conversations?limit=${PAGE}${query}`)
}

function merged(rows: readonly Conversation[]): ReadonlyMap<string, Conversation> {
  const next = new Map(known.peek())
  for (const row of rows) next.set(row.id, row)
  return next
}

function byImportance(left: Conversation, right: Conversation): number {
  if (left.pinned !== right.pinned) return left.pinned ? -1 : 1
  return (right.last_message_at ?? right.created_at ?? '').localeCompare(left.last_message_at ?? left.created_at ?? '')
}

function passes({ unread, group, last_message: last }: Conversation, wanted: Filter): boolean {
  switch (wanted) {
    case 'all':
      return true
    case 'unread':
      return unread > 0
    case 'groups':
      return group !== null
    case 'signal':
      return last?.transport === 'signal'
    case 'sms':
      return last?.transport === 'sms' || last?.transport === 'mms'
    case 'failed':
      return last?.direction === 'out' && (last.status === 'failed' || last.status === 'expired')
  }
}
