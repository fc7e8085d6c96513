/**
 * What a service worker has that a page has not (Service Workers, W3C; Push API), as far as ours uses it: TypeScript's own
 * types for workers exclude those for pages.
 */

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void
}

interface Fetching extends Waiting {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

interface Clicked extends Waiting {
  readonly notification: Notification
}

interface WindowClient {
  readonly visibilityState: DocumentVisibilityState
  focus(): Promise<unknown>
  postMessage(message: unknown): void
}

interface WorkerScope {
  readonly location: Location
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>
    openWindow(address: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener(
    type: 'install' | 'activate' | 'push' | 'pushsubscriptionchange',
    run: (event: Waiting) => void,
  ): void
  addEventListener(type: 'fetch', run: (event: Fetching) => void): void
  addEventListener(type: 'notificationclick', run: (event: Clicked) => void): void
}

export const scope = globalThis as unknown as WorkerScope
