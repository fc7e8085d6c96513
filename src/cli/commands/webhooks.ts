/** Webhooks: who is told of what, whether that works, and what was and is to be delivered. */
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { PageJson } from '../json.ts'
import { clock, json, line, printable, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface WebhookJson {
  id: string
  url: string
  description: string
  events: string[]
  status: string
  reason: string | null
  failing_since: string | null
  last_delivered_at: string | null
  previous_secret_until: string | null
}

interface DeliveryJson {
  id: string
  type: string
  event_at: string
  status: string
  attempts: number
  next_attempt_at: string | null
  reason: string | null
  settled_at: string | null
  log?: { n: number; at: string; http_status: number | null; took_ms: number; reason: string | null }[]
}

const ROOT = '/api/v1/webhooks'
const DELIVERIES_SHOWN = 50
/** How long the test button waits for what came of it. */
const TEST_TIMEOUT_MS = 20_000
const TEST_POLL_MS = 250

const at = (id: string, ...more: string[]) => [ROOT, ...[id, ...more].map(encodeURIComponent)].join('/')

/** Prints the secret alone on standard output, so that it can be taken up by a script. */
export async function add(url: string, options: Options & { events: string[]; description?: string }): Promise<void> {
  const events = options.events.flatMap((word) => word.split(',')).filter((word) => word !== '')
  const body = { url, events, ...(options.description === undefined ? {} : { description: options.description }) }
  const made = await call<WebhookJson & { secret: string }>(await findGateway(options), 'POST', ROOT, body)
  if (options.json === true) return json(made)
  process.stderr.write(`${made.id} is told of ${made.events.join(', ')}. Its secret, shown this once:\n`)
  line(made.secret)
}

export async function list(options: Options): Promise<void> {
  const { data } = await call<{ data: WebhookJson[] }>(await findGateway(options), 'GET', ROOT)
  if (options.json === true) for (const each of data) json(each)
  else if (data.length === 0) line('No webhooks.')
  else table(data.map(({ id, status, url, reason }) => [id, status, printable(url), printable(reason ?? '')]))
}

export async function show(id: string, options: Options): Promise<void> {
  const webhook = await call<WebhookJson>(await findGateway(options), 'GET', at(id))
  if (options.json === true) return json(webhook)
  table(
    [
      ['id', webhook.id],
      ['address', webhook.url],
      ['what for', webhook.description],
      ['events', webhook.events.join(', ')],
      ['status', webhook.status],
      ['reason', webhook.reason ?? ''],
      ['failing since', clock(webhook.failing_since)],
      ['last delivered', clock(webhook.last_delivered_at)],
      ['old secret until', clock(webhook.previous_secret_until)],
    ]
      .filter(([, value]) => value !== '')
      .map(([name = '', value = '']) => [name, printable(value)]),
  )
}

/** Sends one now and says what came of it; exit 1 when it was not taken. */
export async function test(id: string, options: Options): Promise<number> {
  const gateway = await findGateway(options)
  const made = await call<DeliveryJson>(gateway, 'POST', at(id, 'test'))
  const ended = await settled(gateway, id, made.id)
  if (options.json === true) json(ended)
  else line(`${ended.id}  ${ended.status}${ended.reason === null ? '' : `: ${printable(ended.reason)}`}`)
  return ended.status === 'delivered' ? EXIT.ok : EXIT.failed
}

/** Waits for the first attempt's outcome. */
async function settled(gateway: Address, id: string, delivery: string): Promise<DeliveryJson> {
  for (let waitedMs = 0; waitedMs < TEST_TIMEOUT_MS; waitedMs += TEST_POLL_MS) {
    const now = await call<DeliveryJson>(gateway, 'GET', at(id, 'deliveries', delivery))
    if (now.attempts > 0) return now
    await new Promise((resolve) => setTimeout(resolve, TEST_POLL_MS))
  }
  throw new ExitError(EXIT.failed, 'Nothing came of it yet: is the webhook paused or disabled? See `webhooks show`.')
}

export async function deliveries(
  id: string,
  delivery: string | undefined,
  options: Options & { status?: string; limit?: string },
): Promise<void> {
  const gateway = await findGateway(options)
  if (delivery !== undefined) {
    const one = await call<DeliveryJson>(gateway, 'GET', at(id, 'deliveries', delivery))
    if (options.json === true) return json(one)
    table([row(one)])
    for (const { n, at: when, took_ms: tookMs, http_status: status, reason } of one.log ?? []) {
      line(`  ${n}.  ${clock(when)}  ${status ?? '-'}  ${tookMs} ms  ${printable(reason ?? 'taken')}`)
    }
    return
  }
  const query = new URLSearchParams({ limit: options.limit ?? String(DELIVERIES_SHOWN) })
  if (options.status !== undefined) query.set('status', options.status)
  const { data } = await call<PageJson<DeliveryJson>>(gateway, 'GET', `${at(id, 'deliveries')}?${query}`)
  if (options.json === true) for (const each of data) json(each)
  else if (data.length === 0) line('No deliveries.')
  else table(data.map(row))
}

function row({ id, type, event_at: when, status, attempts, next_attempt_at: next, reason }: DeliveryJson): string[] {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  return [id, clock(when), type, status, tries, next === null ? '' : `next ${clock(next)}`, printable(reason ?? '')]
}

export async function redeliver(id: string, delivery: string, options: Options): Promise<void> {
  const path = at(id, 'deliveries', delivery, 'redeliver')
  const due = await call<DeliveryJson>(await findGateway(options), 'POST', path)
  if (options.json === true) json(due)
  else line(`${due.id} is delivered once more.`)
}

/** Prints the new secret alone on standard output. */
export async function rotate(id: string, options: Options): Promise<void> {
  const made = await call<WebhookJson & { secret: string }>(await findGateway(options), 'POST', at(id, 'rotate'))
  if (options.json === true) return json(made)
  process.stderr.write(`The secret before signs as well until ${clock(made.previous_secret_until)}. The new one:\n`)
  line(made.secret)
}

/** Pauses it, or takes it up again whatever had stopped it. */
export async function activate(active: boolean, id: string, options: Options): Promise<void> {
  const webhook = await call<WebhookJson>(await findGateway(options), 'PATCH', at(id), { active })
  if (options.json === true) json(webhook)
  else line(`${webhook.id} is ${webhook.status}.`)
}

export async function remove(id: string, options: Options): Promise<void> {
  await call(await findGateway(options), 'DELETE', at(id))
  if (options.json === true) json({ id, removed: true })
  else line(`${id} is removed.`)
}
