import { expect, it } from 'vitest'
import { isUnreported } from '../../../src/inbox/model/reports.ts'

const SENT_AT = '2026-03-01T10:00:00.000Z'
const text = { direction: 'out', status: 'sent', transport: 'sms', sent_at: SENT_AT } as const
const after = (minutes: number) => Date.parse(SENT_AT) + minutes * 60_000

it.each([
  ['a text that is sent, an hour later', {}, 60, true],
  ['a picture message', { transport: 'mms' }, 60, true],
  ['a minute after it left', {}, 1, false],
  ['one that was delivered', { status: 'delivered' }, 60, false],
  ['one over Signal', { transport: 'signal' }, 60, false],
  ['one that came in', { direction: 'in' }, 60, false],
  ['one of which it is not known when it left', { sent_at: null }, 60, false],
] as const)('no report: %s', (_name, change, minutes, expected) => {
  expect(isUnreported({ ...text, ...change }, after(minutes))).toBe(expected)
})
