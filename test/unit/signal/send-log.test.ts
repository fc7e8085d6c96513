/** How much of what was sent is kept for those who ask for it again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { rememberSent } from '../../../src/signal/send-log.ts'
import { freshDatabase } from '../../fresh-database.ts'

test('20,000 entries are kept, the oldest go first, and one that is written anew counts once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-send-log-'))
  const db = await freshDatabase({ path: join(directory, 'test.db'), key: new Uint8Array(32).fill(7) })
  try {
    const put = (timestampMs: number) =>
      db.transaction().execute((tx) => rememberSent(tx, { to: 'ana', timestampMs, urgent: true }, Buffer.of(1), 5))
    const kept = () =>
      db
        .selectFrom('signal_send_log')
        .select(({ fn }) => [
          fn.countAll<number>().as('count'),
          fn.min('timestamp_ms').as('oldest'),
          fn.max('timestamp_ms').as('newest'),
        ])
        .executeTakeFirst()
    await sql`with recursive counted (n) as (select 1 union all select n + 1 from counted where n < 19999)
      insert into signal_send_log (recipient, timestamp_ms, content, urgent, sent_at_ms)
      select 'ana', n, x'00', 1, n from counted`.execute(db)
    await put(20_000)
    expect(await kept()).toEqual({ count: 20_000, oldest: 1, newest: 20_000 })
    await put(20_000)
    expect(await kept()).toEqual({ count: 20_000, oldest: 1, newest: 20_000 })
    await put(20_001)
    await put(20_002)
    expect(await kept()).toEqual({ count: 20_000, oldest: 3, newest: 20_002 })
  } finally {
    await db.destroy()
    rmSync(directory, { recursive: true, force: true })
  }
})
