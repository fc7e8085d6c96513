/**
 * A primary and a device that is linked to it, both Causeway: the link is made by hand, in the database and at the server,
 * since a primary of ours links nobody yet. What the device asks for is what a desktop asks for.
 */

import { IdentityKeyPair } from '@signalapp/libsignal-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ServiceIdKind } from '../../../src/sandbox/mock.ts'
import { DeviceSync } from '../../../src/signal/device-sync.ts'
import { keepRepeatedUseKeys, makeRepeatedUseKeys } from '../../../src/signal/prekeys.ts'
import { storageRecordCodec } from '../../../src/signal/proto/storage.ts'
import { byAci, byNumber, connected, type Gateway, gatewayNumber, until, World } from './kit.ts'
import { storedRecords } from './stored-records.ts'

const password = 'of the linked device'

async function linkedTo(world: World, primary: Gateway): Promise<Gateway> {
  const { host } = world.server
  const first = await host.findByNumber(gatewayNumber)
  if (first === undefined) throw new Error('the primary is not on Signal')
  const ids = { registrationId: 77, pniRegistrationId: 78 } as const
  const device = await host.registerDevice({ primary: first, password, ...ids } as never)
  const row = await primary.db.selectFrom('signal_account').selectAll().executeTakeFirstOrThrow()
  const empty = await world.gateway({ name: 'linked' })
  await empty.db
    .insertInto('signal_account')
    .values({
      ...row,
      device_id: device.deviceId,
      password,
      aci_registration_id: ids.registrationId,
      pni_registration_id: ids.pniRegistrationId,
      entropy_pool: '',
      read_receipts: 0,
      sync_requested_at_ms: null,
    })
    .execute()
  for (const own of ['aci', 'pni'] as const) {
    const identity = IdentityKeyPair.deserialize(new Uint8Array(row[`${own}_identity`]))
    const keys = makeRepeatedUseKeys(identity, { signed: 1, kyber: 2 }, Date.now())
    await empty.db.transaction().execute((tx) => keepRepeatedUseKeys(tx, own, keys, Date.now()))
    const publicHalf = (key: typeof keys.signed | typeof keys.lastResort) => ({
      keyId: key.id(),
      publicKey: key.publicKey(),
      signature: Buffer.from(key.signature()),
    })
    await device.setKeys(own === 'aci' ? ServiceIdKind.ACI : ServiceIdKind.PNI, {
      identityKey: identity.publicKey,
      signedPreKey: publicHalf(keys.signed),
      lastResortKey: publicHalf(keys.lastResort),
    } as never)
  }
  await empty.close()
  const linked = await world.gateway({ name: 'linked' })
  await connected(linked)
  return linked
}

test('a linked device that asks gets contacts, the blocked list, the settings and the keys', async () => {
  const world = await World.open()
  const primary = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const ben = await world.person('Ben', '+15550000202')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  await (await ben.sendText(gatewayNumber, 'buy now')).acknowledged
  await until(() => primary.sink.facts.filter(({ kind }) => kind === 'profile').length === 2)
  const { account, db } = primary
  // The owner calls Ana otherwise, and has the number of somebody who is on no network.
  primary.sink.book = [
    { person: byAci(ana.aci), name: 'Ana from the choir' },
    { person: byNumber('+15550000209'), name: 'The plumber' },
  ]
  await db.transaction().execute((tx) => account.decide(byAci(ben.aci), { kind: 'blocked', deleted: false }, tx))
  const linked = await linkedTo(world, primary)
  const facts = linked.sink.facts
  await until(() =>
    facts.some((fact) => fact.kind === 'named' && fact.name === 'Ana from the choir' && fact.peer.aci === ana.aci),
  )
  await until(() => facts.some((fact) => fact.kind === 'named' && fact.peer.e164 === '+15550000209'))
  expect(facts.filter((fact) => fact.kind === 'named').map(({ name }) => name)).not.toContain('Ana')
  await until(() => facts.some((fact) => fact.kind === 'blocked' && fact.blocked && fact.peer.aci === ben.aci))
  const state = () =>
    linked.db.selectFrom('signal_account').select(['entropy_pool', 'read_receipts']).executeTakeFirstOrThrow()
  const { entropy_pool: pool } = await db.selectFrom('signal_account').select('entropy_pool').executeTakeFirstOrThrow()
  await until(async () => (await state()).entropy_pool === pool && (await state()).read_receipts === 1)
  expect(pool).toHaveLength(64)
  const asked = await db.selectFrom('signal_account').select('contacts_asked_at_ms').executeTakeFirstOrThrow()
  expect(asked.contacts_asked_at_ms).toBeNull()

  // What the owner changes in the configuration holds from the next start on, and they are told at once.
  await primary.close()
  const told = vi.spyOn(DeviceSync.prototype, 'apply')
  onTestFinished(() => told.mockRestore())
  const quiet = await world.gateway({ readReceipts: false, typing: false })
  const changed = () =>
    told.mock.calls.some(([{ configuration: said }]) => said?.readReceipts === false && !said.typingIndicators)
  await until(changed)
  await until(async () => {
    const { items = [] } = (await storedRecords(world, quiet, gatewayNumber)) ?? {}
    const records = items.map((item) => storageRecordCodec.decode(item ?? new Uint8Array()).account)
    const account = records.find((record) => record !== undefined)
    return account?.readReceipts === false && account.typingIndicators === false
  })
  await until(async () => (await state()).read_receipts === 0)
})

test('a username that the primary takes, changes and gives up is the linked device’s to show, without a restart', async () => {
  const world = await World.open()
  const primary = await world.registeredGateway()
  const linked = await linkedTo(world, primary)
  const shown = () => linked.account.status().username?.username
  // The device has asked for everything, so the primary knows that it is there.
  await until(async () => {
    const row = await linked.db.selectFrom('signal_account').select('entropy_pool').executeTakeFirstOrThrow()
    return row.entropy_pool !== ''
  })
  const told = vi.spyOn(DeviceSync.prototype, 'apply')
  onTestFinished(() => told.mockRestore())
  const renames = () => told.mock.calls.filter(([sync]) => sync.usernameChange !== undefined).length
  const own = primary.account.usernames()
  await own.claim({ nickname: 'cellar', discriminator: '77' })
  await until(() => shown() === 'cellar.77')
  await until(() => renames() === 1)
  await own.claim({ nickname: 'attic', discriminator: '78' })
  await until(() => shown() === 'attic.78' && renames() === 2)
  const link = primary.account.status().username?.link
  await own.renewLink()
  await until(() => linked.account.status().username?.link === primary.account.status().username?.link)
  expect(primary.account.status().username?.link).not.toBe(link)
  await own.release()
  await until(() => shown() === undefined && renames() === 3)
})
