/** What the owner decides about a group stands against older words of the storage service, and a primary writes it there. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Clock } from '../../../src/signal/clock.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import type { SignalSink } from '../../../src/signal/facts.ts'
import { blockAsStored, decideGroup, isGroupBlocked, setGroupBlocked } from '../../../src/signal/group-blocks.ts'
import { Habits } from '../../../src/signal/habits.ts'
import { storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { StorageRecords } from '../../../src/signal/storage-records.ts'
import { type Database, type DatabaseTransaction, openDatabase } from '../../../src/store/database.ts'

const id = Buffer.alloc(32, 7).toString('base64')
const masterKey = new Uint8Array(32).fill(3)
const month = 30 * 24 * 3600_000

let db: Database
beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  const row = { id, master_key: masterKey, due_at_ms: null, created_at_ms: 1 }
  await db.insertInto('signal_groups').values(row).execute()
})
afterEach(() => db.destroy())

const within = <Result>(work: (tx: DatabaseTransaction) => Promise<Result>) => db.transaction().execute(work)
const stored = (said: boolean, nowMs: number) =>
  within(async (tx) => blockAsStored(tx, { id, blocked: await isGroupBlocked(tx, id) }, said, nowMs))

test('a decision stands until the storage service has said the same, and for a month at most', async () => {
  await within((tx) => decideGroup(tx, id, true, 1_000))
  expect(await stored(false, 2_000)).toBe(true)
  expect(await stored(false, 1_000 + month)).toBe(false)
  expect(await stored(true, 3_000)).toBe(true)
  expect(await stored(false, 4_000)).toBe(false)
})

test('another device’s own word ends it', async () => {
  await within((tx) => decideGroup(tx, id, false, 1_000))
  expect(await stored(true, 2_000)).toBe(false)
  await within((tx) => setGroupBlocked(tx, id, false))
  expect(await stored(true, 2_000)).toBe(true)
})

test('a primary writes what it has decided into the record of the group, and keeps all else of it', async () => {
  const records = new StorageRecords({
    db,
    sink: { addressBook: async () => [] } as unknown as SignalSink,
    credentials: { deviceId: 1, aci: 'own', profileKey: { serialize: () => masterKey } } as unknown as Credentials,
    profile: { name: 'Home', about: undefined },
    habits: new Habits({ readReceipts: true, typing: true }),
    clock: { now: () => 1_000 } as Clock,
    onGroup: async () => {},
    onAccount: () => {},
    moved: () => {},
  })
  const octets = storageRecordCodec.encode({ groupV2: { masterKey, blocked: false, archived: true } })
  const raw = new Uint8Array(16).fill(1)
  const item = { raw, octets, record: storageRecordCodec.decode(octets) }
  const written = async () => (await records.changes([item])).filter(({ type }) => type === 'groupV2')
  expect(await written()).toEqual([])
  await within((tx) => decideGroup(tx, id, true, 1_000))
  const [change, ...more] = await written()
  expect([change?.replaces, more]).toEqual([raw, []])
  const { groupV2 } = storageRecordCodec.decode(change?.record ?? new Uint8Array())
  expect(groupV2).toMatchObject({ blocked: true, archived: true })
  expect(Buffer.from(groupV2?.masterKey ?? [])).toEqual(Buffer.from(masterKey))
  await within((tx) => setGroupBlocked(tx, id, true))
  expect(await written()).toEqual([])
})
