/** What a registration meets beside the usual way: PIN, device transfer, the same number again, a database that was lost. */
import { SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { expect, test } from 'vitest'
import type { AciString } from '../../../src/sandbox/mock.ts'
import { type PinVault, wrongPin } from '../../../src/signal/pin-vault.ts'
import { byNumber, code, connected, type Gateway, gatewayNumber, timestamp, until, World } from './kit.ts'

const request = { e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' } as const
const stepOf = ({ account }: Gateway) => account.status().registration?.step
const masterKey = new Uint8Array(32).fill(9)
const token = Buffer.from(new SvrKey(masterKey).deriveRegistrationLock()).toString('hex')
const days = 24 * 3600_000

/** Signal's vault, in so far as it says what a PIN opens. */
function vaultOf(right: string): PinVault {
  let left = 3
  return {
    keep: async () => {},
    erase: async () => {},
    open: async (credentials, pin) => {
      expect(credentials).toEqual({ username: 'u', password: 'p' })
      if (pin === right) return masterKey
      left -= 1
      throw wrongPin(left)
    },
  }
}

function lock(world: World, vault: { username: string; password: string } | null): void {
  world.server.host.registrations.lock(gatewayNumber, { token, remainingMs: 6.5 * days, vault })
}

test('a number with a registration lock asks for its PIN, says how long it lasts, and opens with it after a restart', async () => {
  const world = await World.open()
  lock(world, { username: 'u', password: 'p' })
  const before = await world.gateway()
  await before.account.register(request)
  await until(() => stepOf(before) === 'pin')
  const { state, reason, registration } = before.account.status()
  expect(state).toBe('registering')
  expect(reason).toMatch(/Signal PIN.*6 days 1[12] hours/)
  expect(registration).toMatchObject({ isPinOfUse: true, triesLeft: undefined })
  await before.close()
  const after = await world.gateway({ vault: vaultOf('1234') })
  expect(stepOf(after)).toBe('pin')
  await expect(after.account.submitPin('0000')).rejects.toMatchObject({ code: 'signal-pin-wrong' })
  expect(after.account.status().registration).toMatchObject({ step: 'pin', triesLeft: 2 })
  await after.account.submitPin('1234')
  await connected(after)
  const row = await after.db.selectFrom('signal_account').select('registration_lock').executeTakeFirstOrThrow()
  expect(row.registration_lock).toBe(token)
})

test('a lock whose PIN nobody keeps says so, and goes on once it has ended', async () => {
  const world = await World.open()
  lock(world, null)
  const gateway = await world.gateway({ vault: vaultOf('1234') })
  await gateway.account.register(request)
  await until(() => stepOf(gateway) === 'pin')
  expect(gateway.account.status().registration).toMatchObject({ isPinOfUse: false })
  await expect(gateway.account.submitPin('1234')).rejects.toMatchObject({ code: 'signal-registration' })
  world.server.host.registrations.unlock(gatewayNumber)
  await gateway.account.register(request)
  await connected(gateway)
})

test('no PIN is taken while none is wanted', async () => {
  const world = await World.open()
  const gateway = await world.gateway({ vault: vaultOf('1234') })
  await expect(gateway.account.submitPin('1234')).rejects.toMatchObject({ code: 'signal-registration' })
  await expect(gateway.account.skipTransfer()).rejects.toMatchObject({ code: 'signal-registration' })
})

test('a device transfer on offer is skipped only when a person says so, also after a restart', async () => {
  const world = await World.open()
  world.server.host.registrations.offerTransfer(gatewayNumber)
  const before = await world.gateway()
  await before.account.register(request)
  await until(() => stepOf(before) === 'transfer')
  await before.close()
  const after = await world.gateway()
  expect(stepOf(after)).toBe('transfer')
  expect(after.account.status().aci).toBeUndefined()
  await after.account.skipTransfer()
  await connected(after)
})

test('after a sign-out the same number comes back by its recovery password: same account, fresh sessions, same safety number', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const other = await world.registeredGateway('other', '+15550000102')
  const { aci } = gateway.account.status()
  const say = async (from: Gateway, e164: string, text: string) =>
    await from.account.sendText({ to: byNumber(e164), text, timestampMs: timestamp() })
  await say(gateway, '+15550000102', 'one')
  await say(other, gatewayNumber, 'two')
  await until(() => gateway.sink.texts.length === 1 && other.sink.texts.length === 1)
  const sessions = () => gateway.db.selectFrom('signal_sessions').select('address').execute()
  expect(await sessions()).not.toEqual([])
  await world.server.host.leave(aci as AciString, { stayListed: true })
  await until(() => gateway.account.status().state === 'signed-out')
  const asked = () => world.server.host.requests.filter(({ path }) => path.startsWith('/v1/verification')).length
  const askedBefore = asked()
  await gateway.account.register({ ...request, captcha: undefined })
  expect(await sessions()).toEqual([])
  await connected(gateway)
  expect(asked()).toBe(askedBefore)
  expect(gateway.account.status().aci).toBe(aci)
  await say(other, gatewayNumber, 'three')
  await say(gateway, '+15550000102', 'four')
  await until(() => gateway.sink.texts.length === 2 && other.sink.texts.length === 2)
  expect(other.sink.facts.filter(({ kind }) => kind === 'identity-changed')).toEqual([])
})

test('where the recovery password is not taken any more, a captcha and a code prove the number', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const { aci } = gateway.account.status()
  world.server.host.registrations.forgetRecovery(gatewayNumber)
  await gateway.account.register({ ...request, captcha: undefined })
  expect(stepOf(gateway)).toBe('captcha')
  const password = () => gateway.db.selectFrom('signal_account').select('password').executeTakeFirstOrThrow()
  const before = await password()
  await gateway.account.submitCaptcha('signalcaptcha://token')
  await until(async () => (await password()).password !== before.password)
  await connected(gateway)
  expect(gateway.account.status().aci).toBe(aci)
})

test('a gateway whose database was lost is met by others with one changed safety number, which they approve', async () => {
  const world = await World.open()
  const lost = await world.registeredGateway()
  const other = await world.registeredGateway('other', '+15550000102')
  const send = async (text: string) =>
    await other.account.sendText({ to: byNumber(gatewayNumber), text, timestampMs: timestamp() })
  await send('one')
  await until(() => lost.sink.texts.length === 1)
  await lost.close()
  const found = await world.registeredGateway('found')
  await expect(send('two')).rejects.toMatchObject({ code: 'identity-changed', retry: 'after-human' })
  await other.account.approveIdentity(byNumber(gatewayNumber))
  await send('three')
  await until(() => found.sink.texts.length === 1)
  expect(found.sink.texts.map(({ text }) => text)).toEqual(['three'])
  expect(other.sink.facts.filter(({ kind }) => kind === 'identity-changed')).toHaveLength(1)
})

test('the waits for a text and for a call are kept over a restart, and a code that was heard is typed', async () => {
  const world = await World.open()
  const before = await world.gateway({ modem: false })
  await before.account.register(request)
  expect(stepOf(before)).toBe('code')
  const call = { ...request, transport: 'voice' } as const
  await before.close()
  const early = await world.gateway({ modem: false })
  await expect(early.account.register(call)).rejects.toMatchObject({
    code: 'signal-registration-wait',
    message: expect.stringContaining('call'),
  })
  await early.close()
  const later = await world.gateway({ modem: false, clockAheadMs: 61_000 })
  await later.account.register(call)
  expect(later.account.status().registration).toMatchObject({ step: 'code', transport: 'voice' })
  await later.account.submitCode(code)
  await connected(later)
})
