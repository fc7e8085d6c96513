/** What the routes of the gateway itself answer (its events, tokens, queue, backups, settings), as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { ACTIONS } from '../../domain/finding.ts'
import { MESSAGE_STATES } from '../../domain/message.ts'
import { PRIORITIES } from '../../domain/priority.ts'
import { MODES } from '../../domain/route.ts'
import { WHEN_ROAMING } from '../../domain/settings.ts'
import { JOB_STATES } from '../../store/queue-jobs.ts'
import { SCOPES } from '../scopes.ts'
import { SETTING_NAMES } from '../settings-view.ts'
import { message } from './message-shapes.ts'
import { at, count, flag, list, maybe, maybeAt, page, shape, text } from './shapes.ts'

const live = {
  mode: z.enum(MODES),
  fallback: z.strictObject({
    after: text,
    default: z.enum(CONTACT_POLICIES),
    when_roaming: z.enum(WHEN_ROAMING),
    quiet_hours: text,
    time_zone: text,
  }),
}

const backupRun = shape('BackupRun', {
  id: text,
  cause: z.enum(['person', 'schedule']),
  state: z.enum(['running', 'made', 'failed']),
  began_at: at,
  ended_at: maybeAt,
  file: maybe,
  bytes: count.nullable(),
  code: maybe,
  reason: maybe,
})

const transport = z.enum(['sms', 'mms', 'signal']).nullable()
const paused = z
  .array(z.strictObject({ transport, modem: maybe, since: text }))
  .describe('What was told to stay where it is; both null: all of it.')

const eventFields = {
  message_id: maybe,
  conversation_id: maybe,
  contact_id: maybe,
  message: message.optional().describe('As it is now; left out for tokens without `messages:read`.'),
}

const token = { id: text, name: text, scopes: z.array(z.enum(SCOPES)) }

export const systemAnswers = {
  events: shape('EventHistory', {
    data: z.array(
      shape('Event', { id: count, type: text, at: maybeAt, ...eventFields, data: z.record(text, z.unknown()) }),
    ),
    last_id: count.describe('`after` of the next request.'),
    gap: flag.describe('Some of what happened behind `after` is not kept any more.'),
  }),
  newToken: shape('NewToken', {
    ...token,
    token: text.optional().describe('Left out where the request was repeated.'),
  }),
  tokens: list('Tokens', z.strictObject({ ...token, created_at: maybeAt, last_used_at: maybeAt, revoked_at: maybeAt })),
  health: shape('Health', {
    status: z.enum(['pass', 'warn', 'fail']),
    ready: flag,
    version: text,
    components: z.array(z.strictObject({ component: text, status: z.enum(['pass', 'warn', 'fail']), detail: maybe })),
  }),
  dataMessages: page(
    'DataMessagePage',
    z.strictObject({
      id: text,
      lane: text,
      from: text,
      destination_port: count.nullable(),
      source_port: count.nullable(),
      pid: count,
      dcs: count,
      data: maybe,
      text: maybe,
      sent_at: maybeAt,
      received_at: maybeAt,
    }),
  ),
  quarantine: page(
    'QuarantinePage',
    z.strictObject({ transport: text, lane: text, raw: text, code: text, detail: text, received_at: maybeAt }),
  ),
  queue: shape('Queue', {
    data: z.array(
      z.strictObject({ status: z.enum(MESSAGE_STATES), transport: maybe, lane: maybe, count, oldest_at: maybeAt }),
    ),
    paused,
    problem: maybe,
  }),
  findings: list(
    'Findings',
    z.strictObject({
      id: text,
      code: text.describe('Which sentence it is; begins with `id`.'),
      severity: text,
      what: text,
      fix: maybe,
      values: z
        .record(text, z.union([text, z.number()]))
        .describe('What is in the words, by name: sizes in bytes, times as ISO 8601.'),
      action: z
        .strictObject({
          name: z.enum(ACTIONS),
          method: z.literal('POST').nullable().describe('null: `path` is a place in the inbox.'),
          path: text,
          body: z.record(z.string(), z.string()).nullable(),
        })
        .nullable(),
    }),
  ),
  pauses: shape('Pauses', { paused }),
  jobs: page(
    'JobPage',
    z.strictObject({
      message_id: text,
      conversation_id: text,
      state: z.enum(JOB_STATES),
      status: z.enum(MESSAGE_STATES),
      priority: z.enum(PRIORITIES),
      transport,
      modem: maybe,
      due_at: maybeAt.describe('Not before this time.'),
      valid_until: maybeAt,
      tries: count.describe('Attempts on this transport so far.'),
      code: maybe,
      reason: maybe.describe('Why it is where it is, in words.'),
      created_at: maybeAt,
    }),
  ),
  backupRun,
  backups: shape('Backups', {
    key_made_at: maybeAt.describe('null: there is no recovery key, and so no backup.'),
    directory: text,
    every: maybe.describe('null: only when somebody asks.'),
    keep: count,
    next_at: maybeAt,
    running: z.strictObject({ id: text, done_bytes: count, total_bytes: count.nullable() }).nullable(),
    runs: z.array(backupRun).describe('The last ones, the newest first.'),
    data: z.array(z.strictObject({ name: text, bytes: count, taken_at: at })).describe('The files, the newest first.'),
    restored: z
      .strictObject({ at, taken_at: at, held: count })
      .nullable()
      .describe('This gateway came out of a backup, and nobody has acknowledged that yet.'),
  }),
  recoveryKey: shape('RecoveryKey', {
    recovery_key: text.optional().describe('In the first answer only.'),
    made_at: at,
  }),
  settings: shape('Settings', {
    ...live,
    long_text_parts: count.nullable().describe('`mms.long_text_parts`; null: texts stay texts.'),
    configured: z.strictObject(live).describe('What the configuration says.'),
    chosen: z.array(z.enum(Object.values(SETTING_NAMES))).describe('Those that people changed; they win.'),
  }),
  version: shape('Version', { version: text, licence: text, source_url: maybe }),
}
