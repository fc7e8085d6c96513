/** How long our own sender key serves a group. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SenderKeys } from '../../../../src/signal/sender-keys.ts'
import { freshDatabase } from '../../../fresh-database.ts'

const dayMs = 24 * 3600_000

test('a sender key serves fourteen days, and whoever held the old one is forgotten with it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-rotation-'))
  const db = await freshDatabase({ path: join(directory, 'test.db'), key: new Uint8Array(32).fill(7) })
  try {
    let now = 1_790_000_000_000
    const clock = { now: () => now, wait: async () => {} }
    const none = undefined as never
    const keys = new SenderKeys({
      db,
      clock,
      lock: none,
      timestamps: none,
      credentials: none,
      sender: none,
      sessions: none,
    })
    const row = { id: 'garden', master_key: new Uint8Array(32).fill(1), created_at_ms: now }
    await db.insertInto('signal_groups').values(row).execute()
    const first = await keys.distribution('garden')
    await db
      .insertInto('signal_sender_key_shares')
      .values({ distribution_id: first, address: 'ana', device_id: 1 })
      .execute()
    now += 14 * dayMs - 1
    expect(await keys.distribution('garden')).toBe(first)
    now += 1
    const second = await keys.distribution('garden')
    expect(second).not.toBe(first)
    expect(await db.selectFrom('signal_sender_key_shares').selectAll().execute()).toEqual([])
    expect(await keys.distribution('garden')).toBe(second)
  } finally {
    await db.destroy()
    rmSync(directory, { recursive: true, force: true })
  }
})
