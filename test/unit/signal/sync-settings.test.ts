/** What a linked device is told when it asks for the settings. */
import { expect, test } from 'vitest'
import { SyncAnswers } from '../../../src/signal/sync-answers.ts'

test('the settings name read receipts, delivery indicators and typing, each in its field', async () => {
  const owed: unknown[] = []
  const answers = new SyncAnswers({
    clock: { now: () => 0 },
    habits: { readReceipts: async () => true, typing: async () => false },
    owe: async (_transaction: unknown, message: unknown) => void owed.push(message),
  } as never)
  expect(await answers.take(4, undefined as never)).toBe(true)
  const configuration = { readReceipts: true, unidentifiedDeliveryIndicators: false, typingIndicators: false }
  expect(owed).toEqual([{ configuration }])
})
