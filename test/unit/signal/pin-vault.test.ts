/** PINs as all clients read them, and what the vault's refusals mean. */
import { type ErrorCode, LibSignalErrorBase } from '@signalapp/libsignal-client'
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
const refusal = (name: keyof typeof ErrorCode, message: string) => new LibSignalErrorBase(message, name, 'Svr2')

test.each([
  [refusal('SvrRestoreFailed', 'Failure to restore data. 3 tries remaining.'), 'signal-pin-wrong', 3],
  [refusal('SvrRestoreFailed', 'Failure to restore data.'), 'signal-pin-wrong', undefined],
  [refusal('SvrDataMissing', 'no data'), 'signal-pin-gone', undefined],
  [refusal('SvrAttestationError', 'another enclave'), 'signal-pin-service', undefined],
  [refusal('IoError', 'no route'), 'signal-unreachable', undefined],
  [new Error('panic'), 'signal-pin-service', undefined],
])('%s is told as %s', (error, told, triesLeft) => {
  const failure = describePinFailure(error)
  expect(failure.code).toBe(told)
  expect(failure.cause instanceof WrongPin ? failure.cause.triesLeft : undefined).toBe(triesLeft)
})
