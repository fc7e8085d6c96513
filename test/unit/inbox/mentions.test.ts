/** Whom a draft names keeps its place while the words around it change, and an `@` is a search only where one begins a word. */
import { expect, test } from 'vitest'
import { mentionAt, movedWith } from '../../../src/inbox/model/mentions.ts'

test.each([
  ['@', 1, { start: 0, query: '' }],
  ['hi @An', 6, { start: 3, query: 'An' }],
  ['hi @An and more', 6, { start: 3, query: 'An' }],
  ['(@Ana Ma', 8, { start: 1, query: 'Ana Ma' }],
  ['hi\n@an', 6, { start: 3, query: 'an' }],
  ['mail me@home', 12, undefined],
  ['@Ana ', 5, undefined],
  ['@ Ana', 5, undefined],
  ['@Ana\nBen', 8, undefined],
  [`@${'x'.repeat(31)}`, 32, undefined],
  ['no one', 6, undefined],
])('%j with the caret at %i', (text, caret, found) => {
  expect(mentionAt(text, caret)).toEqual(found)
})

const ana = { start: 3, length: 4, mention: 'ana' }
const ben = { start: 12, length: 4, mention: 'ben' }
const text = 'hi @Ana and @Ben!'

test.each([
  ['words before move both', `oh ${text}`, [6, 15]],
  ['words between move the later one', 'hi @Ana und auch @Ben!', [3, 17]],
  ['words behind move nothing', `${text} ok?`, [3, 12]],
  ['a name that was touched is a name no more', 'hi @An and @Ben!', [11]],
  ['words within a name as well', 'hi @Ana and @B-en!', [3]],
  ['all replaced', 'nothing of it', []],
  ['nothing changed', text, [3, 12]],
  ['emptied', '', []],
])('%s', (_what, after, starts) => {
  const kept = movedWith(text, after, [ana, ben])
  expect(kept.map(({ start }) => start)).toEqual(starts)
  for (const { start, length, mention } of kept) {
    expect(after.slice(start, start + length)).toBe(mention === 'ana' ? '@Ana' : '@Ben')
  }
})
