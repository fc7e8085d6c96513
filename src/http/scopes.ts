/**
 * The one table of who may do what. Each route names what it asks for (`Route.scope`); tokens hold scopes, roles of
 * people are scopes by this table.
 */
import type { Role } from '../domain/roles.ts'

/** What a token may be allowed. `admin` includes all others. */
export const SCOPES = [
  'messages:send',
  'messages:read',
  'contacts:read',
  'contacts:write',
  'modems:read',
  'signal:read',
  'events:read',
  'system:read',
  'admin',
] as const

export type Scope = (typeof SCOPES)[number]

/** `public`: everybody, and a cookie is not looked at; `signed-in`: a person with a session, whatever their role, or an admin. */
export type Access = Scope | 'public' | 'signed-in'

const VIEWER: readonly Scope[] = [
  'messages:read',
  'contacts:read',
  'modems:read',
  'signal:read',
  'events:read',
  'system:read',
]

/** What people may do, by their role. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: VIEWER,
  sender: [...VIEWER, 'messages:send', 'contacts:write'],
  admin: ['admin'],
}
