/** What the owner does to the account as a whole: names of devices, who finds the number, and leaving Signal for good. */
import { expect, test } from 'vitest'
import type { AciString } from '../../../src/sandbox/mock.ts'
import { vaultCredentials } from '../../../src/sandbox/registrations.ts'
import { connected, gatewayNumber, linkWith, until, World } from './kit.ts'

const request = { e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' } as const

async function linkedGateway() {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  return { world, olga, gateway }
}

test('a primary gives its devices other names, which only they can read; one that is not there has none', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  const aci = account.status().aci as AciString
  const desk = await world.server.host.addDevice(aci, 'AAAA')
  await account.renameDevice(desk.deviceId, 'Desk 🖥')
  expect((await account.devices()).map(({ name }) => name)).toEqual([undefined, 'Desk 🖥'])
  expect(Buffer.from(world.server.host.deviceName(desk) ?? '', 'base64').toString('latin1')).not.toContain('Desk')
  await expect(account.renameDevice(7, 'Nobody')).rejects.toMatchObject({ code: 'signal-device-unknown' })
  await expect(account.renameDevice(desk.deviceId, 'n'.repeat(200))).rejects.toMatchObject({
    code: 'signal-device-name',
  })
  expect((await account.devices()).map(({ name }) => name)).toEqual([undefined, 'Desk 🖥'])
})

test('a linked device gives itself another name and tells the phone; the account is the phone’s', async () => {
  const { olga, gateway } = await linkedGateway()
  const { account } = gateway
  await account.renameDevice(2, 'Attic')
  expect((await account.devices()).map(({ name }) => name)).toEqual([undefined, 'Attic'])
  await until(() => olga.syncs.some(({ deviceNameChange }) => deviceNameChange?.deviceId === 2))
  const refused = { code: 'signal-not-primary', message: expect.stringMatching(/phone/) }
  await expect(account.renameDevice(1, 'Mine')).rejects.toMatchObject(refused)
  await expect(account.discoverability().set(false)).rejects.toMatchObject(refused)
  expect(await account.discoverability().read()).toEqual({ discoverable: undefined, editable: false })
  await expect(account.deleteAccount()).rejects.toMatchObject(refused)
  expect(account.status().state).toBe('connected')
})

test('a number that is not to be found is found by nobody, also after it was registered anew', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const { account } = gateway
  const aci = account.status().aci as AciString
  expect(await account.discoverability().read()).toEqual({ discoverable: true, editable: true })
  await account.discoverability().set(false)
  expect(world.server.directory.find(gatewayNumber)).toBeUndefined()
  await world.server.host.leave(aci, { stayListed: true })
  await until(() => account.status().state === 'signed-out')
  await account.register(request)
  await connected(gateway)
  expect(await account.discoverability().read()).toEqual({ discoverable: false, editable: true })
  await account.discoverability().set(true)
  expect(world.server.directory.find(gatewayNumber)?.aci).toBe(aci)
})

test('an account that is deleted is gone at the service and here, with its PIN; the number becomes another account', async () => {
  const world = await World.open()
  const { vault } = world.server
  const gateway = await world.gateway({ vault })
  const { account, db } = gateway
  await account.register(request)
  await connected(gateway)
  await account.lock().set('24680')
  const { aci } = account.status()
  const ana = await world.person('Ana', '+15550000201')
  await ana.sendText(gatewayNumber, 'still there?')
  await until(() => gateway.sink.texts.length === 1)

  await account.deleteAccount()
  expect(account.status()).toMatchObject({ state: 'none', aci: undefined, e164: undefined })
  expect(await db.selectFrom('signal_account').selectAll().execute()).toEqual([])
  await expect(vault.open(vaultCredentials(gatewayNumber), '24680')).rejects.toMatchObject({ code: 'signal-pin-gone' })
  await expect(account.deleteAccount()).rejects.toMatchObject({ code: 'signal-no-account' })
  expect(world.server.directory.find(gatewayNumber)).toBeUndefined()

  await account.register(request)
  await connected(gateway)
  expect(account.status().aci).not.toBe(aci)
})
