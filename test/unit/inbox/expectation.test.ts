import { describe, expect, it } from 'vitest'
import { type Expectation, expectation, type SendingFacts, takesSubject } from '../../../src/inbox/model/expectation.ts'

const base: SendingFacts = {
  mode: 'integrated',
  group: undefined,
  textable: true,
  hasAccount: true,
  standing: 'registered',
  policy: null,
  last: null,
  hasFiles: false,
  ratherMms: false,
  mms: 'there',
  timer: false,
}

/** `mms`, or `mms no-mms` with why it cannot leave so. */
function shorthand({ transport, bar }: Expectation): string {
  return bar === undefined ? transport : `${transport} ${bar}`
}

describe('what a message will travel over is said before it is sent', () => {
  it.each<[string, Partial<SendingFacts>, string]>([
    ['on Signal', {}, 'signal'],
    ['has left', { standing: 'stale' }, 'sms'],
    ['never there', { standing: 'not-registered' }, 'sms'],
    ['not looked up, Signal before', { standing: 'unknown', last: 'signal' }, 'signal'],
    ['not looked up, nothing before', { standing: 'unknown' }, 'sms'],
    ['texts only', { policy: 'sms_only' }, 'sms'],
    ['Signal only, although gone', { policy: 'signal_only', standing: 'stale' }, 'signal'],
    ['data-only gateway', { mode: 'data_only', standing: 'not-registered' }, 'signal'],
    ['gateway without Signal', { hasAccount: false }, 'sms'],
    ['a group', { group: 'signal', standing: 'unknown' }, 'signal'],
    ['a disappearing message', { timer: true, policy: 'sms_only' }, 'signal'],
    ['nobody with a number', { textable: false, standing: 'unknown' }, 'signal'],
  ])('a text: %s', (_name, change, transport) => {
    expect(shorthand(expectation({ ...base, ...change }))).toBe(transport)
  })

  it.each<[string, Partial<SendingFacts>, string]>([
    ['on Signal', {}, 'signal'],
    ['has left', { standing: 'stale' }, 'mms'],
    ['has left, no MMS here', { standing: 'stale', mms: 'absent' }, 'signal'],
    ['never there', { standing: 'not-registered' }, 'mms'],
    ['never there, no MMS here', { standing: 'not-registered', mms: 'absent' }, 'mms no-mms'],
    ['never there, MMS is away', { standing: 'not-registered', mms: 'away' }, 'mms away'],
    ['not looked up, Signal before', { standing: 'unknown', last: 'signal' }, 'signal'],
    ['not looked up, nothing before', { standing: 'unknown' }, 'mms'],
    ['texts only', { policy: 'sms_only' }, 'mms'],
    ['texts only, no MMS here', { policy: 'sms_only', mms: 'absent' }, 'mms no-mms'],
    ['gateway in texts-only mode', { mode: 'sms_only' }, 'mms'],
    ['Signal only, although gone', { policy: 'signal_only', standing: 'stale' }, 'signal'],
    ['data-only gateway', { mode: 'data_only', standing: 'not-registered' }, 'signal'],
    ['gateway without Signal', { hasAccount: false }, 'mms'],
    ['a group', { group: 'signal', standing: 'unknown' }, 'signal'],
    ['a group of phone numbers', { group: 'phone' }, 'mms'],
    ['a group of phone numbers that get a text each', { group: 'apart' }, 'mms apart'],
    ['a disappearing message', { timer: true, standing: 'not-registered' }, 'signal'],
    ['nobody with a number', { textable: false, standing: 'unknown' }, 'signal'],
  ])('a picture: %s', (_name, change, transport) => {
    expect(shorthand(expectation({ ...base, hasFiles: true, ...change }))).toBe(transport)
  })

  it.each<[string, Partial<SendingFacts>, string]>([
    ['together', { group: 'phone', standing: 'registered' }, 'mms'],
    ['together, no MMS here', { group: 'phone', mms: 'absent' }, 'mms no-mms'],
    ['together, MMS is away', { group: 'phone', mms: 'away' }, 'mms away'],
    ['a text for each', { group: 'apart' }, 'sms'],
    ['a text for each, of many parts', { group: 'apart', ratherMms: true }, 'sms'],
  ])('a text to a group of phone numbers: %s', (_name, change, transport) => {
    expect(shorthand(expectation({ ...base, ...change }))).toBe(transport)
  })

  it.each<[string, Partial<SendingFacts>, string, subject: boolean]>([
    ['on Signal', {}, 'signal', false],
    ['never there', { standing: 'not-registered' }, 'mms', true],
    ['never there, no MMS here', { standing: 'not-registered', mms: 'absent' }, 'sms', false],
    ['never there, MMS is away', { standing: 'not-registered', mms: 'away' }, 'sms', false],
    ['texts only', { policy: 'sms_only' }, 'mms', true],
    ['a text for each', { group: 'apart' }, 'sms', false],
    ['a group of phone numbers', { group: 'phone' }, 'mms', true],
    ['a disappearing message', { timer: true, standing: 'not-registered' }, 'signal', false],
  ])('a long text, or one with a subject: %s', (_name, change, transport, subject) => {
    expect(shorthand(expectation({ ...base, ratherMms: true, ...change }))).toBe(transport)
    expect(takesSubject({ ...base, ...change })).toBe(subject)
  })
})
