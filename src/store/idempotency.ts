/**
 * Idempotency keys: one scope (a token) and key name one request for a day. A message's key is taken in the very
 * transaction that stores the message, so there is no moment in which the one exists without the other.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Database } from './database.ts'
import { prepared } from './prepared.ts'

export interface KeyUse {
  scope: string
  key: string
  /** Tells one request from another; whoever makes it decides what counts (method, path, body). */
  fingerprint: string
}

export type KeyClaim =
  | { kind: 'new' }
  /** Used before for the same request, which made this message. */
  | { kind: 'known'; messageId: string }

/** Keys are kept this long. */
const KEY_RETENTION_MS = 24 * 3_600_000

/**
 * Takes the key, or says what it was used for. Call it inside the transaction that does the work.
 * Errors: CausewayError `idempotency-mismatch` when the key was used for another request.
 */
export async function claimKey(db: Database, use: KeyUse, messageId: string, nowMs: number): Promise<KeyClaim> {
  const [row] = await keyBy(db, { scope: use.scope, key: use.key })
  if (row !== undefined && row.created_at_ms > nowMs - KEY_RETENTION_MS) {
    if (row.fingerprint !== use.fingerprint) {
      throw new CausewayError({
        code: 'idempotency-mismatch',
        message: 'This Idempotency-Key was used for a different request. Use a new key for a new request.',
        retry: 'never',
      })
    }
    return { kind: 'known', messageId: row.message_id }
  }
  const { scope, key, fingerprint } = use
  await takeKey(db, { scope, key, fingerprint, messageId, nowMs })
  return { kind: 'new' }
}

/** Forgets keys past their day. */
export async function pruneKeys(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at_ms', '<=', nowMs - KEY_RETENTION_MS)
    .execute()
}

const keyBy = prepared((db, $: { scope: string; key: string }) =>
  db.selectFrom('idempotency_keys').selectAll().where('scope', '=', $.scope).where('key', '=', $.key),
)

const takeKey = prepared((db, $: KeyUse & { messageId: string; nowMs: number }) =>
  db.replaceInto('idempotency_keys').values({
    scope: $.scope,
    key: $.key,
    fingerprint: $.fingerprint,
    message_id: $.messageId,
    created_at_ms: $.nowMs,
  }),
)
