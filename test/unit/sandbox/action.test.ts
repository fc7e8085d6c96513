import { describe, expect, test } from 'vitest'
import type { ActionDocument } from '../../../src/sandbox/action.ts'
import { Arguments } from '../../../src/sandbox/action.ts'

const action: ActionDocument = {
  name: 'act',
  summary: '',
  parameters: [
    { name: 'who', summary: 'whom', kind: 'text', required: true },
    { name: 'count', summary: 'how many', kind: 'integer', fallback: 3 },
    { name: 'loud', summary: 'whether', kind: 'flag' },
    { name: 'mood', summary: 'how', kind: 'text', oneOf: ['good', 'bad'] },
    { name: 'more', summary: 'anything', kind: 'json' },
  ],
}

describe('arguments of an action', () => {
  test('are read as their kinds, as JSON or as a command line writes them', () => {
    const json = new Arguments(action, { who: 'ana', count: 5, loud: true, mood: 'bad', more: { a: [1] } })
    const words = new Arguments(action, { who: 'ana', count: '5', loud: 'true', mood: 'bad', more: '{"a":[1]}' })
    for (const given of [json, words]) {
      expect([
        given.text('who'),
        given.integer('count'),
        given.flag('loud'),
        given.text('mood'),
        given.json('more'),
      ]).toEqual(['ana', 5, true, 'bad', { a: [1] }])
    }
  })

  test('fall back where they are not given', () => {
    const given = new Arguments(action, { who: 'ana' })
    expect([given.integer('count'), given.optionalFlag('loud'), given.optionalText('mood')]).toEqual([
      3,
      undefined,
      undefined,
    ])
  })

  test.each([
    [{}, 'act: who is missing (whom)'],
    [{ who: 'ana', when: 1 }, 'act: when is not known; known: who, count, loud, mood, more'],
    [{ who: {} }, 'act: who must be text'],
    [{ who: 'ana', count: 1.5 }, 'act: count must be a whole number'],
    [{ who: 'ana', count: '12a' }, 'act: count must be a whole number'],
    [{ who: 'ana', loud: 'yes' }, 'act: loud must be true or false'],
    [{ who: 'ana', mood: 'odd' }, 'act: mood must be one of good, bad'],
    [{ who: 'ana', more: '{' }, 'act: more must be JSON'],
  ])('are refused with words: %j', (body, message) => {
    expect(() => new Arguments(action, body)).toThrow(message)
  })
})
