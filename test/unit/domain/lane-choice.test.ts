import { describe, expect, it } from 'vitest'
import { chooseLane, type LaneWish, periods, quotaLeft } from '../../../src/domain/lane-choice.ts'
import type { Lane, LaneQuota, LaneRules } from '../../../src/domain/transport.ts'

const NO_RULES: LaneRules = {
  prefixes: [],
  costPerPart: undefined,
  dailyTexts: undefined,
  monthlyTexts: undefined,
  textsPerMinute: undefined,
}

interface Traits extends Partial<LaneRules> {
  away?: true
  quota?: LaneQuota
}

function lane(id: string, { away, quota, ...rules }: Traits = {}): Lane {
  const available = away !== true && quota?.left !== 0
  return {
    id,
    transport: 'sms',
    available,
    reason: available ? undefined : 'away',
    ownNumber: undefined,
    rules: { ...NO_RULES, ...rules },
    ...(quota === undefined ? {} : { quota }),
  }
}

const left = (parts: number, renewsAtMs = 1_000): LaneQuota => ({
  left: parts,
  renewsAtMs,
  words: 'the quota',
  max: 10,
  period: 'day',
})

const WISH: LaneWish = { number: '+447700900123', parts: 1, begun: undefined, replyTo: undefined, last: undefined }

interface Case {
  rule: string
  lanes: Lane[]
  wish?: Partial<LaneWish>
  /** Its id, or `full …`, or `away`. */
  is: string
}

const cases: Case[] = [
  { rule: 'no lane at all', lanes: [], is: 'away' },
  { rule: 'the only one', lanes: [lane('a')], is: 'a' },
  { rule: 'the first configured, where nothing else decides', lanes: [lane('a'), lane('b')], is: 'a' },
  { rule: 'one that is there goes before one that is not', lanes: [lane('a', { away: true }), lane('b')], is: 'b' },
  { rule: 'none is there', lanes: [lane('a', { away: true }), lane('b', { away: true })], is: 'away' },

  { rule: 'the prefix that fits', lanes: [lane('a'), lane('b', { prefixes: ['+44'] })], is: 'b' },
  {
    rule: 'the longest prefix that fits',
    lanes: [lane('a', { prefixes: ['+44'] }), lane('b', { prefixes: ['+1', '+447'] })],
    is: 'b',
  },
  { rule: 'one that is for other numbers comes last', lanes: [lane('a', { prefixes: ['+1'] }), lane('b')], is: 'b' },
  {
    rule: 'one that is for other numbers takes over when no other can',
    lanes: [lane('a', { prefixes: ['+1'] }), lane('b', { away: true })],
    is: 'a',
  },
  {
    rule: 'the prefix’s modem is away: another one',
    lanes: [lane('a', { prefixes: ['+44'], away: true }), lane('b')],
    is: 'b',
  },
  {
    rule: 'the prefix goes before the price',
    lanes: [lane('a'), lane('b', { prefixes: ['+44'], costPerPart: 9 })],
    is: 'b',
  },
  {
    rule: 'a short code fits no prefix',
    lanes: [lane('a', { prefixes: ['+44'] }), lane('b')],
    wish: { number: undefined },
    is: 'b',
  },

  {
    rule: 'the one that the owner prefers for them goes before where they wrote to',
    lanes: [lane('a'), lane('b'), lane('c')],
    wish: { preferred: 'c', replyTo: 'b', last: 'a' },
    is: 'c',
  },
  {
    rule: 'what somebody chose for the text goes before what is preferred',
    lanes: [lane('a'), lane('b')],
    wish: { preferred: 'a', pinned: 'b' },
    is: 'b',
  },
  {
    rule: 'a preferred one that is not there, or used up, holds nothing up',
    lanes: [lane('a', { quota: left(0) }), lane('b')],
    wish: { preferred: 'a' },
    is: 'b',
  },
  { rule: 'an answer leaves where they wrote to', lanes: [lane('a'), lane('b')], wish: { replyTo: 'b' }, is: 'b' },
  {
    rule: 'an answer leaves where they wrote to, whatever the prefix, the price or what was last',
    lanes: [lane('a', { prefixes: ['+44'] }), lane('b', { prefixes: ['+1'], costPerPart: 9 })],
    wish: { replyTo: 'b', last: 'a' },
    is: 'b',
  },
  {
    rule: 'where they wrote to is away: the prefix decides',
    lanes: [lane('a'), lane('b', { away: true }), lane('c', { prefixes: ['+44'] })],
    wish: { replyTo: 'b' },
    is: 'c',
  },
  { rule: 'the number they know from last time', lanes: [lane('a'), lane('b')], wish: { last: 'b' }, is: 'b' },
  {
    rule: 'the owner’s prefix goes before last time',
    lanes: [lane('a', { prefixes: ['+44'] }), lane('b')],
    wish: { last: 'b' },
    is: 'a',
  },
  {
    rule: 'last time goes before the price',
    lanes: [lane('a', { costPerPart: 0.01 }), lane('b', { costPerPart: 0.1 })],
    wish: { last: 'b' },
    is: 'b',
  },
  {
    rule: 'the cheaper one',
    lanes: [lane('a', { costPerPart: 0.1 }), lane('b', { costPerPart: 0.01 })],
    is: 'b',
  },
  { rule: 'no price means flat rate', lanes: [lane('a', { costPerPart: 0.1 }), lane('b')], is: 'b' },

  { rule: 'with parts left in its quota', lanes: [lane('a', { quota: left(1) })], is: 'a' },
  { rule: 'at its quota: another one', lanes: [lane('a', { quota: left(0) }), lane('b')], is: 'b' },
  {
    rule: 'the quota does not hold the whole text: another one',
    lanes: [lane('a', { quota: left(2) }), lane('b')],
    wish: { parts: 3 },
    is: 'b',
  },
  {
    rule: 'at its quota: another one even if they wrote to it',
    lanes: [lane('a'), lane('b', { quota: left(0) })],
    wish: { replyTo: 'b', last: 'b' },
    is: 'a',
  },
  {
    rule: 'all at their quotas: where it renews first',
    lanes: [lane('a', { quota: left(0, 2_000) }), lane('b', { quota: left(0, 1_000) })],
    is: 'full b 1000: the quota is used up',
  },
  {
    rule: 'all at their quotas, in words for a text that is too long for what is left',
    lanes: [lane('a', { quota: left(2) })],
    wish: { parts: 3 },
    is: 'full a 1000: the quota has 2 left, and this text takes 3',
  },
  {
    rule: 'one at its quota, the other away',
    lanes: [lane('a', { away: true }), lane('b', { quota: left(0) })],
    is: 'full b 1000: the quota is used up',
  },

  {
    rule: 'a refused text goes over another one, wherever they wrote to',
    lanes: [lane('a', { prefixes: ['+44'] }), lane('b', { costPerPart: 9 })],
    wish: { replyTo: 'a', refused: new Map([['a', 1]]) },
    is: 'b',
  },
  {
    rule: 'refused everywhere: the one that refused least',
    lanes: [lane('a'), lane('b')],
    wish: { refused: new Map(Object.entries({ a: 2, b: 1 })) },
    is: 'b',
  },
  { rule: 'refused by the only one', lanes: [lane('a')], wish: { refused: new Map([['a', 3]]) }, is: 'a' },

  {
    rule: 'begun: the same one, whatever speaks for another',
    lanes: [lane('a', { prefixes: ['+44'] }), lane('b', { prefixes: ['+1'], costPerPart: 9 })],
    wish: { begun: 'b', replyTo: 'a', last: 'a', refused: new Map([['b', 5]]) },
    is: 'b',
  },
  {
    rule: 'begun: waits for its lane',
    lanes: [lane('a'), lane('b', { away: true })],
    wish: { begun: 'b' },
    is: 'away',
  },
  { rule: 'begun: waits for a lane that is gone', lanes: [lane('a')], wish: { begun: 'b' }, is: 'away' },
  {
    rule: 'begun: the rest leaves although the quota has run out',
    lanes: [lane('a'), lane('b', { quota: left(0) })],
    wish: { begun: 'b', parts: 3 },
    is: 'b',
  },
]

describe('which modem carries a text', () => {
  it.each(cases)('$rule', ({ lanes, wish, is }) => {
    const choice = chooseLane(lanes, { ...WISH, ...wish })
    const words =
      choice.kind === 'lane'
        ? choice.lane
        : choice.kind === 'away'
          ? 'away'
          : `full ${choice.lane} ${choice.untilMs}: ${choice.reason}`
    expect(words).toBe(is)
  })
})

describe('quotas', () => {
  const noon = new Date(2026, 1, 28, 12).getTime()

  it('a day and a month begin at midnight of the machine’s time zone', () => {
    expect(periods(noon)).toEqual({
      dayMs: new Date(2026, 1, 28).getTime(),
      nextDayMs: new Date(2026, 2, 1).getTime(),
      monthMs: new Date(2026, 1, 1).getTime(),
      nextMonthMs: new Date(2026, 2, 1).getTime(),
    })
  })

  it.each([
    ['none', {}, undefined],
    ['a day', { dailyTexts: 10 }, { left: 7, words: 'the quota of 10 texts a day' }],
    ['a month', { monthlyTexts: 40 }, { left: 10, words: 'the quota of 40 texts a month' }],
    ['both: the tighter', { dailyTexts: 10, monthlyTexts: 31 }, { left: 1, words: 'the quota of 31 texts a month' }],
    ['used up, and more', { dailyTexts: 2 }, { left: 0, words: 'the quota of 2 texts a day' }],
  ])('%s', (_name, rules, expected) => {
    const quota = quotaLeft({ ...NO_RULES, ...rules }, { today: 3, thisMonth: 30 }, noon)
    if (expected === undefined) expect(quota).toBeUndefined()
    else expect(quota).toMatchObject(expected)
  })

  it('both used up: it renews when both have', () => {
    const mid = new Date(2026, 1, 10, 12).getTime()
    const quota = quotaLeft({ ...NO_RULES, dailyTexts: 1, monthlyTexts: 1 }, { today: 1, thisMonth: 1 }, mid)
    expect(quota?.renewsAtMs).toBe(new Date(2026, 2, 1).getTime())
  })
})
