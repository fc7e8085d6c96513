/** Styles of a text as requests give them, for a new message and for an edit. */
import { z } from 'zod'
import { TEXT_STYLES, type TextRange } from '../../domain/ranges.ts'

const TEXT_STYLES_MAX = 250

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
