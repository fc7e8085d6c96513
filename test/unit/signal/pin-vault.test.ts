/** PINs as all clients read them, and what the vault's refusals mean. */
import { type ErrorCode, LibSignalErrorBase } from '@signalapp/libsignal-client'
import { TESTING_Svr2MasterKeyRestoreError } from '@signalapp/libsignal-client/dist/Native.js'
import { expect, test } from 'vitest'
import { describePinFailure, normalizedPin, WrongPin } from '../../../src/signal/pin-vault.ts'

test.each([
  [' 1234 ', '1234'],
  ['١٢٣٤٥', '12345'],
  ['०१२९', '0129'],
  ['１２３４', '1234'],
  ['𝟘𝟙𝟚𝟡', '0129'],
  ['pass1é', 'pass1é'.normalize('NFKD')],
])('the PIN %j is read as %j', (typed, meant) => {
  expect(Buffer.from(normalizedPin(typed)).toString()).toBe(meant)
})

/** As libsignal makes them. */
const refusal = (name: keyof typeof ErrorCode, message: string, facts?: Record<string, unknown>) =>
  new LibSignalErrorBase(message, name, 'Svr2', facts)

/** By libsignal's own native side: what restoring says when what was kept does not open. */
function unreadable(): unknown {
  try {
    TESTING_Svr2MasterKeyRestoreError()
  } catch (error) {
    return error
  }
  throw new Error('no error')
}

test.each([
  [refusal('SvrRestoreFailed', 'Restore failed', { triesRemaining: 3 }), 'signal-pin-wrong', 3],
  [refusal('SvrRestoreFailed', 'Restore failed', { triesRemaining: 0 }), 'signal-pin-wrong', 0],
  [refusal('SvrRestoreFailed', 'Restore failed'), 'signal-pin-wrong', undefined],
  [refusal('SvrDataMismatch', 'mismatch'), 'signal-pin-wrong', undefined],
  [refusal('RateLimitedError', 'later', { retryAfterSecs: 7 }), 'signal-rate-limited', undefined],
  [unreadable(), 'signal-pin-service', undefined],
  [refusal('SvrDataMissing', 'no data'), 'signal-pin-gone', undefined],
  [refusal('SvrAttestationError', 'another enclave'), 'signal-pin-service', undefined],
  [refusal('IoError', 'no route'), 'signal-unreachable', undefined],
  [new Error('panic'), 'signal-pin-service', undefined],
])('%s is told as %s', (error, told, triesLeft) => {
  const failure = describePinFailure(error)
  expect(failure.code).toBe(told)
  expect(failure.values).toEqual(triesLeft === undefined ? undefined : { left: triesLeft })
  expect(failure.cause instanceof WrongPin ? failure.cause.triesLeft : undefined).toBe(triesLeft)
})
