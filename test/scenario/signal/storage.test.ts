/** What the devices of one account share at the storage service: read by a linked device, written by a primary. */
import { expect, test } from 'vitest'
import { Proto } from '../../../src/sandbox/mock.ts'
import type { SignalPerson } from '../../../src/sandbox/people.ts'
import { nobody } from '../../../src/signal/ids.ts'
import {
  manifestRecordCodec,
  storageItemsCodec,
  storageManifestCodec,
  storageRecordCodec,
} from '../../../src/signal/proto/storage.ts'
import { itemKey, manifestKey, sealStored, storageKeyOf } from '../../../src/signal/storage-cipher.ts'
import {
  byAci,
  connected,
  type Gateway,
  gatewayNumber,
  linkingUri,
  phoneAsked,
  timestamp,
  until,
  World,
} from './kit.ts'
import { storedRecords } from './stored-records.ts'

const named = ({ sink }: Gateway) => sink.facts.filter(({ kind }) => kind === 'named')
const octetsOf = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

function contactOf(person: SignalPerson, more: Partial<Proto.ContactRecord.Params>) {
  const contact = { aciBinary: octetsOf(person.aci), e164: person.e164, ...more } as Proto.ContactRecord.Params
  return { type: Proto.ManifestRecord.Identifier.Type.CONTACT, record: { contact } }
}

async function linkedGateway(world: World) {
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const ben = await world.person('Ben', '+15550000202')
  const gateway = await world.gateway({ patient: true })
  return { olga, ana, ben, gateway, uri: await linkingUri(gateway) }
}

const blocked = async ({ db }: Gateway) =>
  (await db.selectFrom('signal_blocked').select('aci').execute()).map(({ aci }) => aci)

test('names and blocks are read on linking, and again when the phone says that they changed', async () => {
  const { olga, ana, ben, gateway, uri } = await linkedGateway(await World.open())
  await olga.changeStorage((state) =>
    state.addRecord(contactOf(ana, { systemGivenName: 'Ana', systemFamilyName: 'Alvarez', whitelisted: true })),
  )
  await olga.link(uri, [])
  await connected(gateway)
  await until(() => named(gateway).length > 0)
  // The service may be read twice by now: on linking, and when the phone has sent its keys.
  for (const fact of named(gateway)) {
    expect(fact).toMatchObject({ name: 'Ana Alvarez', peer: { aci: ana.aci, e164: ana.e164 } })
  }

  // The reading on linking is behind us, and the next one by itself is a day away.
  const due = () =>
    gateway.db
      .selectFrom('signal_account')
      .select(['storage_due_at_ms', 'sync_requested_at_ms'])
      .executeTakeFirstOrThrow()
  await until(async () => {
    const row = await due()
    return row.sync_requested_at_ms !== null && row.storage_due_at_ms > Date.now()
  })
  await olga.changeStorage((state) => state.addRecord(contactOf(ben, { systemGivenName: 'Ben', blocked: true })))
  await until(async () => (await blocked(gateway)).length > 0)
  expect(await blocked(gateway)).toEqual([ben.aci])
  await until(() => named(gateway).some((fact) => fact.kind === 'named' && fact.name === 'Ben'))
})

test('a profile key that the phone has changed is the one that goes out with what we write', async () => {
  const world = await World.open()
  const { olga, gateway, uri } = await linkedGateway(world)
  const other = await world.registeredGateway('other')
  await olga.link(uri, [])
  await connected(gateway)
  await phoneAsked(gateway)
  const keyOf = async () =>
    (await gateway.db.selectFrom('signal_account').select('profile_key').executeTakeFirstOrThrow()).profile_key
  const before = Buffer.from(await keyOf())
  const profileKey = Buffer.alloc(32, 5)
  const said: Partial<Proto.AccountRecord.Params> = { profileKey, readReceipts: true }
  const account = said as Proto.AccountRecord.Params
  const type = Proto.ManifestRecord.Identifier.Type.ACCOUNT
  await olga.changeStorage((state) => state.addRecord({ type, record: { account } }))
  await until(async () => !before.equals(await keyOf()))
  const to = byAci(other.account.status().aci ?? '')
  // While the account is loaded anew nothing goes, or goes with the former key.
  await until(async () => {
    await gateway.account.sendText({ to, text: 'hello', timestampMs: timestamp() }).catch(() => undefined)
    const known = await other.db.selectFrom('signal_peers').select('profile_key').where('aci', '=', olga.aci).execute()
    return known.some(({ profile_key: key }) => profileKey.equals(key ?? new Uint8Array()))
  })
  // The key is noted before the words are handed over.
  await until(() => other.sink.texts.length > 0)
  expect(other.sink.texts.at(-1)).toMatchObject({ text: 'hello', from: { aci: olga.aci } })
  await connected(gateway)
})

test('a storage service that has nothing, or nothing that our key opens, is no trouble', async () => {
  const world = await World.open()
  const { olga, ana, gateway, uri } = await linkedGateway(world)
  const device = await world.server.host.findByNumber(olga.e164)
  if (device === undefined) throw new Error('no device')
  const manifest = { version: 3n, value: Buffer.alloc(100) }
  await world.server.host.applyStorageWrite(device, { manifest, insertItem: [], deleteKey: [], clearAll: false }, false)
  await olga.link(uri, [ana])
  await connected(gateway)
  await until(() => named(gateway).length > 0)
  await (await ana.sendText(olga.e164, 'still here')).acknowledged
  await until(() => gateway.sink.texts.length > 0)
})

test('a primary writes its account and the people it met, and what others wrote stays', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await until(async () => (await storedRecords(world, before, gatewayNumber)) !== undefined)
  // What it has told of its settings meanwhile makes it look there once more.
  await until(async () => {
    const account = await before.db.selectFrom('signal_account').selectAll().executeTakeFirstOrThrow()
    return account.habits_told !== null && (account.storage_due_at_ms ?? 0) > Date.now()
  })
  const first = await storedRecords(world, before, gatewayNumber)
  expect(first?.version).toBe(1)
  expect(first?.items.map((item) => storageRecordCodec.decode(item ?? new Uint8Array()).account?.givenName)).toEqual([
    'Home',
  ])

  // A linked desktop adds a record of a kind that we do not know, and a field that we do not know.
  if (first === undefined) throw new Error('nothing stored')
  const raw = Buffer.alloc(16, 9)
  const unknown = { raw: Buffer.alloc(16, 8), type: 8 }
  const contact = storageRecordCodec.encode({ contact: { aci: ana.aci, givenName: 'A.' } })
  // Field 9999 of the contact record, appended as another piece of the same record.
  const odd = Buffer.from([0x0a, 0x04, 0xf8, 0xf0, 0x04, 0x2a])
  const record = manifestRecordCodec.encode({
    ...first.record,
    version: 2,
    identifiers: [...(first.record.identifiers ?? []), { raw, type: 1 }, unknown],
  })
  const value = sealStored(manifestKey(first.key, 2), record, new Uint8Array(12).fill(1))
  const item = sealStored(
    itemKey(first.key, first.record.recordIkm, raw),
    Buffer.concat([contact, odd]),
    new Uint8Array(12).fill(2),
  )
  const operation = {
    manifest: { version: 2n, value: Buffer.from(value) },
    insertItem: [{ key: raw, value: Buffer.from(item) }],
    deleteKey: [],
    clearAll: false,
  }
  await world.server.host.applyStorageWrite(first.device, operation as never, false)

  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  // The record says a name, too: the one that Ana calls herself by has been seen.
  await until(() => before.sink.facts.some((fact) => fact.kind === 'profile' && fact.name === 'Ana'))
  await before.db.updateTable('signal_account').set({ storage_due_at_ms: 0 }).execute()
  await before.close()
  const after = await world.gateway()
  await connected(after)
  await until(async () => ((await storedRecords(world, after, gatewayNumber))?.version ?? 0) >= 3)
  const last = await storedRecords(world, after, gatewayNumber)
  expect(last?.version).toBe(3)
  const ids = (last?.record.identifiers ?? []).map((id) => [id.type, Buffer.from(id.raw ?? []).toString('hex')])
  expect(ids).toContainEqual([8, '08'.repeat(16)])
  expect(ids).not.toContainEqual([1, '09'.repeat(16)])
  const contacts = (last?.items ?? []).filter(
    (octets) => octets !== undefined && storageRecordCodec.decode(octets).contact,
  )
  expect(contacts.length).toBe(1)
  const [octets = Buffer.alloc(0)] = contacts
  expect(octets?.includes(odd)).toBe(true)
  expect(storageRecordCodec.decode(octets ?? new Uint8Array()).contact).toMatchObject({
    aci: ana.aci,
    e164: ana.e164,
    givenName: 'Ana',
  })
})

test('how the owner calls people is in a primary’s records, changes with the name and goes with it', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  const rename = async (name: string | undefined) => {
    gateway.sink.book = name === undefined ? [] : [{ person: { ...nobody, aci: ana.aci }, name }]
    const { account, db } = gateway
    const afterCommit = await db.transaction().execute((tx) => account.tellNamed(tx))
    afterCommit()
  }
  const written = async () => {
    const { items = [] } = (await storedRecords(world, gateway, gatewayNumber)) ?? {}
    const contacts = items.map((item) => storageRecordCodec.decode(item ?? new Uint8Array()).contact)
    return contacts.find((contact) => contact?.aci === ana.aci)
  }
  await rename('My sister')
  await until(async () => (await written())?.systemGivenName === 'My sister')
  await rename('Ana from work')
  await until(async () => (await written())?.systemGivenName === 'Ana from work')
  // Our own word of before is no news to us.
  expect(named(gateway)).toEqual([])
  await rename(undefined)
  await until(async () => (await written())?.systemGivenName === '')
  expect(named(gateway)).toEqual([])
})

test('whom the owner of a primary deletes leaves its records, with keys and sessions, and is met anew', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const { account, db } = gateway
  const ana = await world.person('Ana', '+15550000201')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  const written = async () => {
    const { items = [] } = (await storedRecords(world, gateway, gatewayNumber)) ?? {}
    const contacts = items.map((item) => storageRecordCodec.decode(item ?? new Uint8Array()).contact)
    return contacts.find((contact) => contact?.aci === ana.aci)
  }
  const name = async (book: typeof gateway.sink.book) => {
    gateway.sink.book = book
    const afterCommit = await db.transaction().execute((tx) => account.tellNamed(tx))
    afterCommit()
  }
  await name([{ person: { ...nobody, aci: ana.aci }, name: 'My sister' }])
  await until(async () => (await written())?.systemGivenName === 'My sister')
  gateway.sink.book = []
  const her = { ...nobody, aci: ana.aci }
  const afterCommit = await db.transaction().execute((tx) => account.forgetPerson(her, false, tx))
  afterCommit()
  await until(async () => (await written()) === undefined)
  const left = async () => ({
    peers: await db.selectFrom('signal_peers').select('aci').where('aci', '=', ana.aci).execute(),
    sessions: await db.selectFrom('signal_sessions').select('address').where('address', '=', ana.aci).execute(),
    identities: await db.selectFrom('signal_identities').select('address').where('address', '=', ana.aci).execute(),
  })
  expect(await left()).toEqual({ peers: [], sessions: [], identities: [] })
  await until(async () => (await db.selectFrom('signal_forgotten').selectAll().execute()).length === 0)
  // Her phone still has its session with us: what it sends is asked for again, and comes.
  await (await ana.sendText(gatewayNumber, 'are you there?')).acknowledged
  await until(() => gateway.sink.texts.some(({ text }) => text === 'are you there?'))
})

test('a manifest that somebody else wrote in between is read anew, and nothing of it is lost', async () => {
  const world = await World.open()
  const gateway = await world.gateway()
  const { host } = world.server
  const original = host.applyStorageWrite.bind(host)
  let intruded = 0
  host.applyStorageWrite = async (device, operation, notify) => {
    const { manifest } = operation
    // Twice, another device is quicker by one version.
    if (intruded < 2 && manifest?.version != null) {
      intruded += 1
      const { entropy_pool } = await gateway.db
        .selectFrom('signal_account')
        .select('entropy_pool')
        .executeTakeFirstOrThrow()
      const version = Number(manifest.version)
      const record = manifestRecordCodec.encode({
        version,
        identifiers: [{ raw: Buffer.alloc(16, intruded), type: 7 }],
      })
      const value = Buffer.from(
        sealStored(manifestKey(storageKeyOf(entropy_pool), version), record, new Uint8Array(12)),
      )
      await original(
        device,
        { manifest: { version: manifest.version, value }, insertItem: [], deleteKey: [], clearAll: false } as never,
        false,
      )
    }
    return await original(device, operation, notify)
  }
  await gateway.account.register({ e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' })
  await connected(gateway)
  await until(async () => ((await storedRecords(world, gateway, gatewayNumber))?.version ?? 0) >= 3)
  const { record } = (await storedRecords(world, gateway, gatewayNumber)) ?? {}
  expect(record?.identifiers?.map(({ type }) => type)).toEqual([7, 4])
  expect(record?.identifiers?.[0]?.raw).toEqual(Buffer.alloc(16, 2))
})

test('the messages of the service are what its own schema reads', () => {
  const items = storageItemsCodec.encode({ items: [{ key: new Uint8Array([1]), value: new Uint8Array([2]) }] })
  expect(Proto.StorageItems.decode(Buffer.from(items)).items.length).toBe(1)
  const manifest = storageManifestCodec.encode({ version: 7, value: new Uint8Array([3]) })
  expect(Proto.StorageManifest.decode(Buffer.from(manifest)).version).toBe(7n)
})

test('whom a primary lets in, keeps out and lets back is in its records, and what is decided here meanwhile stands', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  const peer = { aci: ana.aci, pni: undefined, e164: undefined }
  const decide = async (decision: Parameters<typeof gateway.account.decide>[1]) => {
    const { account, db } = gateway
    const afterCommit = await db.transaction().execute((tx) => account.decide(peer, decision, tx))
    afterCommit()
  }
  const standing = async () => {
    const { items = [] } = (await storedRecords(world, gateway, gatewayNumber)) ?? {}
    const contacts = items.map((item) => storageRecordCodec.decode(item ?? new Uint8Array()).contact)
    const found = contacts.find((contact) => contact?.aci === ana.aci)
    return [found?.blocked ?? false, found?.whitelisted ?? false]
  }
  await decide({ kind: 'accepted', messages: [] })
  await until(async () => (await standing()).join() === 'false,true')
  await decide({ kind: 'blocked', deleted: false })
  await until(async () => (await standing()).join() === 'true,false')
  expect(await blocked(gateway)).toEqual([ana.aci])
  await decide({ kind: 'unblocked' })
  await until(async () => (await standing()).join() === 'false,false')
  expect(await blocked(gateway)).toEqual([])
})

test('whom the phone has let in is let in here, and whom it lets go of may write again', async () => {
  const { olga, ana, ben, gateway, uri } = await linkedGateway(await World.open())
  gateway.sink.knowsAll = false
  await olga.changeStorage((state) =>
    state.addRecord(contactOf(ana, { whitelisted: true })).addRecord(contactOf(ben, { blocked: true })),
  )
  await olga.link(uri, [])
  await connected(gateway)
  await until(async () => (await blocked(gateway)).length === 1)
  await until(() => gateway.sink.facts.some(({ kind, peer }) => kind === 'accepted' && peer.aci === ana.aci))
  await (await ben.sendText(olga.e164, 'not heard')).acknowledged
  await (await ana.sendText(olga.e164, 'heard')).acknowledged
  expect(gateway.sink.texts.map(({ text, request }) => [text, request])).toEqual([['heard', false]])
  await olga.changeStorage((state) =>
    state
      .removeRecord(({ record }) => 'contact' in record && record.contact.blocked === true)
      .addRecord(contactOf(ben, { blocked: false })),
  )
  await until(async () => (await blocked(gateway)).length === 0)
  await (await ben.sendText(olga.e164, 'heard again')).acknowledged
  await until(() => gateway.sink.texts.length === 2)
  // Unblocked is not let in.
  expect(gateway.sink.texts[1]).toMatchObject({ text: 'heard again', request: true })
})
