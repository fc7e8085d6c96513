import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { STATE_FACES } from '../../../src/domain/states.ts'
import { argumentNames, parseMessage, writeMessage } from '../../../src/inbox/languages/icu.ts'
import { pseudoMessage } from '../../../src/inbox/languages/pseudo.ts'

const FOLDER = 'src/inbox/languages'

function catalogue(name: string): Record<string, string> {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'))
}

const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
const english = catalogue('en.json')

describe('the catalogues', () => {
  it.each(names)('%s has the same keys and arguments as the English one, and every message parses', (name) => {
    const other = catalogue(name)
    expect(Object.keys(other).sort()).toEqual(Object.keys(english).sort())
    for (const [key, message] of Object.entries(other)) {
      expect([key, argumentNames(parseMessage(message))]).toEqual([
        key,
        argumentNames(parseMessage(english[key] ?? '')),
      ])
    }
  })

  it.each(names)('%s has all categories of its language in every plural', (name) => {
    const language = name.replace('.json', '')
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const [key, message] of Object.entries(catalogue(name))) {
      for (const part of parseMessage(message)) {
        if (typeof part === 'string' || part.kind !== 'plural') continue
        expect([key, wanted.filter((category) => part.choices[category] === undefined)]).toEqual([key, []])
      }
    }
  })

  it('the words for states are those of the one table', () => {
    for (const [state, { word, meaning }] of Object.entries(STATE_FACES)) {
      expect([english[`state.${state}`], english[`meaning.${state}`]]).toEqual([word, meaning])
    }
  })
})

describe('a message', () => {
  it.each([
    ['plain', {}, 'plain'],
    ['Hello {name}', { name: 'Ana' }, 'Hello Ana'],
    ['{n, number}', { n: 1234 }, '1,234'],
    ['{n, plural, =0 {none} one {# file} other {# files}}', { n: 0 }, 'none'],
    ['{n, plural, =0 {none} one {# file} other {# files}}', { n: 1 }, '1 file'],
    ['{n, plural, =0 {none} one {# file} other {# files}}', { n: 2000 }, '2,000 files'],
    ['{who, select, us {You} other {{name}}}', { who: 'them', name: 'Ben' }, 'Ben'],
    ["it''s '{so}' l'an", {}, "it's {so} l'an"],
    ['{missing}', {}, '{missing}'],
  ])('%s', (source, values, words) => {
    expect(writeMessage(parseMessage(source), values as Record<string, string | number>, 'en')).toBe(words)
  })

  it.each(['{', '{n, plural, one {x}}', 'a}', '{n, nothing, x}', '{at, date, sometime}', '{n, number'])(
    '%s is refused',
    (source) => {
      expect(() => parseMessage(source)).toThrow()
    },
  )

  it('keeps names and numbers apart that are read the other way', () => {
    const blocked = parseMessage('{name} is blocked')
    expect(writeMessage(blocked, { name: 'Ana' }, 'en')).toBe('Ana is blocked')
    expect(writeMessage(blocked, { name: 'ليلى!' }, 'en')).toBe('\u2068ليلى!\u2069 is blocked')
    expect(writeMessage(blocked, { name: '+49 170' }, 'ar-EG')).toBe('\u2068+49 170\u2069 is blocked')
  })

  it('keeps its arguments in the pseudo-language and nothing else in plain letters', () => {
    const words = writeMessage(
      pseudoMessage('Hello {name}, {n, plural, one {a file} other {# files}}'),
      { name: '–', n: 3 },
      'en',
    )
    expect(words).not.toMatch(/[a-z]/i)
    expect(words).toMatch(/–.*3/)
  })
})
