/**
 * Bearer tokens `cw_<id>_<secret>`: the secret is random, only its SHA-256 is stored (it needs no slow hash, having 256
 * bits of its own), and it is shown once.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IdSource } from '../domain/ids.ts'
import type { Database } from './database.ts'
import { prepared } from './prepared.ts'

export interface TokenView {
  id: string
  name: string
  scopes: readonly string[]
  createdAtMs: number
  lastUsedAtMs: number | undefined
  revokedAtMs: number | undefined
}

const SECRET_BYTES = 32
const FORM = /^cw_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})$/
/** `last_used_at_ms` is not written more often than this. */
const LAST_USED_GRAIN_MS = 60_000

/** Makes a token. `token` is the only copy of its secret. */
export async function createToken(
  db: Database,
  sources: { ids: IdSource; randomOctets: (count: number) => Uint8Array; clock: () => number },
  { name, scopes }: { name: string; scopes: readonly string[] },
): Promise<{ id: string; token: string }> {
  const id = sources.ids('tok')
  const secret = Buffer.from(sources.randomOctets(SECRET_BYTES)).toString('base64url')
  await db
    .insertInto('tokens')
    .values({
      id,
      name,
      secret_sha256: sha256(secret),
      scopes_json: JSON.stringify(scopes),
      created_at_ms: sources.clock(),
      last_used_at_ms: null,
      revoked_at_ms: null,
    })
    .execute()
  return { id, token: `cw_${id.slice('tok_'.length)}_${secret}` }
}

/** The token's row when it is ours and not revoked, else undefined. */
export async function verifyToken(db: Database, token: string, nowMs: number): Promise<TokenView | undefined> {
  const match = FORM.exec(token)
  if (match === null) return undefined
  const [row] = await tokenBy(db, { id: `tok_${match[1]}` })
  if (row === undefined || row.revoked_at_ms !== null) return undefined
  const given = Buffer.from(sha256(match[2] ?? ''), 'hex')
  if (!timingSafeEqual(given, Buffer.from(row.secret_sha256, 'hex'))) return undefined
  if (nowMs - (row.last_used_at_ms ?? 0) >= LAST_USED_GRAIN_MS) {
    await db.updateTable('tokens').set({ last_used_at_ms: nowMs }).where('id', '=', row.id).execute()
  }
  return viewOf(row)
}

const tokenBy = prepared((db, $: { id: string }) => db.selectFrom('tokens').selectAll().where('id', '=', $.id))

/** All, by id; their secrets are not kept. */
export async function listTokens(db: Database): Promise<TokenView[]> {
  return (await db.selectFrom('tokens').selectAll().orderBy('id').execute()).map(viewOf)
}

/** False when there is no such token. */
export async function revokeToken(db: Database, id: string, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('tokens')
    .set({ revoked_at_ms: nowMs })
    .where('id', '=', id)
    .where('revoked_at_ms', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function viewOf(row: {
  id: string
  name: string
  scopes_json: string
  created_at_ms: number
  last_used_at_ms: number | null
  revoked_at_ms: number | null
}): TokenView {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes_json) as string[],
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms ?? undefined,
    revokedAtMs: row.revoked_at_ms ?? undefined,
  }
}

function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
