/** Whether there is a Signal account at all, is away for now, or is signed out. */
import { expect, test } from 'vitest'
import { stateOf } from '../../../src/signal/account-state.ts'

type Present = Parameters<typeof stateOf>[0]
const nothing: Present = {
  loaded: true,
  registration: undefined,
  link: undefined,
  account: undefined,
  chat: undefined,
  challenged: false,
  departure: undefined,
  nowMs: 0,
}
const account = { deviceId: 2, signedOutAtMs: undefined }

test.each<[string, Partial<Present>, string]>([
  ['none on record: there is none', {}, 'none'],
  ['the record was not looked at yet: nobody says that there is none', { loaded: false }, 'disconnected'],
  ['one on record that is not at work yet is away, not gone', { account }, 'disconnected'],
  ['one that the service has signed out', { account: { ...account, signedOutAtMs: 1 } }, 'signed-out'],
  ['one that is being removed', { account, departure: 'being removed' }, 'disconnected'],
])('%s', (_what, change, state) => {
  const found = stateOf({ ...nothing, ...change })
  expect(found.state).toBe(state)
  expect(found.reason).toMatch(/\S/)
})
