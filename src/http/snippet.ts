/** Pure: a long text around what was found in it, as text and ranges; whoever shows it makes no HTML of either. */
import type { FoundRange } from '../store/search.ts'

const BEFORE_CHARS = 40
const CHARS_MAX = 160
const CUT = '…'

export function snippetOf(text: string, ranges: readonly FoundRange[]): { text: string; ranges: FoundRange[] } {
  const first = ranges[0]?.start ?? 0
  const from = first <= BEFORE_CHARS ? 0 : wholeChar(text, first - BEFORE_CHARS)
  const to = text.length - from <= CHARS_MAX ? text.length : wholeChar(text, from + CHARS_MAX)
  const head = from > 0 ? CUT : ''
  const shift = head.length - from
  return {
    text: `${head}${text.slice(from, to)}${to < text.length ? CUT : ''}`,
    ranges: ranges
      .filter(({ start }) => start >= from && start < to)
      .map(({ start, length }) => ({ start: start + shift, length: Math.min(length, to - start) })),
  }
}

/** Not between the halves of a character. */
function wholeChar(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at
}
