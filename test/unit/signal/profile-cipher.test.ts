/** Profile fields: sizes that tell little, and nothing believed that was tampered with. */
import { expect, test } from 'vitest'
import { decryptName, encryptAbout, encryptName } from '../../../src/signal/profile-cipher.ts'

const key = new Uint8Array(32).fill(1)
const nonce = new Uint8Array(12).fill(2)

test.each([
  ['', 81],
  ['A', 81],
  ['x'.repeat(53), 81],
  ['x'.repeat(54), 285],
  ['x'.repeat(257), 285],
])('a name of %s has one of the two sizes that the service takes', (name, octets) => {
  expect(encryptName(key, name, nonce).length).toBe(octets)
})

test('a line about us has one of the three sizes', () => {
  const sizes = [1, 128, 129, 254, 255, 512].map((count) => encryptAbout(key, 'x'.repeat(count), nonce).length)
  expect(sizes).toEqual([156, 156, 282, 282, 540, 540])
})

test('what does not fit is refused, not cut', () => {
  expect(() => encryptName(key, 'é'.repeat(129), nonce)).toThrow(RangeError)
  expect(() => encryptAbout(key, 'x'.repeat(513), nonce)).toThrow(RangeError)
})

test('given and family name are read back; an empty name is none', () => {
  expect(decryptName(key, encryptName(key, 'Ana\0Alvarez', nonce))).toBe('Ana Alvarez')
  expect(decryptName(key, encryptName(key, 'Ana', nonce))).toBe('Ana')
  expect(decryptName(key, encryptName(key, '', nonce))).toBeUndefined()
})

test('another key, a changed octet or a stump give no name and no error', () => {
  const sealed = encryptName(key, 'Ana', nonce)
  expect(decryptName(new Uint8Array(32).fill(9), sealed)).toBeUndefined()
  for (let at = 0; at < sealed.length; at += 1) {
    const forged = Uint8Array.from(sealed)
    forged[at] = (forged[at] ?? 0) ^ 1
    expect(decryptName(key, forged)).toBeUndefined()
    expect(decryptName(key, sealed.subarray(0, at))).toBeUndefined()
  }
})
