import { describe, expect, it } from 'vitest'
import { partReported, type ReportedPart } from '../../../src/routing/report-match.ts'

type Row = ReportedPart & { name: string }

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A part: reference (null: its answer was lost), time of the hand-over, state, the time that a report has named. */
function part(
  name: string,
  message_reference: number | null,
  submitted_at_ms: number,
  state: Row['state'] = message_reference === null ? 'uncertain' : 'accepted',
  centre_time_ms: number | null = null,
): Row {
  return { name, message_reference, submitted_at_ms, state, centre_time_ms }
}

interface Case {
  rule: string
  parts: Row[]
  /** TP-MR and TP-SCTS of the report. */
  report: [number, number]
  is: string | undefined
}

const cases: Case[] = [
  { rule: 'the same reference and time', parts: [part('a', 7, 0)], report: [7, 2 * SECOND], is: 'a' },
  { rule: 'another reference is another text', parts: [part('a', 7, 0)], report: [8, 0], is: undefined },
  {
    rule: 'a lost answer is named by its time',
    parts: [part('lost', null, 0)],
    report: [8, 1 * SECOND],
    is: 'lost',
  },
  {
    // TP-SCTS has no fractions: it says 11 for a text that was handed over at 11.5.
    rule: 'the text of that second is meant, not one of the second before that never left',
    parts: [part('on its way', null, 11.5 * SECOND, 'submitting'), part('cut', null, 10.6 * SECOND)],
    report: [8, 11 * SECOND],
    is: 'on its way',
  },
  {
    rule: 'a lost answer of another time is not meant',
    parts: [part('lost', null, 0)],
    report: [8, HOUR],
    is: undefined,
  },
  {
    rule: 'a known reference goes before a lost answer of about the same time',
    parts: [part('lost', null, 1 * SECOND), part('known', 7, 0)],
    report: [7, 1 * SECOND],
    is: 'known',
  },
  {
    rule: 'a repeated report stays with the part it settled, although a lost answer is about as near',
    parts: [part('lost', null, 5 * SECOND), part('done', 7, 0, 'delivered', 0)],
    report: [7, 0],
    is: 'done',
  },
  {
    rule: 'a repeated report stays with its part although a lost answer is nearer: the centre’s time is the same',
    parts: [part('lost', null, 20 * SECOND), part('done', 7, 0, 'delivered', 20 * SECOND)],
    report: [7, 20 * SECOND],
    is: 'done',
  },
  {
    rule: 'a settled part whose centre’s time is not known swallows what is as near to it as to a lost answer',
    parts: [part('lost', null, 0), part('done', 7, 0, 'failed')],
    report: [7, 1 * SECOND],
    is: 'done',
  },
  {
    rule: 'a lost answer after a wrap or a restart, whose unknown reference is that of a settled part',
    parts: [part('lost', null, 40 * SECOND), part('done', 7, 0, 'delivered', 0)],
    report: [7, 40 * SECOND],
    is: 'lost',
  },
  {
    rule: 'a lost answer after a wrap, whose unknown reference is that of an open part long before',
    parts: [part('lost', null, 5 * MINUTE), part('open', 7, 0)],
    report: [7, 5 * MINUTE],
    is: 'lost',
  },
  {
    rule: 'wrap: the newer of two open parts of one reference',
    parts: [part('new', 7, 4 * MINUTE), part('old', 7, 0)],
    report: [7, 4 * MINUTE + 3 * SECOND],
    is: 'new',
  },
  {
    rule: 'wrap: the older of two open parts of one reference',
    parts: [part('new', 7, 4 * MINUTE), part('old', 7, 0)],
    report: [7, 3 * SECOND],
    is: 'old',
  },
  {
    rule: 'wrap: a repeated report of the older does not settle the newer',
    parts: [part('new', 7, 4 * MINUTE), part('old', 7, 0, 'delivered', 0)],
    report: [7, 0],
    is: 'old',
  },
  {
    rule: 'wrap: the report of the newer is not taken for a repetition of the older',
    parts: [part('new', 7, 4 * MINUTE), part('old', 7, 0, 'delivered', 0)],
    report: [7, 4 * MINUTE],
    is: 'new',
  },
  {
    rule: 'restart: seconds apart, the same reference',
    parts: [part('after', 1, 20 * SECOND), part('before', 1, 0)],
    report: [1, 19 * SECOND],
    is: 'after',
  },
  {
    rule: '“still trying” named it by its time: the final report finds it among parts of the same reference',
    parts: [part('new', 7, 30 * SECOND), part('old', 7, 0, 'accepted', 29 * SECOND)],
    report: [7, 29 * SECOND],
    is: 'old',
  },
  {
    rule: 'an open part that another time has named is not meant',
    parts: [part('named', 7, 0, 'accepted', 0), part('open', 7, -3 * MINUTE)],
    report: [7, -1 * SECOND],
    is: 'open',
  },
  {
    rule: 'a service centre whose clock is an hour off, and nothing else to go by',
    parts: [part('a', 7, 0)],
    report: [7, HOUR],
    is: 'a',
  },
  {
    rule: 'a clock that is an hour off, as earlier reports have shown: wrap',
    parts: [
      part('new', 7, 6 * MINUTE),
      part('old', 7, 2 * MINUTE),
      part('shown', 1, 0, 'delivered', HOUR + 2 * SECOND),
    ],
    report: [7, HOUR + 2 * MINUTE],
    is: 'old',
  },
  {
    rule: 'a clock that is an hour off, as earlier reports have shown: a lost answer',
    parts: [part('lost', null, 5 * MINUTE), part('shown', 1, 0, 'delivered', HOUR)],
    report: [2, HOUR + 5 * MINUTE],
    is: 'lost',
  },
]

describe('a status report finds its part', () => {
  it.each(cases)('$rule', ({ parts, report: [messageReference, submittedAtMs], is }) => {
    expect(partReported(parts, { messageReference, submittedAtMs })?.name).toBe(is)
  })

  it('1,000 texts to one person, the reference wrapping every 256: each report, and each repetition, its own part', () => {
    const parts = Array.from({ length: 1_000 }, (_, i) => part(`${i}`, i % 256, i * 3 * SECOND + 400)).reverse()
    const at = (i: number) => Math.floor((i * 3 * SECOND + 900) / SECOND) * SECOND
    // Reports come in an order of their own: 377 and 1,000 have no common divisor.
    for (let n = 0; n < 1_000; n++) {
      const i = (n * 377) % 1_000
      for (const again of [false, true]) {
        const found = partReported(parts, { messageReference: i % 256, submittedAtMs: at(i) })
        expect(found?.name).toBe(`${i}`)
        expect(found?.state).toBe(again ? 'delivered' : 'accepted')
        if (found !== undefined) Object.assign(found, { state: 'delivered', centre_time_ms: at(i) })
      }
    }
  })
})
