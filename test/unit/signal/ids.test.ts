import { ServiceId } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { readServiceId } from '../../../src/signal/ids.ts'

const raw = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 - 13 * i)

test.each([
  ['an ACI', raw],
  ['a PNI', Uint8Array.of(1, ...raw)],
  ['an ACI with the octet of its kind', Uint8Array.of(0, ...raw)],
  ['an unknown kind', Uint8Array.of(2, ...raw)],
  ['an octet too few', raw.subarray(1)],
  ['an octet too many', Uint8Array.of(1, 1, ...raw)],
  ['a part of a longer piece', Uint8Array.of(9, 9, ...raw, 9).subarray(2, 18)],
])('%s in octets is read as libsignal reads it', (_, octets) => {
  let known: string | undefined
  try {
    known = ServiceId.parseFromServiceIdBinary(new Uint8Array(octets)).getServiceIdString()
  } catch {}
  expect(readServiceId(octets, undefined)).toBe(known)
})
