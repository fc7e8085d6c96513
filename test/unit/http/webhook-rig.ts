/** The API with a worker that delivers webhooks to an endpoint of ours; its clock can be moved ahead, its names are a table. */
import { expect } from 'vitest'
import { WEBHOOK_EVENTS } from '../../../src/domain/webhook.ts'
import type { Resolve } from '../../../src/http/webhooks/target.ts'
import { WebhookWorker } from '../../../src/http/webhooks/worker.ts'
import type { Answer } from './answer.ts'
import { type Endpoint, startEndpoint } from './endpoint.ts'
import type { Reply } from './exchange.ts'
import { type Rig, startRig } from './rig.ts'

export class WebhookRig {
  readonly rig: Rig
  readonly endpoint: Endpoint
  worker: WebhookWorker
  /** By so much the gateway's clock is ahead. */
  aheadMs = 0
  /** The addresses of each name; others are not found. */
  names: Record<string, string[]> = {}
  /** Names that were looked up. */
  readonly asked: string[] = []

  private constructor(rig: Rig, endpoint: Endpoint) {
    this.rig = rig
    this.endpoint = endpoint
    rig.ports.clock = () => Date.now() + this.aheadMs
    this.worker = this.startWorker()
  }

  static async open(): Promise<WebhookRig> {
    return new WebhookRig(await startRig(), await startEndpoint())
  }

  async close(): Promise<void> {
    await this.worker.stop()
    await this.rig.stop()
    await this.endpoint.stop()
  }

  /** As at a start of the gateway. */
  startWorker(): WebhookWorker {
    const { db, events, ids, clock, log } = this.rig.ports
    this.worker = new WebhookWorker({ db, events, ids, clock, resolve: this.#resolve, log, version: '1.2.3' })
    this.rig.ports.webhooks = this.worker
    this.worker.start()
    return this.worker
  }

  api(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const body = json === undefined ? {} : { json }
    return this.rig.call(method, `/api/v1/webhooks${path}`, { local: true, headers, ...body })
  }

  async add(events: readonly string[] = WEBHOOK_EVENTS, url = this.endpoint.url) {
    const { status, body } = await this.api('POST', '', { url, events })
    expect(status).toBe(201)
    return body as { id: string; secret: string }
  }

  async send(text: string): Promise<string> {
    const json = { to: '+15550000201', text }
    const { body } = await this.rig.call('POST', '/api/v1/messages', { local: true, json })
    return body.id
  }

  /** Waits for what the API says of a delivery. */
  async delivery(webhook: string, id: string, condition: (body: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const { body } = await this.api('GET', `/${webhook}/deliveries/${id}`)
      if (condition(body)) return body
      await new Promise((again) => setTimeout(again, 10))
    }
  }

  async listed(webhook: string) {
    return (await this.api('GET', `/${webhook}/deliveries`)).body.data
  }

  /** Lets the time of the next attempt come. */
  async later(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const next = await this.rig.db
        .selectFrom('webhook_deliveries')
        .select('due_at_ms')
        .where('due_at_ms', 'is not', null)
        .orderBy('due_at_ms')
        .executeTakeFirst()
      if (next?.due_at_ms != null) this.aheadMs = Math.max(this.aheadMs, next.due_at_ms - Date.now())
      this.worker.poke()
      await new Promise((again) => setTimeout(again, 10))
    }
  }

  readonly #resolve: Resolve = async (name) => {
    this.asked.push(name)
    const found = this.names[name]
    if (found === undefined) throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
    return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
}
