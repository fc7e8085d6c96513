import { describe, expect, it } from 'vitest'
import {
  hasTable,
  septetsOfText,
  textOfSeptets,
  textOfUcs2,
  ucs2OfText,
  wellFormed,
} from '../../../modem/pdu/alphabet.ts'
import { fillBitsAfter, packSeptets, septetsOfHeader, unpackSeptets } from '../../../modem/pdu/septets.ts'
import { Random } from '../at/random.ts'

const languages = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
const names = ['tr', 'es', 'pt', 'bn', 'gu', 'hi', 'kn', 'ml', 'or', 'pa', 'ta', 'te', 'ur']
/** Unicode block of each language's letters. */
const blocks: Readonly<Record<number, RegExp>> = {
  4: /\p{Script=Bengali}/u,
  5: /\p{Script=Gujarati}/u,
  6: /\p{Script=Devanagari}/u,
  7: /\p{Script=Kannada}/u,
  8: /\p{Script=Malayalam}/u,
  9: /\p{Script=Oriya}/u,
  10: /\p{Script=Gurmukhi}/u,
  11: /\p{Script=Tamil}/u,
  12: /\p{Script=Telugu}/u,
  13: /\p{Script=Arabic}/u,
}
const one = (...septets: number[]) => Uint8Array.from(septets)
const ESC = 0x1b

describe('the tables of 23.038', () => {
  it('has a single shift table for each language and a locking one for all but Spanish', () => {
    expect(languages.filter((language) => hasTable('single', language))).toEqual(languages)
    expect(languages.filter((language) => !hasTable('locking', language))).toEqual([2])
    expect([0, 14, 255].map((language) => hasTable('locking', language))).toEqual([true, false, false])
  })

  it.each(languages.map((language, index) => [names[index], language] as const))(
    '%s: every character is written as what reads back as itself',
    (_name, language) => {
      for (const shift of [
        { locking: language, single: 0 },
        { locking: 0, single: language },
        { locking: language, single: language },
      ]) {
        for (let septet = 0; septet < 128; septet++) {
          for (const septets of [one(septet), one(ESC, septet)]) {
            const text = textOfSeptets(septets, shift)
            expect(text).toHaveLength(1)
            const again = septetsOfText(text, shift)
            expect(again && textOfSeptets(again, shift)).toBe(text)
          }
        }
      }
    },
  )

  it.each(Object.keys(blocks).map(Number))('language %i can spell in its own script', (language) => {
    const shift = { locking: language, single: language }
    const characters = Array.from({ length: 128 }, (_, septet) => [
      textOfSeptets(one(septet), shift),
      textOfSeptets(one(ESC, septet), shift),
    ]).flat()
    const letters = new Set(characters.filter((character) => blocks[language]?.test(character)))
    expect(letters.size).toBeGreaterThan(45)
    // Every code point is an assigned one: a slip of a digit would often not be.
    expect(characters.filter((character) => /\p{Cn}/u.test(character))).toEqual([])
    for (const character of ['A', 'z', '0', '9', '@', '€', '\n', '\r', ' ', '{', '|']) {
      expect([character, septetsOfText(character, shift)]).not.toEqual([character, undefined])
    }
  })

  it('reads known words of each table', () => {
    const known: readonly [locking: number, single: number, septets: number[], text: string][] = [
      [1, 0, [0x07, 0x0c, 0x1d, 0x40, 0x60], 'ığşİç'],
      [0, 1, [ESC, 0x47, ESC, 0x49, ESC, 0x53, ESC, 0x69], 'ĞİŞı'],
      [0, 2, [ESC, 0x41, ESC, 0x6f, ESC, 0x09], 'Áóç'],
      [3, 3, [0x04, 0x7b, ESC, 0x05, ESC, 0x12], 'êãêΦ'],
      [7, 0, [0x24, 0x3d], '\u0ca1\u0caa'],
      [9, 0, [0x47], '\u0b33'],
      [11, 11, [ESC, 0x24, ESC, 0x25], '\u0bee\u0bef'],
      [12, 12, [ESC, 0x22, ESC, 0x23], '\u0c6c\u0c6d'],
      [13, 13, [0x00, ESC, 0x1c], '\u0627\u06f0'],
    ]
    for (const [locking, single, septets, text] of known) {
      expect(textOfSeptets(Uint8Array.from(septets), { locking, single })).toBe(text)
    }
  })

  it('shows a space for an escape before an escape or at the end', () => {
    expect(textOfSeptets(one(0x61, ESC, ESC, 0x62))).toBe('a b')
    expect(textOfSeptets(one(0x61, ESC))).toBe('a ')
    expect(textOfSeptets(one(0x61, ESC), { locking: 6, single: 6 })).toBe('a ')
  })

  it('falls back to the default tables for a language that nobody knows', () => {
    expect(textOfSeptets(one(0x40, ESC, 0x65), { locking: 99, single: 200 })).toBe('¡€')
  })

  it('has no septets for what is in no table', () => {
    for (const character of ['ж', '`', '😀', '\u001b', '\u0000', 'ç', '\uffff'])
      expect(septetsOfText(character)).toBeUndefined()
  })
})

describe('packing', () => {
  it('is undone by unpacking behind every header length', () => {
    const random = new Random(1)
    for (let headerOctets = 0; headerOctets <= 20; headerOctets++) {
      for (let count = 0; count <= 40; count++) {
        const septets = Uint8Array.from({ length: count }, () => random.below(128))
        const packed = packSeptets(septets, fillBitsAfter(headerOctets))
        const behind = new Uint8Array(headerOctets + packed.length)
        behind.set(packed, headerOctets)
        expect(unpackSeptets(behind, count, septetsOfHeader(headerOctets) * 7)).toEqual(septets)
      }
    }
  })

  it('keeps UTF-16 as it is, alone or in pairs', () => {
    for (const text of ['', 'a', '😀', '\ud83d', 'a\ude00b', '\ufeffx']) expect(textOfUcs2(ucs2OfText(text))).toBe(text)
    expect(wellFormed('a\ud83db\ude00😀')).toBe('a\ufffdb\ufffd😀')
  })
})
