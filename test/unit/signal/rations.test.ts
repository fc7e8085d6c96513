/** What Signal has asked to wait with is not asked before that, whoever asks and however often we restart. */
import { LibSignalErrorBase } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import { Ration } from '../../../src/signal/rations.ts'
import { openDatabase } from '../../../src/store/database.ts'

function limited(retryAfterSecs: number): LibSignalErrorBase {
  return new LibSignalErrorBase('slow down', 'RateLimitedError', 'test', { retryAfterSecs })
}

test('a refusal with a time holds exactly so long, for every ration of its kind', async () => {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  let now = 1_000_000
  const clock = { now: () => now }
  let asked = 0
  const ask = async () => {
    asked += 1
    if (asked === 1) throw limited(90)
    return 'answer'
  }
  const ration = () => new Ration({ db, clock, kind: 'usernames' })
  await expect(ration().through(ask)).rejects.toMatchObject({ code: 'signal-rate-limited', retryAfterMs: 90_000 })
  now += 89_999
  await expect(ration().through(ask)).rejects.toMatchObject({ code: 'signal-rate-limited', retryAfterMs: 1 })
  expect(asked).toBe(1)
  now += 1
  expect(await ration().through(ask)).toBe('answer')
  await db.destroy()
})
