/** What Signal may answer to each step of a registration: told in words, with what to do, and nothing of it is the end. */
import { expect, test } from 'vitest'
import { code, connected, type Gateway, gatewayNumber, until, World } from './kit.ts'

const request = { e164: gatewayNumber, captcha: undefined, transport: 'sms' } as const
const token = 'signalcaptcha://token'
const stepOf = ({ account }: Gateway) => account.status().registration?.step

test.each([
  ['a number that takes no texts', { status: 418 }, 'signal-code-transport', /Try the other one/, false],
  [
    'a phone network that never delivers codes',
    { status: 440, body: { reason: 'providerRejected', permanentFailure: true } },
    'signal-code-not-deliverable',
    /refuses to deliver/,
    true,
  ],
  [
    'a phone network that does not deliver them now',
    { status: 440, body: { reason: 'providerUnavailable', permanentFailure: false } },
    'signal-code-not-deliverable',
    /Try again later/,
    true,
  ],
  ['too many attempts', { status: 429, retryAfterSeconds: 60 }, 'signal-rate-limited', /Wait, then begin again/, true],
  ['a session that Signal has forgotten', { status: 404 }, 'signal-session-expired', /Begin it again/, false],
  ['a service that is out of order', { status: 500 }, 'signal-registration', /Wait a while, then begin again/, false],
] as const)(
  'asking for the code meets %s: it says so, and goes on when it is begun again',
  async (_what, refusal, failure, words, waits) => {
    const world = await World.open()
    const gateway = await world.gateway({ modem: false })
    await gateway.account.register(request)
    world.server.faults.refuseRequests({ path: /^\/v1\/verification\/session\/[^/]+\/code$/, ...refusal })
    await expect(gateway.account.submitCaptcha(token)).rejects.toMatchObject({ code: failure })
    const { registration, state, reason } = gateway.account.status()
    expect(registration).toMatchObject({ step: 'failed', code: failure, reason: expect.stringMatching(words) })
    expect([state, reason]).toEqual(['none', expect.stringMatching(words)])
    const retryAtMs = registration?.step === 'failed' ? registration.retryAtMs : undefined
    expect(retryAtMs !== undefined).toBe(waits)
    world.server.faults.heal()
    if (waits) {
      await expect(gateway.account.register(request)).rejects.toMatchObject({ code: 'signal-registration-wait' })
      // The time that was named is over.
      await gateway.db.updateTable('signal_enrollment').set({ retry_at_ms: 1 }).execute()
      await gateway.close()
    }
    const later = waits ? await world.gateway({ modem: false }) : gateway
    await later.account.register({ ...request, captcha: token })
    await until(() => stepOf(later) === 'code')
    await later.account.submitCode(code)
    await connected(later)
  },
)

test('a captcha that is refused leaves the step as it is, and the next one is taken', async () => {
  const world = await World.open()
  const gateway = await world.gateway()
  await gateway.account.register(request)
  world.server.faults.refuseRequests({ path: /^\/v1\/verification\/session\/[^/]+$/, status: 403, times: 1 })
  await expect(gateway.account.submitCaptcha(token)).rejects.toMatchObject({
    code: 'signal-captcha-refused',
    message: expect.stringMatching(/fresh one/),
  })
  expect(stepOf(gateway)).toBe('captcha')
  await gateway.account.submitCaptcha(token)
  await connected(gateway)
})

test('an account that was made while the answer was lost is the one that is had, and nobody is asked again', async () => {
  const world = await World.open()
  const gateway = await world.gateway()
  world.server.faults.loseAnswers(/^\/v1\/registration$/, 1)
  await gateway.account.register({ ...request, captcha: token })
  await connected(gateway)
  const registered = world.server.host.requests.filter(
    ({ verb, path }) => verb === 'POST' && path === '/v1/registration',
  )
  expect(registered.map(({ status }) => status)).toEqual([200, 200])
  const codes = world.server.host.requests.filter(({ verb, path }) => verb === 'POST' && path.endsWith('/code'))
  expect(codes).toHaveLength(1)
  expect(world.server.directory.find(gatewayNumber)?.aci).toBe(gateway.account.status().aci)
})
