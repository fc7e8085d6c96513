/** Pure: a message as a text message can say it, which knows no quotes. */
import type { Quote } from './transport.ts'

/** What of a quoted message is repeated: enough to know which one, in few of the characters that are paid for. */
const QUOTED_CHARS_MAX = 40

/** The text, led by a line of what it answers to: `> the quoted words…`. */
export function asPlainText(text: string, quote: Quote | undefined): string {
  const words = quote?.text.replaceAll(/\s+/g, ' ').trim() ?? ''
  if (words === '') return text
  const short = words.length > QUOTED_CHARS_MAX ? `${[...words].slice(0, QUOTED_CHARS_MAX - 3).join('')}...` : words
  return `> ${short}\n${text}`
}
