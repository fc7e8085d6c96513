/** A flood of what cannot be understood pushes its own oldest out at once, without waiting for the housekeeping. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/store/database.ts'
import { addToQuarantine } from '../../../src/store/quarantine.ts'

const boundItems = 10_000

test('the bound holds while they come, the newest stay, and one that is there already pushes nothing out', async () => {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  const item = (n: number) => ({
    transport: 'signal' as const,
    lane: 'signal',
    raw: '00',
    code: 'undecodable',
    detail: 'flood',
    dedupeKey: `envelope:${n}`,
    receivedAtMs: n,
  })
  await db.transaction().execute(async (tx) => {
    for (let n = 1; n <= boundItems + 3; n++) expect(await addToQuarantine(tx, item(n))).toBe(true)
    expect(await addToQuarantine(tx, item(boundItems))).toBe(false)
  })
  const rows = await db.selectFrom('quarantine').select('received_at_ms').orderBy('received_at_ms').execute()
  expect(rows).toHaveLength(boundItems)
  expect(rows[0]?.received_at_ms).toBe(4)
  await db.destroy()
})

const octetsMax = 64 * 1024 * 1024

test('a flood of large ones ends at so many octets, whatever their number, and what is gone counts no more', async () => {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  const mebi = 1024 * 1024
  const item = (n: number, octets: number) => ({
    transport: 'signal' as const,
    lane: 'signal',
    raw: 'f'.repeat(octets),
    code: 'undecodable',
    detail: '',
    dedupeKey: `envelope:${n}`,
    receivedAtMs: n,
  })
  const add = (n: number, octets: number) => db.transaction().execute((tx) => addToQuarantine(tx, item(n, octets)))
  const kept = async () =>
    await db
      .selectFrom('quarantine')
      .select(({ fn }) => fn.countAll<number>().as('items'))
      .select(sql<number>`sum(octet_length(raw))`.as('octets'))
      .select(({ fn }) => fn.min('received_at_ms').as('oldest'))
      .executeTakeFirstOrThrow()
  const step = 8 * mebi
  for (let n = 1; n <= 8; n++) await add(n, step)
  expect(await kept()).toEqual({ items: 8, octets: octetsMax, oldest: 1 })
  for (let n = 9; n <= 13; n++) await add(n, step)
  expect(await kept()).toEqual({ items: 8, octets: octetsMax, oldest: 6 })
  // One that is there already pushes nothing out; a small one pushes out one, and one of all the room all others.
  await add(13, step)
  expect((await kept()).items).toBe(8)
  await add(14, 1)
  expect(await kept()).toEqual({ items: 8, octets: octetsMax - step + 1, oldest: 7 })
  await add(15, octetsMax)
  expect(await kept()).toEqual({ items: 1, octets: octetsMax, oldest: 15 })
  await db.destroy()
})
