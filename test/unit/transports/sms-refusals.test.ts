import { describe, expect, it } from 'vitest'
import { ModemSubmitError } from '../../../modem/contract.ts'
import { isUnclear, refusal, stopsLane } from '../../../src/transports/sms-refusals.ts'

const cms = (...codes: number[]) => codes.map((code) => `cms-${code}`)
const cme = (...codes: number[]) => codes.map((code) => `cme-${code}`)

interface Meaning {
  retry: 'same-transport' | 'other-transport'
  waitsS?: readonly number[]
  timesMax?: number
  otherLane?: boolean
  stops?: boolean
  unclear?: boolean
}

/** Table B.8 of the reference, row by row. */
const rows: [string, string[], Meaning][] = [
  [
    'bad message: fail now',
    cms(
      1,
      8,
      10,
      28,
      30,
      50,
      69,
      81,
      95,
      96,
      97,
      98,
      99,
      111,
      128,
      129,
      130,
      143,
      144,
      145,
      159,
      176,
      195,
      196,
      198,
    ).concat(cms(199, 304, 305, 325)),
    { retry: 'other-transport' },
  ],
  [
    'rejected: once more over another SIM',
    cms(21),
    { retry: 'other-transport', timesMax: 1, otherLane: true, waitsS: [0] },
  ],
  [
    'SIM or settings: this modem stops, others are tried',
    cms(310, 311, 312, 313, 315, 316, 317, 318, 330, 193).concat(cme(10, 11, 12, 15, 16, 17, 18)),
    { retry: 'same-transport', stops: true, otherLane: true, waitsS: [60] },
  ],
  [
    'not ready: soon again',
    cms(301, 314, 320, 515, 527).concat(cme(14, 515)),
    { retry: 'same-transport', otherLane: true, waitsS: [1, 2, 4, 8, 15, 30, 60] },
  ],
  [
    'not ready right after boot, or never',
    cms(302),
    { retry: 'same-transport', otherLane: true, timesMax: 4, waitsS: [2, 5, 10, 30] },
  ],
  [
    'network: 30 s, 2 min, 10 min, next modem',
    cms(27, 29, 38, 41, 42, 47, 192, 194, 331, 332, 512, 513, 514).concat(cme(30, 31, 32)),
    { retry: 'same-transport', otherLane: true, waitsS: [30, 120, 600] },
  ],
  [
    'storage: room is made, then again',
    cms(208, 209, 211, 322),
    { retry: 'same-transport', otherLane: true, waitsS: [10, 30, 60, 300] },
  ],
  [
    'unknown: one retry after a check',
    cms(127, 255, 300, 340, 500, 516, 517, 999).concat(cme(100), 'error'),
    { retry: 'same-transport', otherLane: true, timesMax: 1, unclear: true, waitsS: [5] },
  ],
  [
    'syntax: this modem cannot',
    cms(303).concat(cme(3, 4)),
    { retry: 'other-transport', otherLane: true, timesMax: 1, waitsS: [0] },
  ],
  ['nothing has left us', ['gone', 'reset', 'prompt-timeout', 'timeout', 'unavailable'], { retry: 'same-transport' }],
]

describe('what a refusal of the modem means', () => {
  it.each(rows.flatMap(([rule, codes, meaning]) => codes.map((code) => [code, rule, meaning] as const)))(
    '%s: %s',
    (code, _rule, { retry, waitsS, timesMax, otherLane, stops = false, unclear = false }) => {
      const error = refusal(code, 1)
      const submission = new ModemSubmitError('refused', code, 'said no')
      expect(error?.retry).toBe(retry)
      expect(error?.repetition?.waitsMs).toEqual(waitsS?.map((seconds) => seconds * 1_000))
      expect(error?.repetition?.timesMax).toBe(timesMax)
      expect(error?.repetition?.otherLane).toBe(otherLane)
      expect([stopsLane(submission), isUnclear(submission)]).toEqual([stops, unclear])
    },
  )

  it('what the profile of the modem says of a code beats what is true of modems at large', () => {
    const said = new ModemSubmitError('refused', 'cms-302', 'said no', undefined, 'sim')
    expect(refusal('cms-302', 1, said)?.message).toMatch(/^The SIM card or its settings need attention/)
    expect([stopsLane(said), isUnclear(said)]).toEqual([true, false])
  })

  it('cms-197: the service centre has this very message, so it counts as sent', () => {
    expect(refusal('cms-197', 1)).toBeUndefined()
    expect(stopsLane(new ModemSubmitError('refused', 'cms-197', 'said no'))).toBe(false)
  })

  it('a person reads what the code means; which part it was and what the modem said is for the ledger', () => {
    expect(refusal('cms-38', 2, new Error('+CMS ERROR: 38'))).toMatchObject({
      message: 'The phone network cannot take the text now: it is out of order.',
      detail: 'part 2: +CMS ERROR: 38',
    })
    expect(refusal('cms-500', 1, new Error('AT+CMGS=… was refused: 500'))?.message).toBe('The modem gave no reason.')
  })
})
