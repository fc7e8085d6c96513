/** Styles of a text, and whom it names, as requests give them, for a new message and for an edit. */
import { z } from 'zod'
import { TEXT_STYLES, type TextRange } from '../../domain/ranges.ts'
import type { Mention } from '../../routing/requests.ts'

const TEXT_STYLES_MAX = 250
const MENTIONS_MAX = 100

export const textStyles = z
  .array(
    z.strictObject({
      start: z.int().min(0),
      length: z.int().min(1),
      style: z.enum(TEXT_STYLES),
    }),
  )
  .max(TEXT_STYLES_MAX)
  .describe('Parts of the text, in UTF-16 units; shown by Signal, left out of a text message.')

export function stylesIn(styles: z.infer<typeof textStyles>): TextRange[] {
  return styles.map((range) => ({ ...range, kind: 'style' }))
}

export const textMentions = z
  .array(
    z
      .strictObject({
        start: z.int().min(0),
        length: z.int().min(1),
        mention: z
          .string()
          .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'The id of a Signal account.')
          .transform((aci) => aci.toLowerCase())
          .optional()
          .describe('The Signal account, as `ranges` of messages and members of groups have it.'),
        contact_id: z.string().min(1).max(64).optional().describe('Instead of `mention`.'),
      })
      .refine((body) => (body.mention === undefined) !== (body.contact_id === undefined), {
        message: 'Give either mention or contact_id.',
        path: ['mention'],
      }),
  )
  .max(MENTIONS_MAX)
  .describe(
    'Whom the text names: members of the group, or the two of a conversation. What stands there (U+FFFC, or words that begin with @; in UTF-16 units) becomes `@` and the name that they have here. Signal tells them; a text message has the name.',
  )

export function mentionsIn(mentions: z.output<typeof textMentions>): Mention[] {
  return mentions.map(({ start, length, mention: aci, contact_id: contactId = '' }) => ({
    start,
    length,
    who: aci === undefined ? { contactId } : { aci },
  }))
}
