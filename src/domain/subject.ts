/**
 * Pure: the subject of a message, which MMS has a place for and nothing else has. It leads the text, in bold, on a line of
 * its own, and the message knows how long it is: so it is read, found and quoted wherever the text is, travels over Signal
 * and in texts as their first line, and is taken out again for the one network that has a place for it.
 */
import type { TextRange } from './ranges.ts'

/** No carrier takes a longer one. */
export const SUBJECT_CHARS_MAX = 80

interface Led {
  text: string
  subject_chars: number | null
  edited_at_ms: number | null
}

/** Text and styles with the subject before them. */
export function withSubject(
  subject: string,
  text: string,
  ranges: readonly TextRange[],
): { text: string; ranges: TextRange[] } {
  const lead = text === '' ? subject : `${subject}\n`
  const bold = { kind: 'style', style: 'bold', start: 0, length: subject.length } as const
  const moved = ranges.map((range) => ({ ...range, start: range.start + lead.length }))
  return { text: `${lead}${text}`, ranges: [bold, ...moved] }
}

/** The subject of a message as it is kept, and what follows it. What was edited since is all text. */
export function apartFromSubject({ text, subject_chars: chars, edited_at_ms: editedAtMs }: Led): {
  subject: string | undefined
  text: string
} {
  if (chars === null || editedAtMs !== null || text.length < chars) return { subject: undefined, text }
  return { subject: text.slice(0, chars), text: text.slice(chars + 1) }
}
