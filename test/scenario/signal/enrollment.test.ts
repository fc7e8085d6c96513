/** Registering a number: each step, what a person is asked, and what a restart finds. */
import { expect, test } from 'vitest'
import { code, connected, type Gateway, gatewayNumber, until, World } from './kit.ts'

const request = { e164: gatewayNumber, captcha: undefined, transport: 'sms' } as const
const steps = ({ account }: Gateway) => account.status().registration?.step

test('without an account the state says so, and nothing can be sent', async () => {
  const world = await World.open()
  const { account } = await world.gateway()
  expect(account.status()).toMatchObject({ state: 'none', aci: undefined, registration: undefined })
  expect(account.status().reason).toBeTruthy()
  const message = { to: { aci: undefined, pni: undefined, e164: '+15550000201' }, text: 'x', timestampMs: 1 }
  await expect(account.sendText(message)).rejects.toMatchObject({ code: 'signal-no-account', retry: 'other-transport' })
})

test('the captcha is asked for where the server wants one, and the code is read from the modem', async () => {
  const world = await World.open()
  const gateway = await world.gateway()
  await gateway.account.register(request)
  expect(gateway.account.status()).toMatchObject({
    state: 'registering',
    registration: { step: 'captcha', e164: gatewayNumber, pageUrl: expect.stringContaining('https://') },
  })
  await gateway.account.submitCaptcha('signalcaptcha://signal-hcaptcha.key.registration.token')
  await connected(gateway)
  const { aci, pni, e164, deviceId, registration, reason } = gateway.account.status()
  expect({ aci, pni, e164, deviceId, registration, reason }).toEqual({
    aci: expect.stringMatching(/^[0-9a-f-]{36}$/),
    pni: expect.stringMatching(/^[0-9a-f-]{36}$/),
    e164: gatewayNumber,
    deviceId: 1,
    registration: undefined,
    reason: undefined,
  })
})

test('one-time keys of both identities, and a profile, are at the server after registering', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const device = await world.server.host.findByNumber(gatewayNumber)
  await until(async () => device?.profileKeyCommitment !== undefined)
  const { ServiceIdKind } = await import('../../../src/sandbox/mock.ts')
  for (const kind of [ServiceIdKind.ACI, ServiceIdKind.PNI]) {
    expect(await device?.getPreKeyCount(kind)).toBe(100)
    expect(await device?.getKyberPreKeyCount(kind)).toBe(100)
  }
  expect(gateway.account.status().state).toBe('connected')
})

test('a wrong code leaves the step as it is, and the right one is taken after it', async () => {
  const world = await World.open()
  const gateway = await world.gateway({ modem: false })
  await gateway.account.register({ ...request, captcha: 'signalcaptcha://token' })
  expect(steps(gateway)).toBe('code')
  await expect(gateway.account.submitCode('000000')).rejects.toMatchObject({ code: 'signal-code-wrong' })
  expect(steps(gateway)).toBe('code')
  const tried = () =>
    world.server.host.requests.filter(({ verb, path }) => verb === 'PUT' && path.endsWith('/code')).length
  gateway.codes.arrive('999999')
  await until(() => tried() === 2)
  expect(steps(gateway)).toBe('code')
  await new Promise((resolve) => setTimeout(resolve, 10))
  gateway.codes.arrive(code)
  await connected(gateway)
})

test('another code is asked for only after the time that the server named', async () => {
  const world = await World.open()
  const gateway = await world.gateway({ modem: false })
  await gateway.account.register({ ...request, captcha: 'signalcaptcha://token' })
  const { registration } = gateway.account.status()
  if (registration?.step !== 'code') throw new Error('no code step')
  expect(registration.nextSmsAtMs ?? 0).toBeGreaterThan(registration.requestedAtMs)
  expect(registration.nextCallAtMs ?? 0).toBeGreaterThan(registration.requestedAtMs)
  await expect(gateway.account.register(request)).rejects.toMatchObject({
    code: 'signal-registration-wait',
    retryAfterMs: expect.any(Number),
  })
  expect(steps(gateway)).toBe('code')
})

test.each(['captcha', 'code'] as const)(
  'a registration that waits for the %s goes on after a restart',
  async (step) => {
    const world = await World.open()
    const before = await world.gateway({ modem: false })
    await before.account.register({ ...request, captcha: step === 'code' ? 'signalcaptcha://token' : undefined })
    expect(steps(before)).toBe(step)
    await before.close()
    const after = await world.gateway({ modem: false })
    expect(steps(after)).toBe(step)
    if (step === 'captcha') await after.account.submitCaptcha('signalcaptcha://token')
    await after.account.submitCode(code)
    await connected(after)
  },
)

test('a registered account connects again after a restart', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  const { aci } = before.account.status()
  await before.close()
  const after = await world.gateway()
  await connected(after)
  expect(after.account.status().aci).toBe(aci)
})

test('registering the same number again keeps the identity, so that nobody sees a changed safety number', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const identity = () => gateway.db.selectFrom('signal_account').select('aci_identity').executeTakeFirstOrThrow()
  const before = await identity()
  const password = () => gateway.db.selectFrom('signal_account').select('password').executeTakeFirstOrThrow()
  const passwordBefore = await password()
  await gateway.account.register({ ...request, captcha: 'signalcaptcha://token' })
  await until(async () => (await password()).password !== passwordBefore.password)
  await connected(gateway)
  expect(await identity()).toEqual(before)
})
