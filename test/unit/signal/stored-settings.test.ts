/** What the records of the storage service say of the owner's habits and of compared safety numbers, and what a primary says there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrivateKey } from '@signalapp/libsignal-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Clock } from '../../../src/signal/clock.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import type { PeerFact, SignalSink } from '../../../src/signal/facts.ts'
import { Habits } from '../../../src/signal/habits.ts'
import { storeIdentity } from '../../../src/signal/identity-writes.ts'
import { learnPeer, learnProfileKey } from '../../../src/signal/peers.ts'
import { type ContactRecord, type StorageRecord, storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { StorageRecords } from '../../../src/signal/storage-records.ts'
import { noteVerdict } from '../../../src/signal/verdicts.ts'
import type { Database, DatabaseTransaction } from '../../../src/store/database.ts'
import { freshDatabase } from '../../fresh-database.ts'

const aci = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const person = { aci, pni: undefined, e164: undefined }
const keyOf = () => new Uint8Array(PrivateKey.generate().getPublicKey().serialize())
const key = keyOf()
const raw = new Uint8Array(16).fill(1)
const profileKey = new Uint8Array(32)

let directory: string
let db: Database
let facts: PeerFact[]
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-settings-'))
  db = await freshDatabase({ path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(7) })
  facts = []
})
afterEach(async () => {
  await db.destroy()
  rmSync(directory, { recursive: true })
})

const within = <Result>(work: (tx: DatabaseTransaction) => Promise<Result>) => db.transaction().execute(work)

function recordsOf(deviceId: number, habits = new Habits({ readReceipts: true, typing: true })): StorageRecords {
  const sink = {
    addressBook: async () => [],
    peer: async (fact: PeerFact) => void facts.push(fact),
    committed: () => {},
  }
  return new StorageRecords({
    db,
    sink: sink as unknown as SignalSink,
    credentials: { deviceId, aci: 'own', profileKey: { serialize: () => profileKey } } as unknown as Credentials,
    profile: { name: 'Home', about: undefined },
    habits,
    clock: { now: () => 1_000 } as Clock,
    onGroup: async () => {},
    onAccount: () => {},
    moved: () => {},
  })
}

async function account(deviceId: number): Promise<void> {
  const identity = new Uint8Array(1)
  await db
    .insertInto('signal_account')
    .values({
      ...{ id: 1, e164: '+15550000101', aci: 'own', pni: 'own', device_id: deviceId, password: '', entropy_pool: '' },
      ...{ aci_identity: identity, pni_identity: identity, aci_registration_id: 1, pni_registration_id: 1 },
      ...{ profile_key: profileKey, created_at_ms: 0, keys_rotated_at_ms: 0, profile_set_at_ms: null },
      ...{ profile_digest: null, storage_due_at_ms: 0, signed_out_at_ms: null, sync_requested_at_ms: null },
      ...{ read_receipts: 1, registration_lock: null },
    })
    .execute()
}

const stored = (record: StorageRecord) => ({ raw, octets: storageRecordCodec.encode(record), record })
const contact = (said: ContactRecord) => stored({ contact: { aci, ...said } })
const verdicts = () => facts.flatMap((fact) => (fact.kind === 'verified' ? [fact.verified] : []))
const met = (theirs: Uint8Array, approved = true) =>
  within(async (tx) => {
    await learnPeer(tx, person)
    await storeIdentity(tx, { address: aci, key: theirs, approved, atMs: 1 })
  })

test('a linked device takes receipts and typing from the account’s record; what it does not name is off', async () => {
  await account(2)
  const habits = new Habits({ readReceipts: true, typing: true })
  const both = async () => [await habits.readReceipts(db), await habits.typing(db)]
  const records = recordsOf(2, habits)
  for (const [said, expected] of [
    [{ readReceipts: true }, [true, false]],
    [{ typingIndicators: true }, [false, true]],
    [{ readReceipts: true, typingIndicators: true }, [true, true]],
    [{}, [false, false]],
  ] as const) {
    await records.apply([stored({ account: said })])
    expect(await both()).toEqual(expected)
  }
})

test('the profile key that somebody has told a primary stands against its own record of before; a linked device takes the phone’s', async () => {
  const [former, present] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const known = async () => {
    const row = await db.selectFrom('signal_peers').select('profile_key').where('aci', '=', aci).executeTakeFirst()
    return Buffer.from(row?.profile_key ?? [])[0]
  }
  await account(1)
  await recordsOf(1).apply([contact({ profileKey: former })])
  expect(await known()).toBe(1)
  await within((tx) => learnProfileKey(tx, aci, present))
  await recordsOf(1).apply([contact({ profileKey: former })])
  expect(await known()).toBe(2)
  const changes = await recordsOf(1).changes([contact({ profileKey: former })])
  const written = changes.map(({ record }) => storageRecordCodec.decode(record ?? new Uint8Array()).contact?.profileKey)
  expect(written).toContainEqual(Buffer.from(present))
  await recordsOf(2).apply([contact({ profileKey: former })])
  expect(await known()).toBe(1)
})

test('a primary’s record says its receipts and typing, and is left alone where it says so', async () => {
  await account(1)
  const records = recordsOf(1, new Habits({ readReceipts: true, typing: false }))
  const [first] = (await records.changes([])).filter(({ type }) => type === 'account')
  const record = storageRecordCodec.decode(first?.record ?? new Uint8Array())
  expect(record.account).toMatchObject({ readReceipts: true, typingIndicators: false })
  expect(await records.changes([stored(record)])).toEqual([])
  const louder = recordsOf(1, new Habits({ readReceipts: false, typing: true }))
  const [change] = await louder.changes([stored(record)])
  expect(storageRecordCodec.decode(change?.record ?? new Uint8Array()).account).toMatchObject({
    readReceipts: false,
    typingIndicators: true,
  })
})

test('a safety number that was compared on the phone counts here, for the key that we have, and no longer when it does not there', async () => {
  const records = recordsOf(2)
  await met(key)
  await records.apply([contact({ identityKey: keyOf(), identityState: 1 }), contact({ identityState: 1 })])
  await records.apply([contact({ identityKey: key, identityState: 0 })])
  expect(verdicts()).toEqual([])
  for (const identityState of [1, 1, 2, 1, 0]) await records.apply([contact({ identityKey: key, identityState })])
  expect(verdicts()).toEqual([true, false, true, false])
})

test('whom we never met and the phone has compared is expected with that key; what is no key is passed over', async () => {
  const records = recordsOf(2)
  await records.apply([contact({ identityKey: new Uint8Array(33), identityState: 1 })])
  await records.apply([contact({ identityKey: keyOf(), identityState: 0 })])
  expect(await db.selectFrom('signal_identities').selectAll().execute()).toEqual([])
  await records.apply([contact({ identityKey: key, identityState: 1 })])
  expect(verdicts()).toEqual([true])
  const [row] = await db.selectFrom('signal_identities').selectAll().execute()
  expect(row).toMatchObject({ address: aci, approved: 1, verified: 1 })
  expect(Buffer.compare(row?.identity_key ?? new Uint8Array(), key)).toBe(0)
})

test('what was said here stands until the records have said the same, and a primary writes it', async () => {
  const records = recordsOf(1)
  const old = contact({ identityKey: key, identityState: 0 })
  const written = async (from = old) => {
    const change = (await records.changes([from])).find(({ type }) => type === 'contact')
    return change?.record && storageRecordCodec.decode(change.record)
  }
  await met(key)
  await records.apply([old])
  expect((await written())?.contact?.identityState ?? 0).toBe(0)
  await within((tx) => noteVerdict(tx, person, true))
  await records.apply([old])
  const news = await written()
  expect(news?.contact).toMatchObject({ identityState: 1 })
  const agreed = stored(news ?? {})
  await records.apply([agreed])
  expect(verdicts()).toEqual([])
  expect(await written(agreed)).toBeUndefined()
  // From now on others may say otherwise.
  await records.apply([old])
  expect(verdicts()).toEqual([false])
})

test('another key of theirs is not compared, whatever the records say of the former one, and a primary says so', async () => {
  const records = recordsOf(1)
  await met(key)
  const before = contact({ identityKey: key, identityState: 1 })
  await records.apply([before])
  const fresh = keyOf()
  await met(fresh, false)
  await records.apply([before])
  expect(verdicts()).toEqual([true])
  const change = (await records.changes([before])).find(({ type }) => type === 'contact')
  const said = storageRecordCodec.decode(change?.record ?? new Uint8Array()).contact
  expect([said?.identityState, Buffer.compare(said?.identityKey ?? new Uint8Array(), fresh)]).toEqual([0, 0])
  // A key that another device has met is not taken back by what we merely know.
  await db.updateTable('signal_identities').set({ verified_decided: 0 }).execute()
  expect(
    (await records.changes([before]))
      .flatMap(({ record }) => record ?? [])
      .map((octets) => storageRecordCodec.decode(octets).contact?.identityKey)
      .filter((one) => one !== undefined && Buffer.compare(one, key) !== 0),
  ).toEqual([])
})
