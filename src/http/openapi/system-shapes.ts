/** What the routes of the gateway itself answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { MODES } from '../../domain/route.ts'
import { WHEN_ROAMING } from '../../domain/settings.ts'
import { SETTING_NAMES } from '../views.ts'
import { count, maybe, shape, text } from './shapes.ts'

const live = {
  mode: z.enum(MODES),
  fallback: z.strictObject({ after: text, default: z.enum(CONTACT_POLICIES), when_roaming: z.enum(WHEN_ROAMING) }),
}

export const systemAnswers = {
  settings: shape('Settings', {
    ...live,
    long_text_parts: count.nullable().describe('`mms.long_text_parts`; null: texts stay texts.'),
    configured: z.strictObject(live).describe('What the configuration says.'),
    chosen: z.array(z.enum(Object.values(SETTING_NAMES))).describe('Those that people changed; they win.'),
  }),
  version: shape('Version', { version: text, licence: text, source_url: maybe }),
}
