/**
 * Answers to requests that carried an Idempotency-Key, for a day: a request is noted before its work begins, so that after
 * a crash it is known to have begun, and is never done a second time in silence.
 */
import type { Database } from './database.ts'
import type { KeyUse } from './idempotency.ts'

/** As long as the keys of messages. */
const RETENTION_MS = 24 * 3_600_000

export interface KeptReply {
  status: number
  headers: Readonly<Record<string, string>>
  body: unknown
}

export type RequestClaim =
  | { kind: 'new' }
  /** Begun before for the same request; its end was not seen. */
  | { kind: 'begun' }
  | { kind: 'known'; reply: KeptReply }
  /** Used for another request. */
  | { kind: 'other' }

/** Notes that a request begins, unless its key has been used. */
export function claimRequest(db: Database, { scope, key, fingerprint }: KeyUse, nowMs: number): Promise<RequestClaim> {
  return db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('idempotent_replies')
      .where('created_at_ms', '<=', nowMs - RETENTION_MS)
      .execute()
    const row = await tx
      .selectFrom('idempotent_replies')
      .selectAll()
      .where('scope', '=', scope)
      .where('key', '=', key)
      .executeTakeFirst()
    if (row === undefined) {
      const nothing = { status: null, headers_json: null, body_json: null }
      await tx
        .insertInto('idempotent_replies')
        .values({ scope, key, fingerprint, ...nothing, created_at_ms: nowMs })
        .execute()
      return { kind: 'new' }
    }
    if (row.fingerprint !== fingerprint) return { kind: 'other' }
    if (row.status === null) return { kind: 'begun' }
    const headers = JSON.parse(row.headers_json ?? '{}')
    const body = row.body_json === null ? undefined : JSON.parse(row.body_json)
    return { kind: 'known', reply: { status: row.status, headers, body } }
  })
}

/** Keeps the answer of a request that was claimed. */
export async function keepReply(db: Database, { scope, key }: KeyUse, reply: KeptReply): Promise<void> {
  await db
    .updateTable('idempotent_replies')
    .set({
      status: reply.status,
      headers_json: JSON.stringify(reply.headers),
      body_json: reply.body === undefined ? null : JSON.stringify(reply.body),
    })
    .where('scope', '=', scope)
    .where('key', '=', key)
    .execute()
}

/** Gives a key back: its request was refused and has done nothing. */
export async function releaseRequest(db: Database, { scope, key }: KeyUse): Promise<void> {
  await db.deleteFrom('idempotent_replies').where('scope', '=', scope).where('key', '=', key).execute()
}
