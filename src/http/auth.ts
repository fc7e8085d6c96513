/**
 * Who is asking. Tokens are `cw_<id>_<secret>`; only the SHA-256 of the secret is stored, which is enough because the
 * secret is 256 random bits. Requests over the Unix socket need none: the file's mode (0600) has asked already.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Database } from '../store/database.ts'
import { Problem } from './problem.ts'
import { SCOPES, type Scope } from './scopes.ts'

export interface Principal {
  /** Token id, or `local` for the Unix socket. Scope of idempotency keys. */
  id: string
  scopes: readonly Scope[]
}

export const LOCAL: Principal = { id: 'local', scopes: ['admin'] }

const TOKEN = /^cw_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})$/
const LAST_USED_EVERY_MS = 60_000
const REALM = 'Bearer realm="causeway"'

/**
 * The principal of an `Authorization` header. Throws Problem 401 when it is absent, malformed, unknown or revoked; the
 * words are the same for the last two.
 */
export async function authenticate(db: Database, header: string | undefined, clock: () => number): Promise<Principal> {
  if (header === undefined) throw unauthorized('Give a token: `Authorization: Bearer cw_…`.', REALM)
  const match = /^Bearer +(\S+)$/i.exec(header)
  const token = TOKEN.exec(match?.[1] ?? '')
  if (token === null) throw unauthorized('The Authorization header holds no token of this gateway.', invalidToken())
  const [, id = '', secret = ''] = token
  const row = await db.selectFrom('tokens').selectAll().where('id', '=', `tok_${id}`).executeTakeFirst()
  const given = sha256(secret)
  const known = Buffer.from(row?.secret_sha256 ?? '00'.repeat(32), 'hex')
  if (row === undefined || row.revoked_at_ms !== null || !timingSafeEqual(given, known)) {
    throw unauthorized('This token is not known here, or was revoked.', invalidToken())
  }
  const nowMs = clock()
  if (row.last_used_at_ms === null || nowMs - row.last_used_at_ms > LAST_USED_EVERY_MS) {
    await db.updateTable('tokens').set({ last_used_at_ms: nowMs }).where('id', '=', row.id).execute()
  }
  return { id: row.id, scopes: parseScopes(row.scopes_json) }
}

/** Throws Problem 403 unless the principal may do this. */
export function authorize(principal: Principal, scope: Scope): void {
  if (allows(principal, scope)) return
  throw new Problem({
    status: 403,
    code: 'forbidden',
    title: 'This token may not do that',
    detail: `It would need the scope ${scope}.`,
    headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  })
}

export function allows(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes('admin') || principal.scopes.includes(scope)
}

export interface NewToken {
  name: string
  scopes: readonly Scope[]
}

/** Creates a token. `token` is the only time that its secret is seen. */
export async function createToken(
  { db, ids, clock, randomOctets }: TokenSources,
  { name, scopes }: NewToken,
): Promise<{ id: string; token: string }> {
  const id = ids('tok')
  const secret = Buffer.from(randomOctets(32)).toString('base64url')
  await db
    .insertInto('tokens')
    .values({
      id,
      name,
      secret_sha256: sha256(secret).toString('hex'),
      scopes_json: JSON.stringify(scopes),
      created_at_ms: clock(),
    })
    .execute()
  return { id, token: `cw_${id.slice('tok_'.length)}_${secret}` }
}

export interface TokenSources {
  db: Database
  ids: (prefix: 'tok') => string
  clock: () => number
  randomOctets: (count: number) => Uint8Array
}

export function parseScopes(json: string): Scope[] {
  const stored: unknown = JSON.parse(json)
  return SCOPES.filter((scope) => Array.isArray(stored) && stored.includes(scope))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function unauthorized(detail: string, challenge: string): Problem {
  return new Problem({
    status: 401,
    code: 'unauthorized',
    title: 'Who are you?',
    detail,
    headers: { 'WWW-Authenticate': challenge },
  })
}

function invalidToken(): string {
  return `${REALM}, error="invalid_token"`
}
