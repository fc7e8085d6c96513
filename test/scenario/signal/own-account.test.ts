/** The account as the primary looks after it: its devices, its profile; and what a linked device leaves to the phone. */
import type { PublicKey } from '@signalapp/libsignal-client'
import { expect, test } from 'vitest'
import type { AciString } from '../../../src/sandbox/mock.ts'
import { decryptName } from '../../../src/signal/profile-cipher.ts'
import { encryptDeviceName } from '../../../src/signal/provisioning.ts'
import { connected, type Gateway, gatewayNumber, linkWith, until, World } from './kit.ts'

async function identityOf(gateway: Gateway): Promise<PublicKey> {
  const { IdentityKeyPair } = await import('@signalapp/libsignal-client')
  const row = await gateway.db.selectFrom('signal_account').select('aci_identity').executeTakeFirstOrThrow()
  return IdentityKeyPair.deserialize(new Uint8Array(row.aci_identity)).publicKey
}

const profileRow = (gateway: Gateway) =>
  gateway.db.selectFrom('signal_account').select(['profile_digest', 'profile_key']).executeTakeFirstOrThrow()

test('a primary lists its devices with their names, and a removed one is signed out', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const aci = gateway.account.status().aci as AciString
  const desk = await world.server.host.addDevice(aci, encryptDeviceName('Desk 🖥', await identityOf(gateway)))
  await world.server.host.addDevice(aci, 'AAAA')
  expect(await gateway.account.devices()).toMatchObject([
    { id: 1, name: undefined, isThis: true, isPrimary: true },
    { id: desk.deviceId, name: 'Desk 🖥', isThis: false, isPrimary: false, lastSeenAtMs: Date.UTC(2026, 0, 1) },
    { id: 3, name: undefined, isThis: false },
  ])
  await gateway.account.removeDevice(desk.deviceId)
  const left = await world.server.host.getAllDevicesByServiceId(aci)
  expect(left.map(({ deviceId }) => deviceId)).toEqual([1, 3])
  expect((await gateway.account.devices()).map(({ id }) => id)).toEqual([1, 3])
})

test('neither the gateway itself nor a device that is not there is removed', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  for (const id of [1, 7])
    await expect(account.removeDevice(id)).rejects.toMatchObject({ code: 'signal-device-unknown' })
  expect(world.server.host.requests.filter(({ verb }) => verb === 'DELETE')).toEqual([])
  expect(account.status().state).toBe('connected')
})

test('a linked device sees the devices and their names, and removes none', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  expect(await gateway.account.devices()).toMatchObject([
    { id: 1, isPrimary: true, isThis: false },
    { id: 2, name: 'Cellar', isPrimary: false, isThis: true },
  ])
  await expect(gateway.account.removeDevice(2)).rejects.toMatchObject({ code: 'signal-not-primary' })
  expect((await world.server.host.getAllDevicesByServiceId(olga.aci)).length).toBe(2)
})

test('a primary publishes its name once, and again when it is another one', async () => {
  const world = await World.open()
  const before = await world.gateway({ profile: { name: 'Zoë’s house', about: 'texts welcome' } })
  await before.account.register({ e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' })
  await connected(before)
  await until(async () => (await profileRow(before)).profile_digest !== null)
  const puts = () => world.server.host.requests.filter(({ verb, path }) => verb === 'PUT' && path === '/v1/profile')
  const shown = async () => {
    const device = await world.server.host.findByNumber(gatewayNumber)
    return device?.profileName
  }
  const key = (await profileRow(before)).profile_key
  // Nonce, the shorter of the two sizes, tag: its length does not tell how long the name is.
  expect((await shown())?.length).toBe(12 + 53 + 16)
  expect(decryptName(key, (await shown()) ?? new Uint8Array())).toBe('Zoë’s house')
  expect(puts().length).toBe(1)
  await before.close()

  const same = await world.gateway({ profile: { name: 'Zoë’s house', about: 'texts welcome' } })
  await connected(same)
  await same.account.devices()
  await same.close()
  expect(puts().length).toBe(1)

  const after = await world.gateway({ profile: { name: 'Cellar', about: undefined } })
  await connected(after)
  await until(async () => decryptName(key, (await shown()) ?? new Uint8Array()) === 'Cellar')
  await until(() => puts().length === 2)
})

test('what the server says when we connect is shown, until it says so no more', async () => {
  const world = await World.open()
  world.server.faults.alert('idle-primary-device')
  const gateway = await world.registeredGateway()
  const codes = () => gateway.account.status().warnings.map(({ code }) => code)
  await until(() => codes().length > 0)
  expect(codes()).toEqual(['signal.linked_idle.phone'])
  expect(gateway.account.status().state).toBe('connected')
  world.server.faults.heal()
  world.server.host.dropConnections()
  await until(() => codes().length === 0)
  await connected(gateway)
})

test('a clock that differs from the server’s is shown, and no reason to stop', async () => {
  const world = await World.open()
  await (await world.registeredGateway()).close()
  const gateway = await world.gateway({ clockAheadMs: -600_000 })
  await connected(gateway)
  await until(() => gateway.account.status().warnings.length > 0)
  expect(gateway.account.status().warnings).toMatchObject([
    {
      code: 'signal.clock_skew',
      what: expect.stringMatching(/6\d\d s behind|5\d\d s behind/),
      fix: expect.any(String),
    },
  ])
})
