/** What a person who signs in to the inbox is; what each role may do is in `src/http/scopes.ts`. */
export const ROLES = ['viewer', 'sender', 'admin'] as const

export type Role = (typeof ROLES)[number]
