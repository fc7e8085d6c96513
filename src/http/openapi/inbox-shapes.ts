/** What the routes of the web inbox answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { ROLES } from '../../domain/roles.ts'
import { SETUP_STEPS } from '../setup-steps.ts'
import { message } from './message-shapes.ts'
import { peopleAnswers } from './people-shapes.ts'
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

const snippet = z
  .strictObject({
    text,
    ranges: z.array(z.strictObject({ start: count, length: count })).describe('In UTF-16 code units of this text.'),
  })
  .describe('Part of the text around what was found.')

export const inboxAnswers = {
  search: shape('SearchPage', {
    data: z.array(z.strictObject({ message, snippet })),
    conversations: z.array(peopleAnswers.conversation).describe('Whose name or number fits; on the first page.'),
    contacts: z.array(peopleAnswers.contact).describe('Those without a conversation; with `contacts:read`.'),
    next_cursor: maybe,
  }),
  session: shape('Session', {
    state: z.enum(['setup', 'signed-out', 'signed-in']),
    user: person.optional().describe('Who signed in; left out for tokens.'),
    csrf_token: text.optional().describe('For `X-CSRF-Token` of whatever changes something.'),
    sandbox: flag,
    languages: z.array(text),
    version: text,
  }),
  setup: shape('Setup', {
    steps: z.array(z.strictObject({ step: z.enum(SETUP_STEPS), state: z.enum(['open', 'done', 'skipped']) })),
    next: z.enum(SETUP_STEPS).nullable(),
    key_file: text,
  }),
  logs: shape('LogLines', {
    data: z.array(
      z.strictObject({
        n: count,
        at: maybeAt,
        level: z.enum(['info', 'warn', 'error']),
        message: text,
        fields: z.record(text, z.union([text, z.number(), flag, z.null()])),
      }),
    ),
    last: count.describe('`after` of the next request.'),
  }),
  signalHistory: list('SignalHistory', z.strictObject({ at: maybeAt, dbm: z.number().nullable() })),
  pushKey: shape('PushKey', { key: text.describe('base64url') }),
  pushSubscription: shape('PushSubscription', { id: text, created_at: maybeAt }),
  setupCode: shape('SetupCode', { setup_code: text.optional().describe('Left out where the request was repeated.') }),
  sandbox: shape('Sandbox', {
    people: z.array(z.strictObject({ key: text, name: text, number: text, summary: text, phone: text, signal: text })),
    modems: z.array(
      z.strictObject({ key: text, label: text, number: text, plugged: flag, coverage: text, faults: count }),
    ),
  }),
  sandboxMessages: list('SandboxMessages', z.strictObject({ over: z.enum(['sms', 'signal']), text, at: maybeAt })),
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
