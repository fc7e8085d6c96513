/** A Signal PIN by hand in the sandbox: asked for, set, changed and removed through the API of a running gateway. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../../src/sandbox/gateway-api.ts'
import { House } from '../../../src/sandbox/house.ts'
import { vaultCredentials } from '../../../src/sandbox/registrations.ts'

let house: House
beforeAll(async () => {
  house = await House.open({ signal: false })
}, 120_000)
afterAll(() => house.close())

interface AccountJson {
  state: string
  registration: { step: string; tries_left?: number | null } | null
}

const account = () => house.api.call<AccountJson>('GET', '/api/v1/signal/account')
const { signal } = new AbortController()

test('a locked number asks for its PIN, and has another one, or none, afterwards', async () => {
  const { server, gatewayNumber } = house.world
  await server.lockNumber(gatewayNumber, '1357', 3_600_000)
  const request = { number: gatewayNumber, captcha: 'signalcaptcha://test', sign_out_phone: true }
  await house.api.call('POST', '/api/v1/signal/register', request)
  await until('no PIN was asked for', 60_000, signal, async () =>
    (await account()).registration?.step === 'pin' ? true : undefined,
  )
  expect((await house.api.ask('POST', '/api/v1/signal/pin', { pin: '0000' })).status).not.toBe(202)
  expect((await account()).registration).toMatchObject({ step: 'pin', tries_left: 9 })
  await house.api.call('POST', '/api/v1/signal/pin', { pin: '1357' })
  await until('it did not connect', 60_000, signal, async () =>
    (await account()).state === 'connected' ? true : undefined,
  )

  const lock = '/api/v1/signal/registration-lock'
  const credentials = vaultCredentials(gatewayNumber)
  expect(await house.api.call('PUT', lock, { pin: '24680' })).toEqual({ locked: true, editable: true })
  expect((await server.vault.open(credentials, '24680')).length).toBe(32)
  await house.api.call('DELETE', lock)
  await expect(server.vault.open(credentials, '24680')).rejects.toMatchObject({ code: 'signal-pin-gone' })
}, 180_000)
