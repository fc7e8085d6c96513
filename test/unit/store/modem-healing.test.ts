/** What was done about a modem survives the process, and with it the cap on hard resets. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HealRecord } from '../../../modem/heal-record.ts'
import { climb, NEW_LADDER, remembering } from '../../../modem/ladder.ts'
import { DEFAULT_TIMINGS } from '../../../modem/timings.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { readHealing, writeHealing } from '../../../src/store/modem-healing.ts'

const HOUR = 3_600_000

/** A ladder on which so many hard resets were done, an hour apart. */
function afterHardResets(count: number) {
  let ladder = NEW_LADDER
  for (let n = 1; n <= count; n++) {
    ladder = {
      ...climb(ladder, 'silent', 'nothing is answered', n * HOUR, DEFAULT_TIMINGS, 'radio').ladder,
      position: 0,
    }
  }
  return ladder
}

test('it is kept in the database under every id, and taken up again by the next process', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'causeway-healing-'))
  const options = { path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(7) }
  const record = (db: Awaited<ReturnType<typeof openDatabase>>) =>
    new HealRecord(
      { read: (id) => readHealing(db, id), write: (id, healing) => writeHealing(db, id, healing, 1) },
      (error) => {
        throw error
      },
    )
  try {
    const before = await openDatabase(options)
    const ladder = afterHardResets(DEFAULT_TIMINGS.hardResetsPerDayMax)
    const first = record(before)
    first.note(['mdm_1', 'mdm_kitchen'], afterHardResets(1))
    first.note(['mdm_1', 'mdm_kitchen'], ladder)
    // The first id is written last: its first state was under way when the second came.
    for (const id of ['mdm_kitchen', 'mdm_1']) {
      await expect.poll(async () => readHealing(before, id)).toMatchObject({ counts: { restart: 4 } })
    }
    await before.destroy()

    const after = await openDatabase(options)
    const healing = await record(after).recall('mdm_1')
    if (healing === undefined) throw new Error('nothing was kept')
    const taken = remembering(NEW_LADDER, healing)
    expect(taken).toEqual({ ...ladder, position: 0 })
    // Four today already: this process may not restart it a fifth time, and gives it up.
    expect(climb(taken, 'silent', 'again', 5 * HOUR, DEFAULT_TIMINGS, 'radio').rung).toBe('give-up')
    expect(climb(taken, 'silent', 'a day later', 26 * HOUR, DEFAULT_TIMINGS, 'radio').rung).toBe('restart')
    expect(await record(after).recall('mdm_other')).toBeUndefined()
    await after.destroy()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

describe('what is taken up again', () => {
  test('twice changes nothing, and what was done meanwhile is kept', () => {
    const earlier = afterHardResets(2)
    const later = climb(NEW_LADDER, 'silent', 'since then', 9 * HOUR, DEFAULT_TIMINGS, 'radio').ladder
    const once = remembering(later, earlier)
    expect(remembering(once, earlier)).toEqual(once)
    expect(once.hardAtMs).toEqual([HOUR, 2 * HOUR, 9 * HOUR])
    expect(once.history.map(({ atMs }) => atMs)).toEqual([HOUR, 2 * HOUR, 9 * HOUR])
    expect(once.last?.reason).toBe('since then')
  })

  test.each([[undefined], [null], ['text'], [{}], [{ counts: 7 }], [{ counts: {} }]])(
    'is nothing where %j was written',
    async (written) => {
      const record = new HealRecord({ read: async () => written, write: async () => {} }, () => {})
      expect(await record.recall('x')).toBeUndefined()
    },
  )

  test('leaves out what makes no sense', async () => {
    const written = {
      counts: { restart: 'many', reopen: 3 },
      last: { step: 'pray' },
      hardAtMs: [1, -2, 'x'],
      history: 4,
    }
    const record = new HealRecord({ read: async () => written, write: async () => {} }, () => {})
    expect(await record.recall('x')).toMatchObject({
      counts: { restart: 0, reopen: 3 },
      last: undefined,
      hardAtMs: [1],
      history: [],
    })
  })

  test('is not what makes a modem fail: a store that does not work is only told of', async () => {
    const told: unknown[] = []
    const broken = async () => {
      throw new Error('disk')
    }
    const record = new HealRecord({ read: broken, write: broken }, (error) => told.push(error))
    expect(await record.recall('x')).toBeUndefined()
    record.note(['x'], NEW_LADDER)
    await expect.poll(() => told.length).toBe(2)
  })
})
