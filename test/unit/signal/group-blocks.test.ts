/** What the owner decides about a group stands against older words of the storage service, and a primary writes it there. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Clock } from '../../../src/signal/clock.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import type { SignalSink } from '../../../src/signal/facts.ts'
import { blockAsStored, decideGroup, isGroupBlocked, setGroupBlocked } from '../../../src/signal/group-blocks.ts'
import { Habits } from '../../../src/signal/habits.ts'
import { storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { noteDecision } from '../../../src/signal/standing.ts'
import { StorageRecords } from '../../../src/signal/storage-records.ts'
import { type Database, type DatabaseTransaction, openDatabase } from '../../../src/store/database.ts'

const id = Buffer.alloc(32, 7).toString('base64')
const masterKey = new Uint8Array(32).fill(3)
const inGroup = { aci: undefined, pni: undefined, e164: undefined, groupId: id }
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

const raw = new Uint8Array(16).fill(1)
const itemOf = (octets: Uint8Array) => ({ raw, octets, record: storageRecordCodec.decode(octets) })

function recordsOf(): StorageRecords {
  return new StorageRecords({
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
}

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
  const records = recordsOf()
  const octets = storageRecordCodec.encode({ groupV2: { masterKey, blocked: false, archived: true } })
  const item = itemOf(octets)
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

test('a primary writes that the owner has let a group in, at once, and keeps what it does not know of the record', async () => {
  const account = { aci: 'own', pni: 'own', e164: '+15550000101', device_id: 1, password: '', entropy_pool: 'pool' }
  const keys = { aci_identity: raw, pni_identity: raw, aci_registration_id: 1, pni_registration_id: 1 }
  const times = { created_at_ms: 0, keys_rotated_at_ms: 0, profile_set_at_ms: null, signed_out_at_ms: null }
  const rest = { profile_key: masterKey, profile_digest: null, sync_requested_at_ms: null, registration_lock: null }
  const row = { id: 1, ...account, ...keys, ...times, ...rest, read_receipts: 1 as const, storage_due_at_ms: 5_000 }
  await db.insertInto('signal_account').values(row).execute()
  await db.updateTable('signal_groups').set({ standing: 'member', asks: 1 }).execute()
  // Field 9 of a group's record, of which this version knows nothing, within the record's field 3.
  const inside = Buffer.concat([
    storageRecordCodec.encode({ groupV2: { masterKey } }).subarray(2),
    Buffer.of(0x48, 0x05),
  ])
  const octets = Buffer.concat([Buffer.of(0x1a, inside.length), inside])
  const records = recordsOf()
  const written = async (from: Uint8Array = octets) =>
    (await records.changes([itemOf(from)])).filter(({ type }) => type === 'groupV2')
  expect(await written()).toEqual([])

  await within((tx) => noteDecision(tx, inGroup, { kind: 'accepted', messages: [] }, 2_000))
  const due = await db.selectFrom('signal_account').select('storage_due_at_ms').executeTakeFirstOrThrow()
  expect(due.storage_due_at_ms).toBeLessThan(2_000)
  const [change, ...more] = await written()
  const record = change?.record ?? new Uint8Array()
  expect([change?.replaces, more]).toEqual([raw, []])
  expect(storageRecordCodec.decode(record).groupV2).toMatchObject({ whitelisted: true })
  expect(Buffer.from(record).includes(octets)).toBe(true)
  expect(await written(record)).toEqual([])

  // Whom the owner keeps out, or is not with any more, nothing is said of.
  await within((tx) => setGroupBlocked(tx, id, true))
  expect(await written()).toEqual([])
  await within((tx) => setGroupBlocked(tx, id, false))
  await db.updateTable('signal_groups').set({ standing: 'out', asks: null }).execute()
  expect(await written()).toEqual([])
})

test('a primary writes a record for each group that it is in and that has none, and never a second one', async () => {
  const records = recordsOf()
  const written = async (items: Parameters<typeof records.changes>[0] = []) =>
    (await records.changes(items)).filter(({ type }) => type === 'groupV2')
  // Somebody has merely spoken of it.
  expect(await written()).toEqual([])

  const standings = [
    [
      { standing: 'member', asks: 0 },
      { blocked: false, whitelisted: true, archived: false },
    ],
    [
      { standing: 'member', asks: 0, archived: 1 },
      { blocked: false, whitelisted: true, archived: true },
    ],
    [
      { standing: 'member', asks: 0, blocked: 1 },
      { blocked: true, whitelisted: false, archived: false },
    ],
    // A stranger has added us, or invites us: the owner has not let it in.
    [
      { standing: 'member', asks: 1 },
      { blocked: false, whitelisted: false, archived: false },
    ],
    [
      { standing: 'invited', asks: null },
      { blocked: false, whitelisted: false, archived: false },
    ],
    // Whom the server does not show it, it is of no use.
    [{ standing: 'requesting', asks: null }, undefined],
    [{ standing: 'out', asks: null }, undefined],
  ] as const
  const row = { blocked: 0, archived: 0 } as const
  for (const [standing, said] of standings) {
    await db
      .updateTable('signal_groups')
      .set({ ...row, ...standing })
      .execute()
    const found = await written()
    expect(found.map(({ replaces }) => replaces)).toEqual(said === undefined ? [] : [undefined])
    for (const { record = new Uint8Array() } of found) {
      expect(storageRecordCodec.decode(record).groupV2).toEqual({ masterKey: Buffer.from(masterKey), ...said })
      // Once it is there, nothing is left to be said.
      expect(await written([itemOf(record)])).toEqual([])
    }
  }
})

test('a group that the owner is out of keeps its record, which lets it in no more', async () => {
  const records = recordsOf()
  await db.updateTable('signal_groups').set({ standing: 'out', asks: null }).execute()
  const octets = storageRecordCodec.encode({ groupV2: { masterKey, whitelisted: true, archived: true } })
  const [change, ...more] = (await records.changes([itemOf(octets)])).filter(({ type }) => type === 'groupV2')
  expect([change?.replaces, more]).toEqual([raw, []])
  const { groupV2 } = storageRecordCodec.decode(change?.record ?? new Uint8Array())
  expect(groupV2).toMatchObject({ whitelisted: false, archived: true })
})
