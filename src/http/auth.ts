/**
 * Who is asking, and what they may do. Tokens are the store's; requests over the Unix socket need none: the file's mode
 * (0600) has asked already.
 */
import type { Database } from '../store/database.ts'
import { verifyToken } from '../store/tokens.ts'
import { Problem } from './problem.ts'
import { SCOPES, type Scope } from './scopes.ts'

export interface Principal {
  /** Token id, or `local` for the Unix socket. Scope of idempotency keys. */
  id: string
  scopes: readonly Scope[]
}

export const LOCAL: Principal = { id: 'local', scopes: ['admin'] }

const REALM = 'Bearer realm="causeway"'

/**
 * The principal of an `Authorization` header. Throws Problem 401 when it is absent, malformed, unknown or revoked; the
 * words are the same for the last three.
 */
export async function authenticate(db: Database, header: string | undefined, nowMs: number): Promise<Principal> {
  if (header === undefined) throw unauthorized('Give a token: `Authorization: Bearer cw_…`.', REALM)
  const given = /^Bearer +(\S+)$/i.exec(header)?.[1]
  const token = given === undefined ? undefined : await verifyToken(db, given, nowMs)
  if (token === undefined) {
    throw unauthorized('This is no token of this gateway, or it was revoked.', `${REALM}, error="invalid_token"`)
  }
  return { id: token.id, scopes: SCOPES.filter((scope) => token.scopes.includes(scope)) }
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

function unauthorized(detail: string, challenge: string): Problem {
  return new Problem({
    status: 401,
    code: 'unauthorized',
    title: 'Who are you?',
    detail,
    headers: { 'WWW-Authenticate': challenge },
  })
}
