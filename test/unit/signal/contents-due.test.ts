/** Contents that are owed: each recipient has theirs in their order, and none waits for what ails another. */
import { expect, onTestFinished, test } from 'vitest'
import { CausewayError } from '../../../src/domain/errors.ts'
import { systemClock } from '../../../src/signal/clock.ts'
import { ContentDesk } from '../../../src/signal/contents-due.ts'
import type { SignalSink } from '../../../src/signal/facts.ts'
import { peerOf } from '../../../src/signal/ids.ts'
import { openDatabase } from '../../../src/store/database.ts'

const ana = peerOf('a0000000-0000-4000-8000-000000000101')
const ben = peerOf('b0000000-0000-4000-8000-000000000102')
const silent = { debug() {}, info() {}, warn() {}, error() {} }

test('whoever may not be written to for now keeps nobody else waiting, however much is owed to them', async () => {
  const db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  const tried: [string | undefined, number][] = []
  const desk = new ContentDesk({
    db,
    clock: systemClock,
    log: silent,
    sink: { committed() {} } as unknown as SignalSink,
    deliver: async ({ to, timestampMs }) => {
      tried.push([to.aci, timestampMs])
      if (to.aci !== ana.aci) return
      throw new CausewayError({
        code: 'signal-rate-limited',
        message: 'wait',
        retry: 'same-transport',
        retryAfterMs: 60_000,
      })
    },
  })
  onTestFinished(async () => {
    await desk.stop()
    await db.destroy()
  })
  const content = { nullMessage: {} }
  await db.transaction().execute(async (tx) => {
    for (let at = 1; at <= 150; at += 1) {
      await desk.owe(tx, { to: ana, content, timestampMs: at, reference: undefined })
    }
    for (const at of [1_000, 2_000]) await desk.owe(tx, { to: ben, content, timestampMs: at, reference: undefined })
  })
  await desk.flush()
  expect(tried).toEqual([
    [ana.aci, 1],
    [ben.aci, 1_000],
    [ben.aci, 2_000],
  ])
  expect(await db.selectFrom('signal_contents_due').select('id').execute()).toHaveLength(150)
})
