import { describe, expect, it } from 'vitest'
import { currentStanding, negativeLookupMs } from '../../../src/domain/contact.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { normalisedText } from '../../../src/domain/twin.ts'
import { asClause, durationInWords, withDetail } from '../../../src/domain/words.ts'

describe('ids', () => {
  it('sort by time, and are strictly increasing even when the clock stands still or steps back', () => {
    let now = 1_700_000_000_000
    const ids = createIds(
      () => now,
      (count) => new Uint8Array(count).fill(0xff),
    )
    const made: string[] = []
    for (let step = 0; step < 200; step++) {
      made.push(ids('msg'))
      now += step % 3 === 0 ? -5 : step % 3
    }
    expect([...made].sort()).toEqual(made)
    expect(new Set(made).size).toBe(made.length)
    for (const id of made) expect(id).toMatch(/^msg_[0-9A-HJKMNP-TV-Z]{26}$/)
  })
})

describe('look-ups are trusted', () => {
  it('1 h after the first miss, growing to 24 h', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((misses) => negativeLookupMs(misses) / 3_600_000)).toEqual([
      1, 2, 4, 8, 16, 24, 24,
    ])
  })

  it('negative until they run out, positive for good', () => {
    expect(currentStanding('not-registered', 100, 99)).toBe('not-registered')
    expect(currentStanding('not-registered', 100, 100)).toBe('unknown')
    expect(currentStanding('stale', 100, 100)).toBe('unknown')
    expect(currentStanding('registered', 100, 1000)).toBe('registered')
  })
})

describe('durations in words', () => {
  it.each([
    [0, '0 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [900_000, '15 min'],
    [7_200_000, '2 h'],
    [86_400_000, '1 day'],
    [259_200_000, '3 days'],
  ])('%i ms is %s', (ms, words) => {
    expect(durationInWords(ms)).toBe(words)
  })
})

describe('twins', () => {
  it('are the same words after what phones and alphabets change', () => {
    expect(normalisedText(' “Don’t”  wait – now… ')).toBe(normalisedText('"Don\'t" wait - now...'))
    expect(normalisedText('yes')).not.toBe(normalisedText('no'))
  })
})

describe('a sentence within a sentence', () => {
  it.each([
    [
      'The phone network refuses this text: it is out of order. [part 1: AT+CMGS=… was refused: 38]',
      'the phone network refuses this text: it is out of order',
    ],
    ['A group.', 'a group'],
    ['Signal asks to slow down.', 'Signal asks to slow down'],
    ['MMS is not set up', 'MMS is not set up'],
    ['the carrier answered [sic] nothing', 'the carrier answered [sic] nothing'],
    ['', ''],
  ])('%s', (sentence, clause) => {
    expect(asClause(sentence)).toBe(clause)
  })

  it('what the other side said is taken off again, whatever it said', () => {
    expect(withDetail('It was refused.', undefined)).toBe('It was refused.')
    expect(asClause(withDetail('It was refused.', 'part 2: [+CMS] ERROR]: 1'))).toBe('it was refused')
  })
})
