/**
 * Being woken while no page is open: the service worker, this browser's subscription at its push service, and how much a
 * notification may say. A subscription belongs to the session, so it is handed in again after each signing in.
 */
import { effect, signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import { fetchForWorker, t } from '../languages/translate.ts'
import { BLANK, type Preview, readNotebook, writeNotebook } from '../worker/notebook.ts'
import { unreadTotal } from './conversations.ts'
import { session, whenLeaving } from './session.ts'

const SUBSCRIPTIONS = '/api/v1/push/subscriptions'

/** `insecure`: the page came over plain http; `unable`: this browser has no push, or not before it is installed. */
export type Waking = 'on' | 'off' | 'denied' | 'insecure' | 'unable'

export const waking = signal<Waking>(standing())
export const preview = signal<Preview>(BLANK.preview)

function standing(): Waking {
  if (!globalThis.isSecureContext) return 'insecure'
  if (!('serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis)) return 'unable'
  return Notification.permission === 'denied' ? 'denied' : 'off'
}

/** Registers the worker, and keeps its words, the badge and the subscription as they are to be. `go` opens a place. */
export function startWorker(go: (place: string) => void): void {
  effect(() => {
    const count = unreadTotal.value
    if (session.value?.state === 'signed-in') void navigator.setAppBadge?.(count).catch(() => {})
  })
  if (!('serviceWorker' in navigator)) return
  whenLeaving(forgetWaking)
  navigator.serviceWorker.register('/sw.js').catch(() => {})
  navigator.serviceWorker.addEventListener('controllerchange', () => void fetchForWorker().catch(() => {}))
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<{ place?: unknown }>) => {
    if (typeof data?.place === 'string') go(data.place)
  })
  effect(() => {
    const name = '{name}'
    const words = {
      message: t('push.message', { name }),
      failed: t('push.failed', { name }),
      something: t('push.something'),
    }
    if (session.value?.state === 'signed-in') void writeNotebook({ words })
  })
  effect(() => {
    if (session.value?.state === 'signed-in') void takeUp().catch(() => {})
  })
}

/** The subscription of before, under the session of now. */
async function takeUp(): Promise<void> {
  const before = preview.peek()
  const kept = (await readNotebook()).preview
  // Who has chosen meanwhile has chosen.
  if (preview.peek() === before) preview.value = kept
  if (waking.peek() !== 'off') return
  const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription()
  if (subscription === null) return
  await ask('POST', SUBSCRIPTIONS, { body: subscription.toJSON() })
  waking.value = 'on'
}

/** Asks the person, the push service and the gateway. Throws ApiProblem, or what the browser says. */
export async function wakeMe(): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') {
    waking.value = standing()
    return
  }
  const { key } = await ask<{ key: string }>('GET', '/api/v1/push/key')
  const { pushManager } = await navigator.serviceWorker.ready
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  await ask('POST', SUBSCRIPTIONS, { body: subscription.toJSON() })
  waking.value = 'on'
}

/** Throws ApiProblem. */
export async function letMeSleep(): Promise<void> {
  const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription()
  await subscription?.unsubscribe()
  await ask('DELETE', SUBSCRIPTIONS)
  waking.value = 'off'
}

export async function showInNotices(how: Preview): Promise<void> {
  preview.value = how
  await writeNotebook({ preview: how })
}

/** Nobody is told here any more of what came for whoever has left. */
async function forgetWaking(): Promise<void> {
  await writeNotebook(BLANK)
  await navigator.setAppBadge?.(0).catch(() => {})
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.getRegistration()
  for (const notice of (await registration?.getNotifications()) ?? []) notice.close()
  await (await registration?.pushManager?.getSubscription())?.unsubscribe()
}
