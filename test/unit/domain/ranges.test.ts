/** Styles and mentions lie where they belong, whatever stands before them. */
import { expect, test } from 'vitest'
import { rangesWithin, type TextRange, withNames } from '../../../src/domain/ranges.ts'

const mention = (start: number, aci: string, ours = false): TextRange => ({
  kind: 'mention',
  start,
  length: 1,
  aci,
  ours,
})
const bold = (start: number, length: number): TextRange => ({ kind: 'style', style: 'bold', start, length })
const names = (aci: string, ours: boolean) => (ours ? 'you' : aci.toUpperCase())

test('a placeholder becomes the name, and what lies behind moves', () => {
  const { text, ranges } = withNames(
    'hi \ufffc and \ufffc!',
    [mention(3, 'ana'), mention(9, 'x', true), bold(5, 3)],
    names,
  )
  expect(text).toBe('hi @ANA and @you!')
  expect(ranges.map(({ start, length }) => text.slice(start, start + length))).toEqual(['@ANA', 'and', '@you'])
})

test('a style around a mention grows with it', () => {
  const { text, ranges } = withNames('a \ufffc b', [bold(0, 5), mention(2, 'ana')], names)
  const style = ranges.find(({ kind }) => kind === 'style')
  expect(text.slice(style?.start, (style?.start ?? 0) + (style?.length ?? 0))).toBe('a @ANA b')
})

test('what lies outside of the text, or overlaps a mention, says nothing', () => {
  expect(rangesWithin('abc', [bold(-1, 2), bold(2, 2), bold(0, 0), bold(1, 2)])).toEqual([bold(1, 2)])
  const overlapping: TextRange[] = [{ ...mention(0, 'a'), length: 3 }, mention(1, 'b')]
  expect(withNames('abc', overlapping, names).text).toBe('@A')
})

test('however many ranges there are, a bounded number counts', () => {
  expect(
    rangesWithin(
      'a'.repeat(1_000),
      Array.from({ length: 900 }, (_, start) => bold(start, 1)),
    ),
  ).toHaveLength(250)
})
