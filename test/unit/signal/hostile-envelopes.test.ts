/**
 * Whatever comes as an envelope, the chain goes on and each is counted by kind; `npm run bench -- signal-fuzz` plays 100,000.
 */
import { expect, test } from 'vitest'
import { playHostileEnvelopes } from '../../../bench/hostile-envelopes.ts'

test('hostile envelopes of every kind are acknowledged and counted, and honest ones come through', {
  timeout: 120_000,
}, async () => {
  const tally = await playHostileEnvelopes(2_000, 7)
  expect(tally).toMatchObject({ acknowledged: 2_000, honest: 8, lostOrDoubled: 0 })
  const { refused, ...counts } = tally.counts
  expect(refused).toBe(0)
  // Nothing goes by uncounted; what the server or a peer answers of itself comes on top.
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2_008)
  const kinds = ['envelope-malformed', 'envelope-type', 'undecryptable', 'sealed-certificate']
  for (const kind of [...kinds, 'timestamp-range', 'source-missing', 'received', 'ignored', 'server-receipt'])
    expect(counts[kind], kind).toBeGreaterThan(0)
})
