/** The account lock, timestamps that never repeat, throttles with a bound. */
import { expect, test } from 'vitest'
import { type Clock, OwnTimestamps, Throttle } from '../../../src/signal/clock.ts'
import { AccountLock } from '../../../src/signal/lock.ts'

const clockAt = (time: { ms: number }): Clock => ({ now: () => time.ms, wait: () => Promise.resolve() })

test('work under the lock never overlaps, keeps its order, and a failure does not stop the rest', async () => {
  const lock = new AccountLock()
  const log: string[] = []
  const work = (name: string) =>
    lock.run(async () => {
      log.push(`${name} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`${name} ends`)
      if (name === 'b') throw new Error('b failed')
      return name
    })
  const results = await Promise.allSettled([work('a'), work('b'), work('c')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('more waiters than the bound are refused with a reason', async () => {
  const lock = new AccountLock()
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const waiting = Array.from({ length: 10_000 }, () => lock.run(() => gate))
  await expect(lock.run(async () => {})).rejects.toMatchObject({ code: 'signal-busy', retry: 'same-transport' })
  open()
  await Promise.all(waiting)
  await lock.run(async () => {})
})

test('own timestamps follow the clock and never repeat, even when it stands still or goes back', () => {
  const time = { ms: 1000 }
  const timestamps = new OwnTimestamps(clockAt(time))
  expect([timestamps.next(), timestamps.next()]).toEqual([1000, 1001])
  time.ms = 500
  expect(timestamps.next()).toBe(1002)
  time.ms = 5000
  expect(timestamps.next()).toBe(5000)
})

test('a throttle allows so many a window and key, and forgets the oldest keys', () => {
  const time = { ms: 0 }
  const throttle = new Throttle(clockAt(time), { perWindow: 2, windowMs: 100, keysMax: 2 })
  expect(['a', 'a', 'a', 'b'].map((key) => throttle.allows(key))).toEqual([true, true, false, true])
  time.ms = 100
  expect(throttle.allows('a')).toBe(true)
  throttle.allows('b')
  throttle.allows('c')
  expect([throttle.allows('a'), throttle.allows('a')]).toEqual([true, true])
})
