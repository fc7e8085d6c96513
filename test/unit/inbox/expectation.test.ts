import { describe, expect, it } from 'vitest'
import { expectedTransport, type SendingFacts } from '../../../src/inbox/model/expectation.ts'

const base: SendingFacts = {
  mode: 'integrated',
  group: undefined,
  textable: true,
  hasAccount: true,
  standing: 'registered',
  policy: null,
  last: null,
  hasFiles: false,
  timer: false,
}

describe('what a message will travel over is said before it is sent', () => {
  it.each<[string, Partial<SendingFacts>, 'signal' | 'sms']>([
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
    ['a group of phone numbers', { group: 'phone', standing: 'registered' }, 'sms'],
    ['a disappearing message', { timer: true, policy: 'sms_only' }, 'signal'],
    ['a file', { hasFiles: true, standing: 'stale' }, 'signal'],
    ['nobody with a number', { textable: false, standing: 'unknown' }, 'signal'],
  ])('%s', (_name, change, transport) => {
    expect(expectedTransport({ ...base, ...change })).toBe(transport)
  })
})
