/** What the server refuses, or takes away, at connecting and at sending: what is told, what goes on, what stops. */
import { expect, test } from 'vitest'
import { byAci, connected, gatewayNumber, timestamp, until, World } from './kit.ts'

test('a captcha solution that is refused leaves sending paused, and the next one is taken', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', '+15550000201')
  const { account } = await world.registeredGateway()
  const send = () => account.sendText({ to: byAci(ana.aci), text: 'hi', timestampMs: timestamp() })
  world.server.faults.demandCaptcha('challenge-token', false)
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge' })
  await expect(account.submitCaptcha('signalcaptcha://wrong')).rejects.toMatchObject({
    code: expect.stringMatching(/^signal-/),
  })
  expect(account.status()).toMatchObject({ state: 'challenged', challenge: { token: 'challenge-token' } })
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge' })
  world.server.faults.demandCaptcha('challenge-token')
  await account.submitCaptcha('signalcaptcha://solved')
  await send()
  await until(() => ana.texts.length === 1)
})

test.each([
  [413, 'signal-too-large', 'never'],
  [422, 'signal-failed', 'same-transport'],
  [429, 'signal-rate-limited', 'same-transport'],
  [503, 'signal-unreachable', 'same-transport'],
  [508, 'signal-unreachable', 'same-transport'],
])(
  'a message that the server answers with %i is told as %s, and may be tried again: %s',
  async (status, code, retry) => {
    const world = await World.open()
    const ana = await world.person('Ana', '+15550000201')
    const { account } = await world.registeredGateway()
    const send = (text: string) => account.sendText({ to: byAci(ana.aci), text, timestampMs: timestamp() })
    await send('first')
    world.server.faults.refuseSends({ status })
    await expect(send('refused')).rejects.toMatchObject({ code, retry })
    world.server.faults.heal()
    await send('second')
    await until(() => ana.texts.length === 2)
    expect(ana.texts.map(({ text }) => text)).toEqual(['first', 'second'])
    expect(account.status().state).toBe('connected')
  },
)

/** Halves of what they are drawn from; other parts of the account wait as well. */
const BETWEEN_TRIES_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]

test.each([401, 503])(
  'a connection that is refused with %i is tried again, slower each time, and is no sign-out',
  async (status) => {
    const world = await World.open()
    const gateway = await world.gateway({ evenly: true })
    const { account, waits } = gateway
    await account.register({ e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' })
    await connected(gateway)
    const before = waits.length
    const seen = new Set<string>()
    account.onStatus(({ state }) => seen.add(state))
    world.server.faults.refuseConnections({ status })
    world.server.host.dropConnections()
    const between = () => waits.slice(before).filter((ms) => BETWEEN_TRIES_MS.includes(ms))
    await until(() => between().length >= 3)
    world.server.faults.heal()
    await until(() => account.status().state === 'connected')
    const [first = 0, second = 0, third = 0] = between()
    expect(second).toBeGreaterThan(first)
    expect(third).toBeGreaterThan(second)
    expect([...seen].filter((state) => !['disconnected', 'connecting', 'connected'].includes(state))).toEqual([])
  },
)

test('credentials that are called invalid are tried once more: the server decides whether that was a sign-out', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  const own = account.status().aci ?? ''
  const states: string[] = []
  account.onStatus(({ state }) => states.push(state))
  world.server.host.closeConnections(own, 4401)
  await until(() => states.includes('disconnected') || states.includes('connecting'))
  await until(() => account.status().state === 'connected')
  world.server.faults.refuseConnections({ status: 403 })
  world.server.host.closeConnections(own, 4401)
  await until(() => account.status().state === 'signed-out')
})

test('a primary without other devices sends no transcript, and writes to itself without harm', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', '+15550000201')
  const { account } = await world.registeredGateway()
  const own = account.status().aci ?? ''
  const toOurselves = () =>
    world.server.host.requests.filter(({ verb, path }) => verb === 'PUT' && path.startsWith(`/v1/messages/${own}`))
  await account.sendText({ to: byAci(ana.aci), text: 'hi', timestampMs: timestamp() })
  await until(() => ana.texts.length === 1)
  expect(toOurselves().filter(({ status }) => status === 200)).toEqual([])
  await account.sendText({ to: { ...byAci(own), e164: gatewayNumber }, text: 'note', timestampMs: timestamp() })
  await account.sendText({ to: byAci(ana.aci), text: 'still here', timestampMs: timestamp() })
  await until(() => ana.texts.length === 2)
  expect(account.status().state).toBe('connected')
})
