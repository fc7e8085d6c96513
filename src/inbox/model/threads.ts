/** The messages of conversations that were opened, oldest first, as far back as somebody has scrolled. */
import { type Signal, signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Message, Page } from '../api/types.ts'

const PAGE = 60
/** A jump fetches larger pages, and gives up after so many. */
const JUMP_PAGE = 200
const JUMP_PAGES_MAX = 60
/** Of threads that nobody looks at, so many stay in memory. */
const THREADS_MAX = 12

export interface Thread {
  messages: readonly Message[]
  /** Undefined: nothing was fetched yet; null: this is the beginning. */
  olderCursor: string | null | undefined
  problem: unknown
}

const threads = new Map<string, Signal<Thread>>()

export function threadOf(conversationId: string): Signal<Thread> {
  const thread =
    threads.get(conversationId) ?? signal<Thread>({ messages: [], olderCursor: undefined, problem: undefined })
  // The one that was asked for last is the last to go.
  threads.delete(conversationId)
  threads.set(conversationId, thread)
  for (const id of threads.keys()) {
    if (threads.size <= THREADS_MAX) break
    threads.delete(id)
  }
  return thread
}

/** Fetches the newest messages; what was there before stays if it joins up with them, else it is fetched anew. */
export async function loadThread(conversationId: string): Promise<void> {
  const thread = threadOf(conversationId)
  try {
    const page = await fetchPage(conversationId, PAGE)
    const before = thread.peek()
    const joins = page.next_cursor === null || page.data.some(({ id }) => before.messages.some((row) => row.id === id))
    thread.value = {
      messages: sorted(joins ? [...before.messages, ...page.data] : page.data),
      olderCursor: joins && before.olderCursor !== undefined ? before.olderCursor : page.next_cursor,
      problem: undefined,
    }
  } catch (problem) {
    thread.value = { ...thread.peek(), problem }
  }
}

/** What is known is fetched anew where it may have changed while nobody listened. */
export async function reloadThreads(shown: string | undefined): Promise<void> {
  for (const id of [...threads.keys()]) if (id !== shown) threads.delete(id)
  if (shown !== undefined) await loadThread(shown)
}

/** Fetches it anew: messages have come to it or left it. */
export async function resetThread(id: string): Promise<void> {
  if (!threads.has(id)) return
  threadOf(id).value = { messages: [], olderCursor: undefined, problem: undefined }
  await loadThread(id)
}

const loadingOlder = new Set<string>()

/** One page further back. */
export async function loadOlder(conversationId: string, limit = PAGE): Promise<void> {
  const thread = threadOf(conversationId)
  const { olderCursor } = thread.peek()
  if (typeof olderCursor !== 'string' || loadingOlder.has(conversationId)) return
  loadingOlder.add(conversationId)
  try {
    const page = await fetchPage(conversationId, limit, olderCursor)
    const messages = sorted([...page.data, ...thread.peek().messages])
    thread.value = { messages, olderCursor: page.next_cursor, problem: undefined }
  } catch (problem) {
    thread.value = { ...thread.peek(), problem }
  } finally {
    loadingOlder.delete(conversationId)
  }
}

/** Fetches back until this message is there. Resolves false when it is not within reach. */
export async function reach(conversationId: string, messageId: string): Promise<boolean> {
  const thread = threadOf(conversationId)
  if (thread.peek().olderCursor === undefined) await loadThread(conversationId)
  for (let page = 0; page < JUMP_PAGES_MAX; page++) {
    const { messages, olderCursor, problem } = thread.peek()
    if (messages.some(({ id }) => id === messageId)) return true
    if (typeof olderCursor !== 'string' || problem !== undefined) return false
    await loadOlder(conversationId, JUMP_PAGE)
  }
  return false
}

/** A message as it is now: new, or in the place of its former self. */
export function keepMessage(message: Message): void {
  const thread = threads.get(message.conversation_id)
  if (thread === undefined || thread.peek().olderCursor === undefined) return
  const now = thread.peek()
  const [oldest] = now.messages
  // Older than what was fetched: it comes when somebody scrolls there.
  if (typeof now.olderCursor === 'string' && oldest !== undefined && order(message, oldest) < 0) return
  thread.value = { ...now, messages: sorted([...now.messages, message]) }
}

export function dropMessage(id: string): void {
  for (const thread of threads.values()) {
    const now = thread.peek()
    if (now.messages.some((message) => message.id === id)) {
      thread.value = { ...now, messages: now.messages.filter((message) => message.id !== id) }
    }
  }
}

export function dropThread(conversationId: string): void {
  threads.delete(conversationId)
}

function fetchPage(conversationId: string, limit: number, cursor?: string): Promise<Page<Message>> {
  const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
  return ask('GET', `/api/v1/conversations/${conversationId}/messages?limit=${limit}${query}`)
}

/** In order, each once; of two versions the later. */
function sorted(messages: readonly Message[]): readonly Message[] {
  const byId = new Map<string, Message>()
  for (const message of messages) {
    const known = byId.get(message.id)
    if (known === undefined || (known.updated_at ?? '') <= (message.updated_at ?? '')) byId.set(message.id, message)
  }
  return [...byId.values()].sort(order)
}

function order(left: Message, right: Message): number {
  // Times in one form and ids of ours: their code units are in order, and comparing words would take ten times as long.
  return compare(left.created_at ?? '', right.created_at ?? '') || compare(left.id, right.id)
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
