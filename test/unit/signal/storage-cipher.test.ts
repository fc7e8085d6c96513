/** The storage service's keys, by the vectors of the reference page; and sealing. */
import { expect, test } from 'vitest'
import { itemKey, manifestKey, openStored, sealStored, storageKeyOf } from '../../../src/signal/storage-cipher.ts'

const pool = '0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr'
const storageKey = storageKeyOf(pool)
const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
const raw = new Uint8Array(16).fill(4)

test('the keys are those that other clients derive', () => {
  expect(hex(storageKey)).toBe('c0c65789fffbf0ea61ef4e275a9a2f94f69398859cc8a9e4bedd5dedcbab618e')
  expect(hex(manifestKey(storageKey, 7))).toBe('c722a2bf923d19d5ae44e0cb202088085d5a23b41b298184cf831864a3fbceb3')
  const ikm = new Uint8Array(32).fill(3)
  expect(hex(itemKey(storageKey, ikm, raw))).toBe('0ee205d26126fedcb373cdf2ed909bb1250269246717e40c0db55235697f8007')
  expect(hex(itemKey(storageKey, undefined, raw))).toBe(
    '7d845e7ef571bbd8979ae0d6e65cf811ae65e78991430115bdebc16f44635b02',
  )
})

test('what was sealed opens with its key only, and only whole', () => {
  const key = manifestKey(storageKey, 1)
  const sealed = sealStored(key, Buffer.from('contents'), new Uint8Array(12).fill(1))
  expect(openStored(key, sealed).toString()).toBe('contents')
  expect(() => openStored(manifestKey(storageKey, 2), sealed)).toThrow()
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => openStored(key, sealed.subarray(0, length))).toThrow()
  }
})
