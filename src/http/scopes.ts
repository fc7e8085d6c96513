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
