/** Browsers that are woken when something happens, each with the session that it belongs to; and the key that signs for us. */
import type { IdSource } from '../domain/ids.ts'
import { type Database, withoutWaiting } from './database.ts'
import { liveSessions } from './sessions.ts'

/** Of one session: a browser has one at a time, and some leave an old one behind. */
const SUBSCRIPTIONS_PER_SESSION_MAX = 3
/** Refusals in a row after which one is given up. */
const FAILURES_MAX = 20
/** Events that are looked through at a time. */
const EVENTS_MAX = 500

const KEY = 'push_key'

export interface PushSubscriptionRow {
  id: string
  endpoint: string
  failures: number
}

/** The private key as JWK; `make` makes it the first time. */
export async function pushKey<Key extends object>(db: Database, make: () => Key): Promise<Key> {
  const row = await db.selectFrom('settings').select('value_json').where('key', '=', KEY).executeTakeFirst()
  if (row !== undefined) return JSON.parse(row.value_json)
  const key = make()
  await db
    .insertInto('settings')
    .values({ key: KEY, value_json: JSON.stringify(key) })
    .execute()
  return key
}

/** Takes up a browser; one that is known belongs to this session from now on. */
export async function addSubscription(
  db: Database,
  ids: IdSource,
  subscription: { sessionId: string; endpoint: string },
  nowMs: number,
): Promise<{ id: string; created_at_ms: number }> {
  const { sessionId, endpoint } = subscription
  return db.transaction().execute(async (tx) => {
    await tx.deleteFrom('push_subscriptions').where('endpoint', '=', endpoint).execute()
    const kept = await tx
      .selectFrom('push_subscriptions')
      .select('id')
      .where('session_id', '=', sessionId)
      .orderBy('id', 'desc')
      .limit(SUBSCRIPTIONS_PER_SESSION_MAX - 1)
      .execute()
    const keptIds = kept.map(({ id }) => id)
    await tx
      .deleteFrom('push_subscriptions')
      .where('session_id', '=', sessionId)
      .where('id', 'not in', keptIds)
      .execute()
    return tx
      .insertInto('push_subscriptions')
      .values({ id: ids('psh'), session_id: sessionId, endpoint, created_at_ms: nowMs, woken_at_ms: null })
      .returning(['id', 'created_at_ms'])
      .executeTakeFirstOrThrow()
  })
}

/** One by its id, or all of a session. */
export async function removeSubscriptions(db: Database, which: { sessionId: string } | { id: string }): Promise<void> {
  const query = db.deleteFrom('push_subscriptions')
  await ('id' in which ? query.where('id', '=', which.id) : query.where('session_id', '=', which.sessionId)).execute()
}

/** Those of sessions that have not ended; of one of them where it is named. */
export function listSubscriptions(db: Database, nowMs: number, sessionId?: string): Promise<PushSubscriptionRow[]> {
  const query = db
    .selectFrom('push_subscriptions')
    .select(['id', 'endpoint', 'failures'])
    .where('session_id', 'in', liveSessions(db, nowMs).select('id'))
  return (sessionId === undefined ? query : query.where('session_id', '=', sessionId)).execute()
}

/** Whether anybody wants to be woken. */
export async function hasSubscriptions(db: Database): Promise<boolean> {
  return (await db.selectFrom('push_subscriptions').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** How a wake ended; one that is refused again and again is given up. */
export async function noteWake(
  db: Database,
  { id, failures }: PushSubscriptionRow,
  isTaken: boolean,
  nowMs: number,
): Promise<void> {
  if (!isTaken && failures + 1 >= FAILURES_MAX) {
    await removeSubscriptions(db, { id })
    return
  }
  await withoutWaiting(db)
    .updateTable('push_subscriptions')
    .set(isTaken ? { failures: 0, woken_at_ms: nowMs } : { failures: failures + 1 })
    .where('id', '=', id)
    .execute()
}

/**
 * Whether anything behind this event is worth waking somebody for: something came that nobody has read, in a conversation
 * that is not muted (a missed call, too), or a message of ours failed or waits for a decision. With the last event looked at.
 */
export async function newsSince(db: Database, after: number): Promise<{ wakes: boolean; last: number }> {
  const rows = await db
    .selectFrom('events')
    .leftJoin('messages', 'messages.id', 'events.message_id')
    .leftJoin('conversations', 'conversations.id', 'messages.conversation_id')
    .select(['events.id', 'events.type', 'messages.direction', 'messages.read_at_ms', 'messages.notice'])
    .select(['conversations.muted'])
    .where('events.id', '>', after)
    .orderBy('events.id')
    .limit(EVENTS_MAX)
    .execute()
  const wakes = rows.some(({ type, direction, read_at_ms: readAtMs, notice, muted }) => {
    if (type === 'message.failed' || type === 'message.expired' || type === 'message.held') return true
    return type === 'message.received' && direction === 'in' && readAtMs === null && notice === null && muted === 0
  })
  const last = rows.at(-1)?.id ?? after
  if (wakes || rows.length < EVENTS_MAX) return { wakes, last: wakes ? await latest(db) : last }
  return newsSince(db, last)
}

async function latest(db: Database): Promise<number> {
  const { id } = await db
    .selectFrom('events')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirstOrThrow()
  return id ?? 0
}
