/** Whom a text names while it is written: where somebody may be named, and where the names are after each change. Pure. */

export interface Place {
  start: number
  length: number
}

/** Of what is typed after the `@`; longer words are no search for a name. */
const QUERY_CHARS_MAX = 30

/** An `@` that begins a word before the caret, and what is typed after it. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | undefined {
  const before = text.slice(0, caret)
  const start = before.lastIndexOf('@')
  const query = before.slice(start + 1)
  const isWordBegun = start === 0 || /[\s([{"'“«„]/u.test(before[start - 1] ?? '')
  if (start === -1 || !isWordBegun || query.length > QUERY_CHARS_MAX || /\n|\s$|^\s/u.test(query)) return undefined
  return { start, query }
}

/** Those that still stand after a change, where they stand then: what the change touched is named no more. */
export function movedWith<Range extends Place>(before: string, after: string, ranges: readonly Range[]): Range[] {
  const shorter = Math.min(before.length, after.length)
  let same = 0
  while (same < shorter && before[same] === after[same]) same += 1
  let sameEnd = 0
  while (sameEnd < shorter - same && before[before.length - 1 - sameEnd] === after[after.length - 1 - sameEnd]) {
    sameEnd += 1
  }
  const changedTo = before.length - sameEnd
  return ranges.flatMap((range) => {
    if (range.start + range.length <= same) return [range]
    return range.start >= changedTo ? [{ ...range, start: range.start + after.length - before.length }] : []
  })
}
