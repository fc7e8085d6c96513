/**
 * What is to be delivered to webhooks. The append-only event log is turned into rows behind a cursor, rows and cursor in
 * one transaction, so that a crash neither loses an event nor gives it another id: the row's id is what receivers see.
 */
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import { nextDeliveryWaitMs, WEBHOOK_TEST } from '../domain/webhook.ts'
import { createdBefore, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { WebhookAttemptRow, WebhookDeliveryRow, WebhookRow } from './tables/webhooks.ts'

/** Events turned into deliveries at a time. */
const FEED_EVENTS_MAX = 500
/** What was settled is shown for so long. */
const LOG_RETENTION_MS = 7 * 24 * 3_600_000
/** The events themselves are kept no longer. */
const DUE_RETENTION_MS = 30 * 24 * 3_600_000
/** A webhook that fails and has so many waiting is stopped, with the reason. */
const DELIVERIES_WAITING_MAX = 50_000

/** A delivery whose time has come, with the webhook that it is for. */
export interface DueDelivery {
  delivery: WebhookDeliveryRow
  webhook: WebhookRow
}

export interface AttemptOutcome {
  atMs: number
  tookMs: number
  /** HTTP status, where there was an answer. */
  status: number | undefined
  /** Undefined: it was taken. `gone` stops the webhook. */
  failure: { code: string; reason: string } | undefined
  /** The endpoint asked to be left alone for so long. */
  putOffMs: number
}

/** Turns the next events into deliveries, in the caller's transaction. True when there may be more. */
export async function feed(tx: DatabaseTransaction, ids: IdSource, nowMs: number): Promise<boolean> {
  const { event_id: after } = await tx.selectFrom('webhook_feed').select('event_id').executeTakeFirstOrThrow()
  const webhooks = await tx.selectFrom('webhooks').select(['id', 'events_json']).where('active', '=', 1).execute()
  if (webhooks.length === 0) {
    const { last } = await tx
      .selectFrom('events')
      .select(({ fn }) => fn.max('id').as('last'))
      .executeTakeFirstOrThrow()
    if (last !== null && last > after) await tx.updateTable('webhook_feed').set({ event_id: last }).execute()
    return false
  }
  const wanted = webhooks.map(({ id, events_json: json }) => ({ id, events: new Set<string>(JSON.parse(json)) }))
  const events = await tx
    .selectFrom('events')
    .select(['id', 'type', 'at_ms'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(FEED_EVENTS_MAX)
    .execute()
  const last = events.at(-1)
  if (last === undefined) return false
  for (const event of events) {
    for (const webhook of wanted) {
      if (!webhook.events.has(event.type)) continue
      await insert(tx, ids, { webhookId: webhook.id, eventId: event.id, type: event.type, atMs: event.at_ms }, nowMs)
    }
  }
  await tx.updateTable('webhook_feed').set({ event_id: last.id }).execute()
  return events.length === FEED_EVENTS_MAX
}

/** Turns all that has happened into deliveries. */
export async function feedAll(tx: DatabaseTransaction, ids: IdSource, nowMs: number): Promise<void> {
  while (await feed(tx, ids, nowMs)) {
    // The next events.
  }
}

/** Whether any webhook is in use. While none is, events need not be looked at: the first one begins behind them all. */
export async function hasActive(db: Database): Promise<boolean> {
  const row = await db.selectFrom('webhooks').select('id').where('active', '=', 1).limit(1).executeTakeFirst()
  return row !== undefined
}

/** Whether any event waits to be turned into deliveries. */
export async function hasUnfed(db: Database): Promise<boolean> {
  const row = await db
    .selectFrom('events')
    .select('id')
    .where('id', '>', (eb) => eb.selectFrom('webhook_feed').select('event_id'))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** The delivery of one that the test button makes, due now. */
export function addTestDelivery(
  db: Database,
  ids: IdSource,
  webhookId: string,
  nowMs: number,
): Promise<WebhookDeliveryRow> {
  return db
    .transaction()
    .execute((tx) => insert(tx, ids, { webhookId, eventId: null, type: WEBHOOK_TEST, atMs: nowMs }, nowMs))
}

function insert(
  tx: DatabaseTransaction,
  ids: IdSource,
  of: { webhookId: string; eventId: number | null; type: string; atMs: number },
  nowMs: number,
): Promise<WebhookDeliveryRow> {
  return tx
    .insertInto('webhook_deliveries')
    .values({
      id: ids('whd'),
      webhook_id: of.webhookId,
      event_id: of.eventId,
      type: of.type,
      event_at_ms: of.atMs,
      state: 'due',
      due_at_ms: nowMs,
      status: null,
      code: null,
      reason: null,
      created_at_ms: nowMs,
      settled_at_ms: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Of each webhook in use the deliveries whose time has come, oldest first, at most so many of each. */
export async function dueDeliveries(db: Database, nowMs: number, perWebhook: number): Promise<DueDelivery[]> {
  const webhooks = await db.selectFrom('webhooks').selectAll().where('active', '=', 1).execute()
  const due: DueDelivery[] = []
  for (const webhook of webhooks) {
    const rows = await db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('webhook_id', '=', webhook.id)
      .where('due_at_ms', '<=', nowMs)
      .orderBy('due_at_ms')
      .orderBy('id')
      .limit(perWebhook)
      .execute()
    due.push(...rows.map((delivery) => ({ delivery, webhook })))
  }
  return due
}

/** When the next delivery falls due that is not due yet; undefined: none. */
export async function nextDueAtMs(db: Database, nowMs: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('webhook_deliveries')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_deliveries.webhook_id')
    .select(({ fn }) => fn.min('due_at_ms').as('at'))
    .where('webhooks.active', '=', 1)
    .where('due_at_ms', '>', nowMs)
    .executeTakeFirst()
  return row?.at ?? undefined
}

/** Writes down what came of an attempt, in one transaction: the ledger, the delivery, how the webhook is. */
export function recordAttempt(
  db: Database,
  { delivery, webhook }: DueDelivery,
  outcome: AttemptOutcome,
): Promise<void> {
  const { atMs, tookMs, status, failure, putOffMs } = outcome
  return db.transaction().execute(async (tx) => {
    const current = await findDelivery(tx, delivery.id)
    // It was removed while it was under way.
    if (current === undefined) return
    const { n } = await tx
      .selectFrom('webhook_attempts')
      .select(({ fn }) => fn.max('n').as('n'))
      .where('delivery_id', '=', delivery.id)
      .executeTakeFirstOrThrow()
    const said = { status: status ?? null, code: failure?.code ?? null, reason: failure?.reason ?? null }
    await tx
      .insertInto('webhook_attempts')
      .values({ delivery_id: delivery.id, n: (n ?? 0) + 1, at_ms: atMs, took_ms: tookMs, ...said })
      .execute()
    const attempts = current.attempts + 1
    const endMs = atMs + tookMs
    const waitMs = failure === undefined || failure.code === 'gone' ? undefined : nextDeliveryWaitMs(attempts, putOffMs)
    await tx
      .updateTable('webhook_deliveries')
      .set({
        ...said,
        attempts,
        state: failure === undefined ? 'delivered' : waitMs === undefined ? 'failed' : 'due',
        due_at_ms: waitMs === undefined ? null : endMs + waitMs,
        settled_at_ms: waitMs === undefined ? endMs : null,
      })
      .where('id', '=', delivery.id)
      .execute()
    if (failure === undefined) await wentWell(tx, webhook.id, endMs)
    else await wentWrong(tx, webhook.id, failure, atMs)
  })
}

async function wentWell(tx: DatabaseTransaction, id: string, nowMs: number): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({ delivered_at_ms: nowMs, failing_since_ms: null, failing_reason: null })
    .where('id', '=', id)
    .execute()
}

async function wentWrong(
  tx: DatabaseTransaction,
  id: string,
  { code, reason }: { code: string; reason: string },
  atMs: number,
): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set(({ fn, val }) => ({
      failing_since_ms: fn.coalesce('failing_since_ms', val(atMs)),
      failing_reason: reason,
    }))
    .where('id', '=', id)
    .execute()
  if (code === 'gone') return disable(tx, id, code, reason)
  const beyond = await tx
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('webhook_id', '=', id)
    .where('due_at_ms', 'is not', null)
    .orderBy('due_at_ms')
    .offset(DELIVERIES_WAITING_MAX)
    .limit(1)
    .executeTakeFirst()
  if (beyond === undefined) return
  await disable(
    tx,
    id,
    'backlog',
    `It fails, and more than ${DELIVERIES_WAITING_MAX} deliveries wait for it: ${reason}`,
  )
}

async function disable(tx: DatabaseTransaction, id: string, code: string, reason: string): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set((eb) => ({
      active: 0,
      disabled_code: code,
      disabled_reason: reason,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .where('active', '=', 1)
    .execute()
}

/** Of one webhook, newest first, perhaps only those in this state. Errors: CausewayError `invalid-cursor`. */
export async function listDeliveries(
  db: Database,
  request: {
    webhookId: string
    limit: number
    cursor?: string | undefined
    state?: WebhookDeliveryRow['state'] | undefined
  },
): Promise<Page<WebhookDeliveryRow>> {
  const limit = pageLimit(request.limit)
  let query = db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', request.webhookId)
  if (request.state !== undefined) query = query.where('state', '=', request.state)
  if (request.cursor !== undefined) query = query.where(createdBefore(request.cursor))
  const rows = await query
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.created_at_ms, id: row.id }))
}

function findDelivery(db: Database | DatabaseTransaction, id: string): Promise<WebhookDeliveryRow | undefined> {
  return db.selectFrom('webhook_deliveries').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The delivery with every attempt at it, oldest first; undefined when this webhook has none of that id. */
export async function deliveryWithAttempts(
  db: Database,
  webhookId: string,
  id: string,
): Promise<{ delivery: WebhookDeliveryRow; attempts: WebhookAttemptRow[] } | undefined> {
  const delivery = await findDelivery(db, id)
  if (delivery?.webhook_id !== webhookId) return undefined
  const attempts = await db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('delivery_id', '=', id)
    .orderBy('n')
    .execute()
  return { delivery, attempts }
}

/** Makes it due now, with all its attempts before it, under the same id. Errors: CausewayError `unknown-delivery`. */
export async function redeliver(
  db: Database,
  webhookId: string,
  id: string,
  nowMs: number,
): Promise<WebhookDeliveryRow> {
  const row = await db
    .updateTable('webhook_deliveries')
    .set({ state: 'due', attempts: 0, due_at_ms: nowMs, settled_at_ms: null })
    .where('id', '=', id)
    .where('webhook_id', '=', webhookId)
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined) return row
  throw new CausewayError({ code: 'unknown-delivery', message: 'There is no such delivery.', retry: 'never' })
}

/** Forgets what was settled long ago, and what waited for longer than its event is kept. */
export async function pruneDeliveries(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('webhook_deliveries')
    .where(({ or, eb }) =>
      or([eb('settled_at_ms', '<', nowMs - LOG_RETENTION_MS), eb('created_at_ms', '<', nowMs - DUE_RETENTION_MS)]),
    )
    .execute()
}
