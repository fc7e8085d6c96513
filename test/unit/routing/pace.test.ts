import { expect, it } from 'vitest'
import { Pace } from '../../../src/routing/pace.ts'

function paced() {
  let nowMs = 0
  const waits: number[] = []
  const pace = new Pace(
    () => nowMs,
    async (ms) => {
      waits.push(ms)
      nowMs += ms
    },
  )
  return { pace, waits, pass: (ms: number) => (nowMs += ms) }
}

it('after each text a lane rests for as long as its parts are worth', async () => {
  const { pace, waits } = paced()
  for (const parts of [1, 3, 1]) {
    expect(await pace.turn('a')).toBe(true)
    pace.sent('a', parts, 6)
  }
  expect(await pace.turn('a')).toBe(true)
  expect(waits).toEqual([10_000, 30_000, 10_000])
})

it('time that has passed anyway is not waited for again, and other lanes are not held up', async () => {
  const { pace, waits, pass } = paced()
  pace.sent('a', 1, 6)
  expect(await pace.turn('b')).toBe(true)
  pass(9_000)
  await pace.turn('a')
  expect(waits).toEqual([1_000])
})

it('a rest longer than a minute is waited for in full', async () => {
  const { pace, waits } = paced()
  pace.sent('a', 5, 2)
  expect(await pace.turn('a')).toBe(true)
  expect(waits).toEqual([60_000, 60_000, 30_000])
})

it('the stop of the gateway ends the wait, and nothing is sent', async () => {
  const pace = new Pace(() => 0)
  pace.sent('a', 1, 1)
  const turn = pace.turn('a')
  pace.stop()
  expect(await turn).toBe(false)
})
