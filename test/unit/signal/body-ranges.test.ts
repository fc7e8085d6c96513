/** Whom a text of ours names stands in the body as a placeholder, and every range lies where it lies there. */
import { expect, test } from 'vitest'
import { bodyOf, rangesIn } from '../../../src/signal/ranges.ts'

const ana = 'a0000000-0000-4000-8000-000000000101'
const ben = 'b0000000-0000-4000-8000-000000000102'
const mention = (start: number, length: number, aci: string) =>
  ({ kind: 'mention', start, length, aci, ours: false }) as const
const bold = (start: number, length: number) => ({ kind: 'style', style: 'bold', start, length }) as const

test('names become placeholders, in whatever order they are given, and styles move with them', () => {
  const text = 'ask @Ben and @Ana now'
  const said = bodyOf(text, [mention(13, 4, ana), mention(4, 4, ben), bold(9, 3), bold(0, text.length), bold(18, 3)])
  expect(said.body).toBe('ask \ufffc and \ufffc now')
  expect(said.requiredProtocolVersion).toBe(6)
  expect(rangesIn(said, said.body ?? '', '')).toEqual([
    mention(10, 1, ana),
    mention(4, 1, ben),
    bold(6, 3),
    bold(0, 15),
    bold(12, 3),
  ])
})

test('a style that covers part of a name covers the placeholder', () => {
  const said = bodyOf('a @Ana b', [mention(2, 4, ana), bold(4, 4), bold(0, 4), bold(3, 2)])
  expect(said.body).toBe('a \ufffc b')
  expect(rangesIn(said, said.body ?? '', '').slice(1)).toEqual([bold(2, 3), bold(0, 3), bold(2, 1)])
})

test('names that touch, and one at either end', () => {
  const said = bodyOf('@Ana@Ben', [mention(0, 4, ana), mention(4, 4, ben)])
  expect(said).toMatchObject({
    body: '\ufffc\ufffc',
    bodyRanges: [
      { start: 0, length: 1 },
      { start: 1, length: 1 },
    ],
  })
})

test('a text without mentions asks for no newer protocol', () => {
  expect(bodyOf('plain')).toEqual({ body: 'plain' })
  expect(bodyOf('plain', [bold(0, 5)])).toEqual({ body: 'plain', bodyRanges: [{ start: 0, length: 5, style: 1 }] })
})
