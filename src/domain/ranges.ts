/**
 * Pure: what holds for a part of a text: a style, or that it names somebody. Positions are UTF-16 units, as Signal and
 * JavaScript count them.
 */

export const TEXT_STYLES = ['bold', 'italic', 'spoiler', 'strikethrough', 'monospace'] as const
type TextStyle = (typeof TEXT_STYLES)[number]

export type TextRange = { start: number; length: number } & (
  | { kind: 'style'; style: TextStyle }
  /** Somebody is named, by account; `ours`: the owner. */
  | { kind: 'mention'; aci: string; ours: boolean }
)

/** No honest message has more. */
const RANGES_MAX = 250

/** Ranges that lie within the text, in their order; the others say nothing. */
export function rangesWithin(text: string, ranges: readonly TextRange[]): TextRange[] {
  return ranges
    .slice(0, RANGES_MAX)
    .filter(({ start, length }) => start >= 0 && length > 0 && start + length <= text.length)
    .sort((a, b) => a.start - b.start)
}

/**
 * Puts `@name` where a message has but a placeholder for whom it names. The text, and the ranges as they lie in it then; a
 * mention that overlaps the one before it is left out.
 */
export function withNames(
  text: string,
  ranges: readonly TextRange[],
  nameOf: (aci: string, ours: boolean) => string,
): { text: string; ranges: TextRange[] } {
  const inside = rangesWithin(text, ranges)
  const named: { start: number; end: number; at: number; words: string; range: TextRange }[] = []
  let shown = ''
  let position = 0
  for (const range of inside) {
    if (range.kind !== 'mention' || range.start < position) continue
    shown += text.slice(position, range.start)
    const words = `@${nameOf(range.aci, range.ours)}`
    named.push({ start: range.start, end: range.start + range.length, at: shown.length, words, range })
    shown += words
    position = range.start + range.length
  }
  shown += text.slice(position)
  const moved = (offset: number): number => {
    const before = named.filter(({ start }) => start < offset).at(-1)
    if (before === undefined) return offset
    const past = before.at + before.words.length
    return offset < before.end ? past : past + (offset - before.end)
  }
  const styles = inside.flatMap((range) => {
    if (range.kind !== 'style') return []
    const start = moved(range.start)
    return [{ ...range, start, length: moved(range.start + range.length) - start }]
  })
  const mentions = named.map(({ at, words, range }) => ({ ...range, start: at, length: words.length }))
  return { text: shown, ranges: rangesWithin(shown, [...mentions, ...styles]) }
}
