/**
 * Waking a browser in tests: a push service on loopback that remembers what it was to pass on, and what a push service and a
 * person do to a service worker.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, CDPSession } from 'playwright-core'

/** Chromium's own push service is far away: the subscriptions of these windows lead to ours. */
export async function pretendToSubscribe(context: BrowserContext, origin: string, service: PushService): Promise<void> {
  await context.grantPermissions(['notifications'], { origin })
  await context.addInitScript(`
    const subscription = { endpoint: '${service.endpoint}', toJSON: () => ({ endpoint: '${service.endpoint}' }), unsubscribe: async () => true }
    PushManager.prototype.subscribe = async () => subscription
    PushManager.prototype.getSubscription = async () => null
  `)
}

interface Wake {
  headers: IncomingMessage['headers']
  body: string
}

/** A push service on loopback that only remembers what it was asked to pass on. */
export class PushService {
  readonly #server: Server
  readonly #wakes: Wake[] = []
  #arrived = () => {}

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (piece: string) => {
        body += piece
      })
      request.once('end', () => {
        this.#wakes.push({ headers: request.headers, body })
        response.writeHead(201).end()
        this.#arrived()
      })
    })
  }

  static async open(): Promise<PushService> {
    const service = new PushService()
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/wake`
  }

  async next(): Promise<Wake> {
    while (this.#wakes.length === 0) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
    return this.#wakes.shift() as Wake
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The service worker of a browser, over the debugger: what a push service would do to it. */
export class Worker {
  readonly #session: CDPSession
  readonly #context: BrowserContext
  readonly #registrationId: string
  readonly #origin: string

  private constructor(session: CDPSession, context: BrowserContext, registrationId: string, origin: string) {
    this.#session = session
    this.#context = context
    this.#registrationId = registrationId
    this.#origin = origin
  }

  static async of(context: BrowserContext, origin: string): Promise<Worker> {
    const session = await context.newCDPSession(await context.newPage())
    const found = new Promise<string>((resolve) => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const mine = registrations.find(({ scopeURL }) => scopeURL === `${origin}/`)
        if (mine !== undefined) resolve(mine.registrationId)
      })
    })
    await session.send('ServiceWorker.enable')
    return new Worker(session, context, await found, origin)
  }

  /** A push without a payload. */
  async push(): Promise<void> {
    const { data, registrationId, origin } = { data: '', registrationId: this.#registrationId, origin: this.#origin }
    await this.#session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
  }

  /** What is shown now: `title|body`. */
  async notices(): Promise<readonly string[]> {
    const [worker] = this.#context.serviceWorkers()
    const words = await worker?.evaluate(`(async () => {
      return (await registration.getNotifications()).map(({ title, body }) => title + '|' + body)
    })()`)
    return (words ?? []) as string[]
  }

  /** A person clicks on the notice about this conversation. */
  async click(tag: string): Promise<void> {
    const [worker] = this.#context.serviceWorkers()
    await worker?.evaluate(`(async () => {
      const [notification] = await registration.getNotifications({ tag: ${JSON.stringify(tag)} })
      // Only after a real click a worker may bring a window to the front.
      WindowClient.prototype.focus = async function () { return this }
      self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
    })()`)
  }

  /** How much notices say, as the worker reads it. */
  async preview(): Promise<unknown> {
    const [worker] = this.#context.serviceWorkers()
    return await worker?.evaluate(`new Promise((resolve) => {
      const opening = indexedDB.open('causeway-worker', 1)
      opening.onsuccess = () => {
        const asking = opening.result.transaction('notebook').objectStore('notebook').get('notebook')
        asking.onsuccess = () => {
          opening.result.close()
          resolve(asking.result?.preview)
        }
      }
    })`)
  }
}
