/** A primary says at once that its settings are others than it has told: once for each change, and never on a linked device. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Habits } from '../../../src/signal/habits.ts'
import { newSettings } from '../../../src/signal/told-habits.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const dayMs = 24 * 3600_000
const nowMs = 1_790_000_000_000

let db: Database
beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  const key = new Uint8Array(32)
  const ids = { id: 1, aci: 'own', pni: 'own', e164: '+15550000101', password: '', entropy_pool: 'pool' }
  const keys = { aci_identity: key, pni_identity: key, aci_registration_id: 1, pni_registration_id: 1 }
  const times = { created_at_ms: 0, keys_rotated_at_ms: 0, profile_set_at_ms: null, signed_out_at_ms: null }
  const rest = { profile_key: key, profile_digest: null, sync_requested_at_ms: null, registration_lock: null }
  const row = { ...ids, ...keys, ...times, ...rest, device_id: 1, read_receipts: 1 as const }
  await db
    .insertInto('signal_account')
    .values({ ...row, storage_due_at_ms: nowMs + dayMs })
    .execute()
})
afterEach(() => db.destroy())

const started = (readReceipts: boolean, typing: boolean) =>
  db.transaction().execute((tx) => newSettings(new Habits({ readReceipts, typing }), tx, nowMs))
const isDue = async () =>
  (await db.selectFrom('signal_account').select('storage_due_at_ms').executeTakeFirstOrThrow()).storage_due_at_ms <
  nowMs
const settle = () =>
  db
    .updateTable('signal_account')
    .set({ storage_due_at_ms: nowMs + dayMs })
    .execute()

test('a change is told at the next start, and its record is due at once; what is as before is no news', async () => {
  for (const [readReceipts, typing] of [
    [true, true],
    [true, false],
    [false, false],
    [true, true],
  ] as const) {
    const configuration = { readReceipts, unidentifiedDeliveryIndicators: false, typingIndicators: typing }
    expect(await started(readReceipts, typing)).toEqual({ configuration })
    expect(await isDue()).toBe(true)
    await settle()
    expect(await started(readReceipts, typing)).toBeUndefined()
    expect(await isDue()).toBe(false)
  }
})

test('a linked device leaves the settings to the phone', async () => {
  await db.updateTable('signal_account').set({ device_id: 2 }).execute()
  expect(await started(true, false)).toBeUndefined()
  expect(await isDue()).toBe(false)
})
