/** What the routes of the web inbox answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { ROLES } from '../../domain/roles.ts'
import { count, flag, list, maybe, maybeAt, shape, text } from './shapes.ts'

const person = z.strictObject({ id: text, name: text, role: z.enum(ROLES) })

const userFields = {
  id: text,
  name: text,
  role: z.enum(ROLES),
  version: count,
  created_at: maybeAt,
  updated_at: maybeAt,
  last_seen_at: maybeAt,
}
const user = shape('User', userFields)

export const inboxAnswers = {
  session: shape('Session', {
    state: z.enum(['setup', 'signed-out', 'signed-in']),
    user: person.optional().describe('Who signed in; left out for tokens.'),
    csrf_token: text.optional().describe('For `X-CSRF-Token` of whatever changes something.'),
    sandbox: flag,
    languages: z.array(text),
    version: text,
  }),
  setupCode: shape('SetupCode', { setup_code: text.optional().describe('Left out where the request was repeated.') }),
  user,
  users: list('Users', user),
  sessions: list(
    'Sessions',
    z.strictObject({
      id: text,
      user: person,
      current: flag,
      user_agent: maybe,
      address: maybe,
      created_at: maybeAt,
      seen_at: maybeAt,
      expires_at: maybeAt,
    }),
  ),
}
