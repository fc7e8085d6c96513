import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { grouped, newRecoveryKey, parseRecoveryKey } from '../../../src/backup/recovery-key.ts'

const keys = Array.from({ length: 20 }, () => newRecoveryKey(randomBytes))

describe('a recovery key', () => {
  test('is read back however it was written down', () => {
    for (const key of keys) {
      expect(grouped(key)).toMatch(/^(\d{5} ){5}\d{5}$/)
      for (const typed of [key, grouped(key), grouped(key).replaceAll(' ', '-'), ` ${grouped(key)}\n`]) {
        expect(parseRecoveryKey(typed)).toBe(key)
      }
    }
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('with any one digit wrong is told from another key', () => {
    for (const key of keys.slice(0, 3)) {
      for (let at = 0; at < key.length; at++) {
        for (let by = 1; by < 10; by++) {
          const digit = (Number(key[at]) + by) % 10
          const typed = `${key.slice(0, at)}${digit}${key.slice(at + 1)}`
          expect(() => parseRecoveryKey(typed)).toThrow(expect.objectContaining({ code: 'recovery-key-invalid' }))
        }
      }
    }
  })

  test('with two neighbours exchanged is told from another key', () => {
    for (const key of keys) {
      for (let at = 0; at + 1 < key.length; at++) {
        if (key[at] === key[at + 1]) continue
        const typed = `${key.slice(0, at)}${key[at + 1]}${key[at]}${key.slice(at + 2)}`
        expect(() => parseRecoveryKey(typed)).toThrow(expect.objectContaining({ code: 'recovery-key-invalid' }))
      }
    }
  })

  test.each(['', '12345', 'x'.repeat(30), '1'.repeat(31)])('is not "%s"', (typed) => {
    expect(() => parseRecoveryKey(typed)).toThrow(expect.objectContaining({ code: 'recovery-key-invalid' }))
  })
})
