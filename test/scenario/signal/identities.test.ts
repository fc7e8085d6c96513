/** Our two identities (account and phone number), and our account's other devices. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RegistrationId } from '../../../src/sandbox/mock.ts'
import { byAci, byNumber, connected, type Gateway, gatewayNumber, published, timestamp, until, World } from './kit.ts'

const anaNumber = '+15550000201'

test('a text to our phone-number identity is read, and our answer proves that both identities are ours', async () => {
  const world = await World.open()
  const one = await world.registeredGateway('one', '+15550000101')
  const two = await world.registeredGateway('two', '+15550000102')
  const { aci, pni } = one.account.status()
  await two.account.sendText({
    to: { aci: undefined, pni, e164: undefined },
    text: 'by number',
    timestampMs: timestamp(),
  })
  await until(() => one.sink.texts.length === 1 && two.sink.receipts.length === 1)
  expect(one.sink.texts).toMatchObject([{ text: 'by number', from: { aci: two.account.status().aci } }])
  await one.account.sendText({ to: byAci(two.account.status().aci ?? ''), text: 'it is me', timestampMs: timestamp() })
  await until(() => two.sink.texts.length === 1)
  expect(two.sink.texts).toMatchObject([{ text: 'it is me', from: { aci, pni } }])
  expect(two.sink.facts.filter(({ kind }) => kind === 'linked')).toMatchObject([{ peer: { aci, pni } }])
  // The receipt for that answer says that the proof has arrived.
  const needs = async () => {
    const peers = await one.db.selectFrom('signal_peers').select('needs_pni_signature').execute()
    return peers.some((peer) => peer.needs_pni_signature === 1)
  }
  await until(async () => !(await needs()))
  // One for a message that had no proof says nothing.
  await one.db.updateTable('signal_peers').set({ needs_pni_signature: 1 }).execute()
  const { length } = one.sink.receipts
  const read = await two.db.transaction().execute((tx) => two.account.markRead(byAci(aci ?? ''), [timestamp()], tx))
  read()
  await until(() => one.sink.receipts.length > length)
  expect(await needs()).toBe(true)
})

test('what one device of our account sends, the other is told; what comes in, both keep', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const first = await world.registeredGateway()
  const second = await twinOf(world, first)
  // The first device asks for the account's devices when it connects.
  await first.close()
  const again = await world.gateway()
  await connected(again)
  await until(() => world.server.host.requests.some(({ path }) => path === '/v1/devices'))
  const timestampMs = timestamp()
  await again.account.sendText({ to: byNumber(anaNumber), text: 'from the first', timestampMs })
  await until(() => second.sink.texts.length === 1)
  expect(second.sink.texts).toMatchObject([
    {
      text: 'from the first',
      timestampMs,
      senderDevice: 1,
      from: { aci: again.account.status().aci },
      sentTo: { aci: ana.aci, e164: anaNumber },
    },
  ])
  await second.account.sendText({ to: byAci(ana.aci), text: 'from the second', timestampMs: timestamp() })
  await until(() => again.sink.texts.length === 1 && ana.texts.length === 2)
  expect(again.sink.texts).toMatchObject([{ text: 'from the second', senderDevice: 2, sentTo: { aci: ana.aci } }])
  await (await ana.sendText(gatewayNumber, 'to both')).acknowledged
  expect(again.sink.texts.at(-1)).toMatchObject({ text: 'to both', sentTo: undefined })
  expect(second.sink.texts.at(-1)).toMatchObject({ text: 'to both', sentTo: undefined })
  expect([again, second].flatMap(({ sink }) => sink.undecryptables)).toEqual([])
})

test('what one device of our account does to a group, the other is told, with the group itself', async () => {
  const world = await World.open()
  const other = await world.registeredGateway('other', '+15550000102')
  const first = await world.registeredGateway()
  const second = await twinOf(world, first)
  await first.close()
  const again = await world.gateway()
  await connected(again)
  const asked = (path: string) => world.server.host.requests.some((request) => request.path.startsWith(path))
  await until(() => asked('/v1/devices') && asked('/v1/profile'))
  await published(again)
  const people = [byAci(other.account.status().aci ?? '')]
  const about = { description: '', timerSeconds: 0, announcementsOnly: false, avatar: undefined }
  const id = await again.account.groups().create({ ...about, title: 'Garden', people })
  const shown = () => second.sink.groups.at(-1)?.group
  await until(() => shown()?.id === id)
  expect(shown()).toMatchObject({ title: 'Garden', standing: 'member' })
  await again.account.groups().configure(id, { title: 'Roof' })
  await until(() => shown()?.title === 'Roof')
  expect(second.sink.texts).toEqual([])
})

test('signed and last-resort keys that are two days old are replaced, the old ones kept', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const signed = () => gateway.db.selectFrom('signal_signed_pre_keys').selectAll().where('own', '=', 'aci').execute()
  const ofServer = async () => (await world.server.host.findByNumber(gatewayNumber))?.popSingleUseKey()
  // The mock gives nothing out before the first one-time keys are there.
  const device = await world.server.host.findByNumber(gatewayNumber)
  await until(async () => (await device?.getPreKeyCount()) === 100)
  const before = await ofServer()
  await gateway.db.updateTable('signal_account').set({ keys_rotated_at_ms: 0 }).execute()
  world.server.host.dropConnections()
  await until(async () => (await signed()).length === 2)
  await until(async () => (await ofServer())?.signedPreKey.keyId !== before?.signedPreKey.keyId)
  const kept = await gateway.db
    .selectFrom('signal_kyber_pre_keys')
    .selectAll()
    .where('own', '=', 'aci')
    .where('last_resort', '=', 1)
    .execute()
  expect(kept).toHaveLength(2)
})

test('one-time keys that run low are filled up', async () => {
  const world = await World.open()
  await world.registeredGateway()
  const device = await world.server.host.findByNumber(gatewayNumber)
  await until(async () => (await device?.getPreKeyCount()) === 100)
  for (let used = 0; used < 90; used += 1) await device?.popSingleUseKey()
  world.server.host.dropConnections()
  await until(async () => (await device?.getPreKeyCount()) === 100)
})

/** A second device of the same account, as linking would leave it. */
async function twinOf(world: World, { db }: Gateway): Promise<Gateway> {
  const primary = await world.server.host.findByNumber(gatewayNumber)
  if (primary === undefined) throw new Error('not registered')
  const registrationIds = [4_001, 4_002] as RegistrationId[]
  const password = randomBytes(10).toString('hex')
  const [registrationId = 1 as RegistrationId, pniRegistrationId = 2 as RegistrationId] = registrationIds
  const device = await world.server.host.registerDevice({ primary, password, registrationId, pniRegistrationId })
  const row = await db.selectFrom('signal_account').selectAll().executeTakeFirstOrThrow()
  const empty = await world.gateway({ name: 'twin' })
  await empty.db
    .insertInto('signal_account')
    .values({
      ...row,
      device_id: device.deviceId,
      password,
      aci_registration_id: registrationId,
      pni_registration_id: pniRegistrationId,
      keys_rotated_at_ms: 0,
    })
    .execute()
  await empty.close()
  const twin = await world.gateway({ name: 'twin' })
  await connected(twin)
  await until(async () => (await device.getPreKeyCount().catch(() => 0)) === 100)
  return twin
}
