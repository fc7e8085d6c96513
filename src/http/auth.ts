/**
 * Who is asking, and what they may do. Programs bring a token, people a session cookie; requests over the Unix socket need
 * neither: the file's mode (0600) has asked already. A browser sends its cookie whoever made it ask, so what changes
 * something must come from a page of ours (`Origin`) and carry the session's token in a header.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Database } from '../store/database.ts'
import { endsAtMs, findSession, type OpenSession } from '../store/sessions.ts'
import type { UserRow } from '../store/tables/inbox.ts'
import { verifyToken } from '../store/tokens.ts'
import { Problem } from './problem.ts'
import { type Access, ROLE_SCOPES, SCOPES, type Scope } from './scopes.ts'

export interface Principal {
  /** Id of the token or the user, or `local` for the Unix socket. Scope of idempotency keys. */
  id: string
  scopes: readonly Scope[]
  /** Of a person. */
  session?: SignedIn
}

export interface SignedIn {
  id: string
  user: UserRow
  csrfToken: string
  endsAtMs: number
}

export const LOCAL: Principal = { id: 'local', scopes: ['admin'] }

/** Nobody in particular; `address` keeps one from using up what all may ask. */
export function stranger(address: string): Principal {
  return { id: `stranger ${address}`, scopes: [] }
}

const REALM = 'Bearer realm="causeway"'

/**
 * The principal of an `Authorization` header. Throws Problem 401 when it is absent, malformed, unknown or revoked; the
 * words are the same for the last three.
 */
export async function authenticate(db: Database, header: string | undefined, nowMs: number): Promise<Principal> {
  if (header === undefined) throw nobody()
  const given = /^Bearer +(\S+)$/i.exec(header)?.[1]
  const token = given === undefined ? undefined : await verifyToken(db, given, nowMs)
  if (token === undefined) {
    throw unauthorized('This is no token of this gateway, or it was revoked.', `${REALM}, error="invalid_token"`)
  }
  return { id: token.id, scopes: SCOPES.filter((scope) => token.scopes.includes(scope)) }
}

/** The person whose session the cookie holds; undefined when it has ended, or never was. */
export async function authenticateSession(db: Database, secret: string, nowMs: number): Promise<Principal | undefined> {
  const found = await findSession(db, secret, nowMs)
  return found === undefined ? undefined : principalOf(found, secret)
}

export function principalOf({ session, user }: OpenSession, secret: string): Principal {
  // Not the secret itself, which no script is to see; and nothing that is stored.
  const csrfToken = createHash('sha256').update(`csrf ${secret}`).digest('base64url')
  return {
    id: user.id,
    scopes: ROLE_SCOPES[user.role],
    session: { id: session.id, user, csrfToken, endsAtMs: endsAtMs(session) },
  }
}

/** Throws Problem 401 for strangers, 403 unless the principal may do this. */
export function authorize(principal: Principal, access: Access): void {
  if (access === 'public' || allows(principal, access)) return
  if (principal.scopes.length === 0) throw nobody()
  throw new Problem({
    status: 403,
    code: 'forbidden',
    title: principal.session === undefined ? 'This token may not do that' : 'You may not do that',
    detail:
      access === 'signed-in'
        ? 'That is for people who have signed in, and for admins.'
        : `It would need the scope ${access}.`,
    headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${access}"` },
  })
}

export function allows(principal: Principal, access: Scope | 'signed-in'): boolean {
  if (principal.scopes.includes('admin')) return true
  return access === 'signed-in' ? principal.session !== undefined : principal.scopes.includes(access)
}

/**
 * What a browser must bring to change something. Throws Problem 403 `wrong-origin` for a page of somebody else, `csrf`
 * without the session's token.
 */
export function demandOwnPage(
  header: (name: string) => string | undefined,
  publicOrigin: string | undefined,
  csrfToken: string | undefined,
): void {
  const origin = header('origin')
  const host = header('host')
  const isOurs = origin === undefined || hostOf(origin) === host?.toLowerCase() || origin === publicOrigin
  if (!isOurs || header('sec-fetch-site') === 'cross-site') {
    throw new Problem({
      status: 403,
      code: 'wrong-origin',
      title: 'This came from another site’s page',
      detail: 'Behind a reverse proxy, pass on the Host header, or set http.public_url.',
    })
  }
  if (csrfToken !== undefined && !sameText(header('x-csrf-token') ?? '', csrfToken)) {
    throw new Problem({
      status: 403,
      code: 'csrf',
      title: 'The session’s token is missing',
      detail: 'Send `X-CSRF-Token` with what GET /api/v1/session answers as csrf_token.',
    })
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

function nobody(): Problem {
  return unauthorized('Give a token: `Authorization: Bearer cw_…`, or sign in.', REALM)
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
