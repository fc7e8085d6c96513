/** The list of conversations as far as it was fetched, kept up to date by events; newest first, pinned ones on top. */
import { computed, effect, signal } from '@preact/signals'
import { ApiProblem, ask } from '../api/client.ts'
import type { Contact, Conversation, Page, Unread } from '../api/types.ts'

const PAGE = 100
/** Events about one conversation within this time make one request. */
const REFRESH_AFTER_MS = 80

export const FILTERS = ['all', 'unread', 'signal', 'sms', 'groups', 'failed'] as const
export type Filter = (typeof FILTERS)[number]

/** How far one list (a filter, in or out of the archive) was fetched. */
interface Reach {
  /** Where its next page begins; null: that was all. */
  cursor: string | null
  /** Time of the oldest row; what is older may have gaps, and is not shown. */
  since: string
  /** What the gateway has counted to it. */
  ids: ReadonlySet<string>
}

const known = signal<ReadonlyMap<string, Conversation>>(new Map())
const reaches = signal<ReadonlyMap<string, Reach>>(new Map())
export const listProblem = signal<unknown>(undefined)
export const filter = signal<Filter>('all')
export const showArchived = signal(false)

const listKey = computed(() => `filter=${filter.value}&archived=${showArchived.value}`)
const reachNow = computed(() => reaches.value.get(listKey.value))

/** False until the first page is here. */
export const listLoaded = computed(() => reachNow.value !== undefined)

export const conversations = computed<readonly Conversation[]>(() => {
  const reach = reachNow.value
  if (reach === undefined) return []
  return [...known.value.values()]
    .filter((row) => row.archived === showArchived.value)
    .filter((row) => row.pinned || timeOf(row) >= reach.since)
    .filter((row) => passes(row, filter.value) || (filter.value === 'failed' && reach.ids.has(row.id)))
    .sort(byImportance)
})

/** Unread messages of which somebody wants to be told, as the gateway counts them: also where nothing was fetched yet. */
export const unreadTotal = signal(0)

export function conversationOf(id: string): Conversation | undefined {
  return known.value.get(id)
}

/** The conversation with a contact, where it was fetched. */
function conversationWith(contactId: string): Conversation | undefined {
  return [...known.value.values()].find(({ contact }) => contact?.id === contactId)
}

/** Fetches the newest page of the list that is shown, and what is pinned; what was there stays until they are here. */
export async function loadConversations(): Promise<void> {
  const key = listKey.peek()
  void loadUnread()
  try {
    const [page, pinned] = await Promise.all([fetchPage(key), fetchPage('pinned=true')])
    keepAll([...page.data, ...pinned.data])
    extend(key, page, reaches.peek().get(key))
    listProblem.value = undefined
  } catch (error) {
    listProblem.value = error
  }
}

/** Fetches whatever list is chosen later and was not fetched yet; until the returned function is called. */
export function followChoice(): () => void {
  return effect(() => {
    listKey.value
    if (reachNow.value === undefined && reaches.peek().size > 0) void loadConversations()
  })
}

let loadingMore = false

/** The next page, where there is one. */
export async function loadMoreConversations(): Promise<void> {
  const key = listKey.peek()
  const reach = reachNow.peek()
  if (loadingMore || reach === undefined || reach.cursor === null) return
  loadingMore = true
  try {
    const page = await fetchPage(key, reach.cursor)
    keepAll(page.data)
    extend(key, page, undefined, reach)
  } catch (error) {
    listProblem.value = error
  } finally {
    loadingMore = false
  }
}

/**
 * A page was put to a list: behind `before`, or as its first page, which leaves a list that goes further back as it is
 * where the two meet.
 */
function extend(key: string, page: Page<Conversation>, present: Reach | undefined, before?: Reach): void {
  const last = page.data.at(-1)
  const since = page.next_cursor === null || last === undefined ? '' : timeOf(last)
  const ids = new Set([...((before ?? present)?.ids ?? []), ...page.data.map(({ id }) => id)])
  const isFurther = present !== undefined && present.since <= since && page.data.some(({ id }) => present.ids.has(id))
  const next = isFurther ? { ...present, ids } : { cursor: page.next_cursor, since, ids }
  reaches.value = new Map(reaches.peek()).set(key, next)
}

/** The conversation with somebody, taken up anew where it was removed. Throws ApiProblem. */
export async function conversationFor(contact: Contact): Promise<Conversation> {
  const find = async () => {
    const path = `/api/v1/conversations?contact_id=${encodeURIComponent(contact.id)}`
    return (await ask<Page<Conversation>>('GET', path)).data[0]
  }
  let found = conversationWith(contact.id) ?? (await find())
  if (found === undefined) {
    await ask('POST', '/api/v1/contacts', { body: { address: contact.address } })
    found = await find()
  }
  if (found === undefined) throw new Error('a contact without a conversation')
  keepConversation(found)
  return found
}

let unreadAsked = 0
let unreadShown = 0

/** Counts anew what is unread; of answers that overtake each other the one that was asked last stays. */
async function loadUnread(): Promise<void> {
  unreadAsked += 1
  const asked = unreadAsked
  const answer = await ask<Unread>('GET', '/api/v1/conversations/unread').catch(() => undefined)
  if (answer === undefined || asked < unreadShown) return
  unreadShown = asked
  unreadTotal.value = answer.messages
}

const waiting = new Set<string>()
let timer: ReturnType<typeof setTimeout> | undefined

/** Fetches this conversation anew, soon, and what is unread in all. */
export function refreshConversation(id: string): void {
  waiting.add(id)
  if (timer !== undefined) return
  timer = setTimeout(() => {
    timer = undefined
    const ids = [...waiting]
    waiting.clear()
    void loadUnread()
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

function keepConversation(row: Conversation): void {
  keepAll([row])
}

export function dropConversation(id: string): void {
  const next = new Map(known.peek())
  if (next.delete(id)) known.value = next
  void loadUnread()
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

function fetchPage(list: string, from?: string): Promise<Page<Conversation>> {
  const query = from === undefined ? '' : `&cursor=${encodeURIComponent(from)}`
  return ask('GET', `/api/v1/conversations?${list}&limit=${PAGE}${query}`)
}

function keepAll(rows: readonly Conversation[]): void {
  const next = new Map(known.peek())
  for (const row of rows) next.set(row.id, row)
  known.value = next
}

function timeOf(row: Conversation): string {
  return row.last_message_at ?? row.created_at ?? ''
}

function byImportance(left: Conversation, right: Conversation): number {
  if (left.pinned !== right.pinned) return left.pinned ? -1 : 1
  return timeOf(right).localeCompare(timeOf(left))
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
