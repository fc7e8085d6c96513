/**
 * Idempotency keys: one scope (a token) and key name one request for a day. A message's key is taken in the very
 * transaction that stores the message, so there is no moment in which the one exists without the other.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Database } from './database.ts'

export interface KeyUse {
  scope: string
  key: string
  /** Tells one request from another; whoever makes it decides what counts (method, path, body). */
  fingerprint: string
}

export type KeyClaim =
  | { kind: 'new' }
  /** Used before for the same request. `response` is what was answered, once that has been noted. */
  | { kind: 'known'; messageId: string | undefined; response: { status: number; body: string } | undefined }

/** Keys are kept this long. */
export const KEY_RETENTION_MS = 24 * 3_600_000

/**
 * Takes the key, or says what it was used for. Call it inside the transaction that does the work.
 * Errors: CausewayError `idempotency-mismatch` when the key was used for another request.
 */
export async function claimKey(
  db: Database,
  use: KeyUse,
  messageId: string | undefined,
  nowMs: number,
): Promise<KeyClaim> {
  const row = await find(db, use)
  if (row !== undefined && row.created_at_ms > nowMs - KEY_RETENTION_MS) {
    if (row.fingerprint !== use.fingerprint) {
      throw new CausewayError({
        code: 'idempotency-mismatch',
        message: 'This Idempotency-Key was used for a different request. Use a new key for a new request.',
        retry: 'never',
      })
    }
    const response = row.status === null || row.body === null ? undefined : { status: row.status, body: row.body }
    return { kind: 'known', messageId: row.message_id ?? undefined, response }
  }
  const { scope, key, fingerprint } = use
  await db
    .replaceInto('idempotency_keys')
    .values({ scope, key, fingerprint, message_id: messageId ?? null, status: null, body: null, created_at_ms: nowMs })
    .execute()
  return { kind: 'new' }
}

/** Notes what was answered, so that a repetition is answered the same. */
export async function noteResponse(
  db: Database,
  { scope, key }: { scope: string; key: string },
  response: { status: number; body: string },
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status: response.status, body: response.body })
    .where('scope', '=', scope)
    .where('key', '=', key)
    .execute()
}

/** Gives a key back whose request did nothing (it was refused), so that it may be tried again. */
export async function releaseKey(db: Database, { scope, key }: { scope: string; key: string }): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('scope', '=', scope).where('key', '=', key).execute()
}

/** Forgets keys past their day. */
export async function pruneKeys(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at_ms', '<=', nowMs - KEY_RETENTION_MS)
    .execute()
}

function find(db: Database, { scope, key }: KeyUse) {
  return db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst()
}
