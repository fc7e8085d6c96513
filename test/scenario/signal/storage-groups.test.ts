/** Groups in the records that a primary keeps at the storage service: from them a device that is linked later learns of them. */
import { expect, test } from 'vitest'
import { manifestRecordCodec, storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { itemKey, manifestKey, sealStored } from '../../../src/signal/storage-cipher.ts'
import { aciOf, acquainted, grouped, last, plain } from './group-kit.ts'
import { byAci, connected, type Gateway, until, World } from './kit.ts'
import { storedRecords } from './stored-records.ts'

const numberOf = ({ account }: Gateway) => account.status().e164 ?? ''

/** What the records of this account say of groups; each record that is written anew has another id. */
async function groupRecords(world: World, gateway: Gateway) {
  const { items = [], record } = (await storedRecords(world, gateway, numberOf(gateway))) ?? {}
  return items.flatMap((octets, index) => {
    const { groupV2 } = storageRecordCodec.decode(octets ?? new Uint8Array())
    const id = Buffer.from(record?.identifiers?.[index]?.raw ?? []).toString('hex')
    return groupV2 === undefined ? [] : [{ ...groupV2, masterKey: Buffer.from(groupV2.masterKey ?? []), id, octets }]
  })
}

const keyOf = async ({ db }: Gateway, id: string) => {
  const row = db.selectFrom('signal_groups').select('master_key').where('id', '=', id)
  return Buffer.from((await row.executeTakeFirstOrThrow()).master_key)
}

const isWritten = async ({ db }: Gateway) => {
  const row = await db.selectFrom('signal_account').select('storage_due_at_ms').executeTakeFirstOrThrow()
  return row.storage_due_at_ms > Date.now()
}

test('a group that a primary creates, or is added to, gets a record; it stays when the group is left, and lets nobody in again', async () => {
  const world = await World.open()
  const { id, gateways } = await grouped(world, 2)
  const [one, two] = gateways as [Gateway, Gateway]
  const masterKey = await keyOf(one, id)
  for (const gateway of [one, two]) {
    await until(async () => (await groupRecords(world, gateway)).length > 0)
    expect(await groupRecords(world, gateway)).toMatchObject([{ masterKey, whitelisted: true, blocked: false }])
  }

  await until(() => isWritten(two))
  const before = await groupRecords(world, two)
  await two.db.updateTable('signal_account').set({ storage_due_at_ms: 0 }).execute()
  await two.close()
  const after = await world.gateway({ name: 'g1' })
  await connected(after)
  await until(() => isWritten(after))
  expect(await groupRecords(world, after)).toEqual(before)

  await after.account.groups().leave(id)
  await until(async () => (await groupRecords(world, after))[0]?.whitelisted === false)
  expect(await groupRecords(world, after)).toMatchObject([{ masterKey }])
  await until(() => isWritten(after))
  // Somebody whom the owner does not know adds them again.
  after.sink.knowsAll = false
  await after.db.updateTable('signal_peers').set({ accepted: 0 }).execute()
  await until(() => last(one)?.group.members.length === 1)
  await one.account.groups().add(id, [byAci(aciOf(after))])
  await until(() => last(after)?.group.standing === 'member')
  expect(last(after)).toMatchObject({ request: true })
  await after.db.updateTable('signal_account').set({ storage_due_at_ms: 0 }).execute()
  await after.close()
  const again = await world.gateway({ name: 'g1' })
  await connected(again)
  await until(() => isWritten(again))
  const row = await again.db.selectFrom('signal_groups').select('asks').where('id', '=', id).executeTakeFirstOrThrow()
  expect(row.asks).toBe(1)
  expect(await groupRecords(world, again)).toMatchObject([{ whitelisted: false }])
})

test('where another device writes the record in between there is no second one, and what it says more stays', async () => {
  const world = await World.open()
  const [one, two] = (await acquainted(world, 2)) as [Gateway, Gateway]
  await until(async () => (await storedRecords(world, one, numberOf(one))) !== undefined && (await isWritten(one)))
  const { host } = world.server
  const original = host.applyStorageWrite.bind(host)
  const seen = { intruded: false }
  host.applyStorageWrite = async (device, operation, notify) => {
    const first = await storedRecords(world, one, numberOf(one))
    const [row] = await one.db.selectFrom('signal_groups').select('master_key').execute()
    if (seen.intruded || first === undefined || row === undefined || device.aci !== aciOf(one)) {
      return await original(device, operation, notify)
    }
    seen.intruded = true
    const version = first.version + 1
    const raw = Buffer.alloc(16, 9)
    const record = manifestRecordCodec.encode({
      ...first.record,
      version,
      identifiers: [...(first.record.identifiers ?? []), { raw, type: 3 }],
    })
    const value = sealStored(manifestKey(first.key, version), record, new Uint8Array(12).fill(1))
    // Field 9999 of the group's record, appended as another piece of the same record.
    const odd = Buffer.from([0x1a, 0x04, 0xf8, 0xf0, 0x04, 0x2a])
    const said = storageRecordCodec.encode({ groupV2: { masterKey: row.master_key, archived: true } })
    const octets = Buffer.concat([said, odd])
    const item = sealStored(itemKey(first.key, first.record.recordIkm, raw), octets, new Uint8Array(12).fill(2))
    const intruder = {
      manifest: { version: BigInt(version), value: Buffer.from(value) },
      insertItem: [{ key: raw, value: Buffer.from(item) }],
      deleteKey: [],
      clearAll: false,
    }
    await original(device, intruder as never, false)
    return await original(device, operation, notify)
  }
  const id = await one.account.groups().create({ ...plain, title: 'Garden', people: [byAci(aciOf(two))] })
  await until(async () => (await groupRecords(world, one))[0]?.whitelisted === true)
  const groups = await groupRecords(world, one)
  expect(groups).toMatchObject([{ masterKey: await keyOf(one, id), archived: true, whitelisted: true }])
  expect(groups[0]?.octets?.includes(Buffer.from([0xf8, 0xf0, 0x04, 0x2a]))).toBe(true)
  expect(seen.intruded).toBe(true)
})
