/**
 * Webhooks: where programs want to be told of what. Each change first turns what has happened so far into deliveries
 * (webhook-deliveries.ts), so that it counts for what happens from then on, and for nothing before.
 */
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import { told } from '../domain/told.ts'
import type { WebhookEvent } from '../domain/webhook.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { WebhookRow } from './tables/webhooks.ts'
import { feedAll } from './webhook-deliveries.ts'

/** Each costs a row for each event that it wants. */
const WEBHOOKS_MAX = 64
/** So long the secret before still signs after a rotation. */
const ROTATION_MS = 24 * 3_600_000

export interface WebhookFields {
  url: string
  description: string
  events: readonly WebhookEvent[]
}

export interface WebhookChange extends Partial<WebhookFields> {
  active?: boolean
}

/** Adds one. Errors: CausewayError `too-many-webhooks`. */
export function addWebhook(
  db: Database,
  ids: IdSource,
  { url, description, events }: WebhookFields,
  secret: string,
  nowMs: number,
): Promise<WebhookRow> {
  return db.transaction().execute(async (tx) => {
    await feedAll(tx, ids, nowMs)
    const { count } = await tx
      .selectFrom('webhooks')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    if (count >= WEBHOOKS_MAX) {
      throw new CausewayError({
        ...told('too-many-webhooks', { max: WEBHOOKS_MAX }),
        message: `There are ${WEBHOOKS_MAX} webhooks already; remove one first.`,
        retry: 'after-human',
      })
    }
    return tx
      .insertInto('webhooks')
      .values({
        id: ids('whk'),
        url,
        description,
        events_json: JSON.stringify(events),
        secret,
        previous_secret: null,
        previous_until_ms: null,
        disabled_code: null,
        disabled_reason: null,
        failing_since_ms: null,
        failing_reason: null,
        delivered_at_ms: null,
        created_at_ms: nowMs,
        updated_at_ms: nowMs,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

/** All, oldest first. */
export function listWebhooks(db: Database): Promise<WebhookRow[]> {
  return db.selectFrom('webhooks').selectAll().orderBy('id').execute()
}

function findWebhook(db: Database | DatabaseTransaction, id: string): Promise<WebhookRow | undefined> {
  return db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
}

/**
 * Changes one; `active: true` takes it up again, whatever had stopped it. Errors: CausewayError `unknown-webhook`,
 * `version-mismatch` when `ifVersion` is given and is not the webhook's.
 */
export function changeWebhook(
  db: Database,
  ids: IdSource,
  id: string,
  { url, description, events, active }: WebhookChange,
  ifVersion: number | undefined,
  nowMs: number,
): Promise<WebhookRow> {
  return db.transaction().execute(async (tx) => {
    const row = await demandWebhook(tx, id)
    if (ifVersion !== undefined && ifVersion !== row.version) {
      throw new CausewayError({
        code: 'version-mismatch',
        message: 'Somebody else has changed this webhook since you read it; read it again.',
        retry: 'never',
      })
    }
    await feedAll(tx, ids, nowMs)
    return tx
      .updateTable('webhooks')
      .set({
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(events === undefined ? {} : { events_json: JSON.stringify(events) }),
        ...(active === undefined
          ? {}
          : { active: active ? 1 : 0, disabled_code: null, disabled_reason: null, failing_since_ms: null }),
        ...(active === undefined ? {} : { failing_reason: null }),
        version: row.version + 1,
        updated_at_ms: nowMs,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

/** Gives it a new secret; the one before signs as well for a day. Errors: CausewayError `unknown-webhook`. */
export function rotateWebhook(db: Database, id: string, secret: string, nowMs: number): Promise<WebhookRow> {
  return db.transaction().execute(async (tx) => {
    const row = await demandWebhook(tx, id)
    return tx
      .updateTable('webhooks')
      .set({
        secret,
        previous_secret: row.secret,
        previous_until_ms: nowMs + ROTATION_MS,
        version: row.version + 1,
        updated_at_ms: nowMs,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

/** Removes it with its deliveries; false when there is none. */
export async function removeWebhook(db: Database, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

/** The code of what its last attempt met, while it fails; null where that is not kept any more. */
export async function failingCode(
  db: Database,
  { id, failing_reason: reason }: Pick<WebhookRow, 'id' | 'failing_reason'>,
): Promise<string | null> {
  if (reason === null) return null
  const last = await db
    .selectFrom('webhook_deliveries')
    .select('code')
    .where('webhook_id', '=', id)
    .where('reason', '=', reason)
    .orderBy('created_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.code ?? null
}

/** Errors: CausewayError `unknown-webhook`. */
export async function demandWebhook(db: Database | DatabaseTransaction, id: string): Promise<WebhookRow> {
  const row = await findWebhook(db, id)
  if (row !== undefined) return row
  throw new CausewayError({ code: 'unknown-webhook', message: 'There is no such webhook.', retry: 'never' })
}
