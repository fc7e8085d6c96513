/** The short run of what `npm run bench -- hostile` does a million times. */
import { expect, test } from 'vitest'
import { emptyTally, playHostileStream } from '../../../bench/hostile-streams.ts'

const STREAMS = 3_000

test(`every command in ${STREAMS} hostile streams ends, by a typed error if by one`, { timeout: 120_000 }, async () => {
  const tally = emptyTally()
  for (let seed = 1; seed <= STREAMS; seed++) await playHostileStream(seed, tally)
  expect(tally.commands.get('untyped')).toBeUndefined()
  // The streams must go on reaching what this test is for.
  for (const end of [
    'done',
    'timeout',
    'prompt-timeout',
    'reset',
    'gone',
    'cms',
    'cme',
    'connect',
    'aborted',
    'garbled',
  ]) {
    expect(tally.commands.get(end) ?? 0, end).toBeGreaterThan(0)
  }
  expect(tally.urcs).toBeGreaterThan(STREAMS)
  expect(tally.decoded).toBeGreaterThan(STREAMS / 100)
  expect(tally.lost).toBeLessThan(STREAMS / 2)
})
