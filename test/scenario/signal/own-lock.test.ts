/** The PIN that protects our own number: what it does to whoever registers the number, and who may set it. */
import { expect, test } from 'vitest'
import type { AciString } from '../../../src/sandbox/mock.ts'
import { vaultCredentials } from '../../../src/sandbox/registrations.ts'
import { signalError } from '../../../src/signal/errors.ts'
import type { PinVault } from '../../../src/signal/pin-vault.ts'
import { connected, type Gateway, gatewayNumber, linkWith, until, World } from './kit.ts'

const request = { e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' } as const
const credentials = vaultCredentials(gatewayNumber)
const stepOf = ({ account }: Gateway) => account.status().registration?.step

async function lockedGateway(world: World, vault: PinVault): Promise<Gateway> {
  const gateway = await world.gateway({ vault })
  await gateway.account.register(request)
  await connected(gateway)
  expect(await gateway.account.lock().read()).toEqual({ locked: false, editable: true })
  await gateway.account.lock().set('24680')
  return gateway
}

test('whoever registers a number with a PIN elsewhere is asked for it, and has the account with it', async () => {
  const world = await World.open()
  const { vault } = world.server
  const gateway = await lockedGateway(world, vault)
  expect(await gateway.account.lock().read()).toEqual({ locked: true, editable: true })
  await gateway.close()

  // The same number, from a machine that has nothing of this one.
  const other = await world.gateway({ name: 'other', vault })
  await other.account.register(request)
  await until(() => stepOf(other) === 'pin')
  await expect(other.account.submitPin('11111')).rejects.toMatchObject({ code: 'signal-pin-wrong' })
  await other.account.submitPin('24680')
  await connected(other)
  expect(await other.account.lock().read()).toEqual({ locked: true, editable: true })
})

test('a gateway that has its database needs no PIN to register its number again', async () => {
  const world = await World.open()
  const { vault } = world.server
  const gateway = await lockedGateway(world, vault)
  const { aci } = gateway.account.status()
  await world.server.host.leave(aci as AciString, { stayListed: true })
  await until(() => gateway.account.status().state === 'signed-out')
  await gateway.account.register(request)
  await connected(gateway)
  expect(await gateway.account.lock().read()).toEqual({ locked: true, editable: true })
})

test('another PIN takes the place of the first, and a PIN that is removed is asked of nobody', async () => {
  const world = await World.open()
  const { vault } = world.server
  const gateway = await lockedGateway(world, vault)
  await gateway.account.lock().set('١٢٣٤')
  await expect(vault.open(credentials, '24680')).rejects.toMatchObject({ code: 'signal-pin-wrong' })
  expect((await vault.open(credentials, ' 1234')).length).toBe(32)
  await gateway.account.lock().remove()
  expect(await gateway.account.lock().read()).toEqual({ locked: false, editable: true })
  await expect(vault.open(credentials, '1234')).rejects.toMatchObject({ code: 'signal-pin-gone' })
  await gateway.close()
  const other = await world.gateway({ name: 'other', vault })
  await other.account.register(request)
  await connected(other)
})

test('where the vault keeps nothing there is no lock, and what is no PIN is refused before anything is asked', async () => {
  const world = await World.open()
  const unheard = { open: () => Promise.reject(signalError('signal-unreachable')), erase: async () => {} }
  const failing = { ...unheard, keep: () => Promise.reject(signalError('signal-unreachable')) }
  const gateway = await world.gateway({ vault: failing })
  await gateway.account.register(request)
  await connected(gateway)
  await expect(gateway.account.lock().set(' 12 ')).rejects.toMatchObject({ code: 'signal-pin-short' })
  await expect(gateway.account.lock().set('24680')).rejects.toMatchObject({ code: 'signal-unreachable' })
  expect(await gateway.account.lock().read()).toEqual({ locked: false, editable: true })
  const asked = world.server.host.requests.filter(({ path }) => path.includes('registration_lock'))
  expect(asked).toEqual([])
})

test('a linked device sets no PIN: it says where the phone does', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', '+15550000301')
  const gateway = await world.gateway({ patient: true, vault: world.server.vault })
  await linkWith(gateway, olga)
  expect(await gateway.account.lock().read()).toEqual({ locked: undefined, editable: false })
  for (const act of [gateway.account.lock().set('24680'), gateway.account.lock().remove()]) {
    await expect(act).rejects.toMatchObject({ code: 'signal-not-primary', message: expect.stringMatching(/phone/) })
  }
})
