/** What the routes of the gateway itself answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { MODES } from '../../domain/route.ts'
import { WHEN_ROAMING } from '../../domain/settings.ts'
import { SETTING_NAMES } from '../views.ts'
import { at, count, maybe, maybeAt, shape, text } from './shapes.ts'

const live = {
  mode: z.enum(MODES),
  fallback: z.strictObject({ after: text, default: z.enum(CONTACT_POLICIES), when_roaming: z.enum(WHEN_ROAMING) }),
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

export const systemAnswers = {
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
