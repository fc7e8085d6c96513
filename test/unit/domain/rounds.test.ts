import { describe, expect, it } from 'vitest'
import { Rounds } from '../../../src/domain/rounds.ts'

/** Lets `count` microtasks pass. */
async function breaths(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await undefined
}

describe('work in rounds', () => {
  it('whoever asks gets a look that began after the asking, however close to an end that is', async () => {
    for (let gap = 0; gap < 40; gap++) {
      let began = 0
      const rounds = new Rounds(
        async () => {
          began += 1
          await breaths(3)
          return false
        },
        () => {},
      )
      const first = rounds.run()
      await breaths(gap)
      const before = began
      await rounds.run()
      expect([gap, began]).toEqual([gap, before + 1])
      await first
    }
  })

  it('is done one at a time, until nothing is left', async () => {
    let [left, now, most] = [5, 0, 0]
    const rounds = new Rounds(
      async () => {
        most = Math.max(most, ++now)
        await breaths(2)
        now -= 1
        left -= 1
        return left > 0
      },
      () => {},
    )
    await Promise.all([rounds.run(), rounds.run()])
    expect([left <= 0, most]).toEqual([true, 1])
  })

  it('one that fails is told, and the next asking begins anew', async () => {
    const failures: unknown[] = []
    let works = false
    const rounds = new Rounds(
      () => {
        if (!works) throw new Error('broken')
        return Promise.resolve(false)
      },
      (error) => failures.push(error),
    )
    await rounds.run()
    works = true
    await rounds.run()
    expect(failures).toHaveLength(1)
  })
})
