/**
 * Sessions of people who signed in: the cookie holds a random secret, the database only its SHA-256. One that was not used
 * for a while ends, and every one ends after a time, whatever was done with it.
 */
import { createHash } from 'node:crypto'
import type { IdSource } from '../domain/ids.ts'
import { type Database, type DatabaseTransaction, withoutWaiting } from './database.ts'
import type { SessionRow, UserRow } from './tables/inbox.ts'

export const SESSION_MS_MAX = 90 * 24 * 3_600_000
const IDLE_MS_MAX = 14 * 24 * 3_600_000
/** The oldest of one person ends when there would be more. */
const SESSIONS_PER_USER_MAX = 20
const SECRET_BYTES = 32
const SECRET_FORM = /^[A-Za-z0-9_-]{43}$/
/** `seen_at_ms` is not written more often than this. */
const SEEN_GRAIN_MS = 5 * 60_000
const USER_AGENT_CHARS_MAX = 200

export interface OpenSession {
  session: SessionRow
  user: UserRow
}

export interface SessionSources {
  ids: IdSource
  randomOctets: (count: number) => Uint8Array
  clock: () => number
}

/** Begins one; `secret` is the only copy of what the cookie holds. */
export async function openSession(
  tx: DatabaseTransaction,
  { ids, randomOctets, clock }: SessionSources,
  user: UserRow,
  from: { userAgent: string | undefined; address: string | undefined },
): Promise<OpenSession & { secret: string }> {
  const nowMs = clock()
  await pruneSessions(tx, nowMs)
  const secret = Buffer.from(randomOctets(SECRET_BYTES)).toString('base64url')
  const kept = await tx
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', user.id)
    .orderBy('seen_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(SESSIONS_PER_USER_MAX - 1)
    .execute()
  await tx
    .deleteFrom('sessions')
    .where('user_id', '=', user.id)
    .where(
      'id',
      'not in',
      kept.map(({ id }) => id),
    )
    .execute()
  const session = await tx
    .insertInto('sessions')
    .values({
      id: ids('ses'),
      user_id: user.id,
      secret_sha256: sha256(secret),
      user_agent: from.userAgent?.slice(0, USER_AGENT_CHARS_MAX) ?? null,
      address: from.address ?? null,
      created_at_ms: nowMs,
      seen_at_ms: nowMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { session, user, secret }
}

/** Whose session this secret is, if it has not ended; notes that it is used. */
export async function findSession(db: Database, secret: string, nowMs: number): Promise<OpenSession | undefined> {
  if (!SECRET_FORM.test(secret)) return undefined
  const session = await db
    .selectFrom('sessions')
    .selectAll()
    .where('secret_sha256', '=', sha256(secret))
    .executeTakeFirst()
  if (session === undefined || endsAtMs(session) <= nowMs) return undefined
  const user = await db.selectFrom('users').selectAll().where('id', '=', session.user_id).executeTakeFirst()
  if (user === undefined) return undefined
  if (nowMs - session.seen_at_ms >= SEEN_GRAIN_MS) {
    await withoutWaiting(db).updateTable('sessions').set({ seen_at_ms: nowMs }).where('id', '=', session.id).execute()
  }
  return { session, user }
}

/** When it ends if nothing more is done with it. */
export function endsAtMs({ created_at_ms, seen_at_ms }: SessionRow): number {
  return Math.min(created_at_ms + SESSION_MS_MAX, seen_at_ms + IDLE_MS_MAX)
}

/** Those that have not ended, of everybody or of one person, the last used first. */
export async function listSessions(db: Database, userId: string | undefined, nowMs: number): Promise<OpenSession[]> {
  let query = db.selectFrom('sessions').selectAll()
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  const rows = await query.orderBy('seen_at_ms', 'desc').execute()
  const users = await db.selectFrom('users').selectAll().execute()
  return rows.flatMap((session) => {
    const user = users.find(({ id }) => id === session.user_id)
    return user === undefined || endsAtMs(session) <= nowMs ? [] : [{ session, user }]
  })
}

/** Ends sessions; the ids of those that were there. */
export async function endSessions(
  db: Database,
  which: { id?: string | undefined; userId?: string | undefined; except?: string | undefined },
): Promise<string[]> {
  let query = db.deleteFrom('sessions')
  if (which.id !== undefined) query = query.where('id', '=', which.id)
  if (which.userId !== undefined) query = query.where('user_id', '=', which.userId)
  if (which.except !== undefined) query = query.where('id', '!=', which.except)
  return (await query.returning('id').execute()).map(({ id }) => id)
}

/** Those that have not ended, to go on with. */
export function liveSessions(db: Database, nowMs: number) {
  return db
    .selectFrom('sessions')
    .where('seen_at_ms', '>', nowMs - IDLE_MS_MAX)
    .where('created_at_ms', '>', nowMs - SESSION_MS_MAX)
}

/** Forgets those that have ended. */
async function pruneSessions(db: DatabaseTransaction, nowMs: number): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where(({ or, eb }) =>
      or([eb('seen_at_ms', '<', nowMs - IDLE_MS_MAX), eb('created_at_ms', '<', nowMs - SESSION_MS_MAX)]),
    )
    .execute()
}

function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
