/** Enhanced voice mail information (23.040 §9.2.3.24.13): the count is read from behind the access address, or nothing is. */
import { describe, expect, test } from 'vitest'
import { waitingIndications } from '../../../modem/pdu/waiting.ts'

const element = (iei: number, hex: string) => ({ iei, data: Uint8Array.from(Buffer.from(hex, 'hex')) })
const ENHANCED = 0x23
const SPECIAL = 0x01

describe('enhanced voice mail information', () => {
  test.each([
    ['a notification with an access number', '080B919471032547F603', 3],
    ['a notification without one', '08008105', 5],
    ['an odd number of digits', '0803811103F1', 0xf1],
    ['a confirmation that all were deleted', '09008100', 0],
    ['what follows the count is passed over', '080081020112340567', 2],
  ])('%s', (_name, hex, count) => {
    expect(waitingIndications({ udh: [element(ENHANCED, hex)], mwi: null })).toEqual({
      indications: [{ type: 'voicemail', count }],
      keepText: true,
    })
  })

  test.each(['', '08', '0800', '080081', '080B9194710325', '08FF810102030405'])(
    'an element too short for its address says nothing: %s',
    (hex) => {
      expect(waitingIndications({ udh: [element(ENHANCED, hex)], mwi: null })).toEqual({
        indications: [],
        keepText: true,
      })
    },
  )

  test('counts in place of the older indication of the same box, and beside those of others', () => {
    const udh = [element(SPECIAL, '0009'), element(SPECIAL, '8102'), element(ENHANCED, '08008104')]
    expect(waitingIndications({ udh, mwi: null })).toEqual({
      indications: [
        { type: 'voicemail', count: 4 },
        { type: 'fax', count: 2 },
      ],
      keepText: true,
    })
  })
})
