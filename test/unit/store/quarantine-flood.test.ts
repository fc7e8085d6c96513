/** A flood of what cannot be understood pushes its own oldest out at once, without waiting for the housekeeping. */
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
}, 60_000)
