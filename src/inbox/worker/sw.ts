/**
 * The service worker: keeps the app shell, and is woken by pushes that say nothing. It then asks the gateway over the
 * session of this browser what is new and shows that; where it cannot ask, that something is. No text of a message is
 * kept here, and none passes a push service.
 */
import type { Conversation, Page, Session, Unread } from '../api/types.ts'
import { newsOf } from './news.ts'
import { readNotebook, writeNotebook } from './notebook.ts'
import { scope } from './scope.ts'
import { fillShell, shellAnswer } from './shell-cache.ts'

const ASK_TIMEOUT_MS = 15_000
const CONVERSATIONS_MAX = 20
/** Of a notice about no conversation. */
const SOMETHING = 'something'

scope.addEventListener('install', (event) => {
  event.waitUntil(fillShell().then(() => scope.skipWaiting()))
})
scope.addEventListener('activate', (event) => {
  event.waitUntil(scope.clients.claim())
})
scope.addEventListener('fetch', (event) => {
  const answer = shellAnswer(event.request)
  if (answer !== undefined) event.respondWith(answer)
})
scope.addEventListener('push', (event) => {
  event.waitUntil(tellNews())
})
scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(show(event.notification.tag))
})
// The push service gave this browser another address.
scope.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(subscribeAnew())
})

async function tellNews(): Promise<void> {
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const isWatched = windows.some(({ visibilityState }) => visibilityState === 'visible')
  const notebook = await readNotebook()
  let hasTold = false
  try {
    const count = ask<Unread>('/api/v1/conversations/unread')
    const [unread, failed, { messages }] = await Promise.all([list('unread'), list('failed'), count])
    const { notices, told } = newsOf(unread.data, failed.data, notebook)
    await writeNotebook({ told })
    // Not in every browser.
    await navigator.setAppBadge?.(messages).catch(() => {})
    await closeRead(unread.data)
    if (!isWatched) for (const { tag, title, body } of notices) await notify(tag, title, body)
    hasTold = notices.length > 0
  } catch {
    // Signed out, or the gateway is not reached: said below.
  }
  // A browser wants something to be seen for each push.
  if (!hasTold && !isWatched) await notify(SOMETHING, notebook.words.something, '')
}

function notify(tag: string, title: string, body: string): Promise<void> {
  const looks = { icon: '/icon-192.png', badge: '/icon-badge.png' }
  return scope.registration.showNotification(title, { tag, body, ...looks, dir: 'auto' })
}

/** What was read elsewhere is no news any more. */
async function closeRead(unread: readonly Conversation[]): Promise<void> {
  const still = new Set(unread.map(({ id }) => id))
  for (const notice of await scope.registration.getNotifications()) {
    if (notice.tag === SOMETHING || !still.has(notice.tag)) notice.close()
  }
}

async function show(tag: string): Promise<void> {
  const place = tag === SOMETHING ? '/' : `/c/${tag}`
  const [window] = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (window === undefined) await scope.clients.openWindow(`/#${place}`)
  else {
    window.postMessage({ place })
    await window.focus()
  }
}

async function subscribeAnew(): Promise<void> {
  const { csrf_token: token = '' } = await ask<Session>('/api/v1/session')
  const { key } = await ask<{ key: string }>('/api/v1/push/key')
  const subscription = await scope.registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  })
  await ask('/api/v1/push/subscriptions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token },
    body: JSON.stringify(subscription),
  })
}

function list(filter: 'unread' | 'failed'): Promise<Page<Conversation>> {
  return ask(`/api/v1/conversations?filter=${filter}&limit=${CONVERSATIONS_MAX}`)
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, {
    ...init,
    credentials: 'same-origin',
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`refused: ${response.status}`)
  return (await response.json()) as T
}
