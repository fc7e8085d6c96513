/** What contacts and the server do to an account, and what it makes of it. */
import { expect, test } from 'vitest'
import { byAci, byNumber, connected, gatewayNumber, timestamp, until, World } from './kit.ts'

const anaNumber = '+15550000201'

test('a number that nobody has on Signal is not-on-signal', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  const message = { to: byNumber('+15550000999'), text: 'anybody?', timestampMs: timestamp() }
  await expect(account.sendText(message)).rejects.toMatchObject({ code: 'not-on-signal', retry: 'other-transport' })
  expect(await account.lookUp(['+15550000999'], new AbortController().signal)).toEqual(new Map())
})

test('someone who left is found out while sending, and noticed when they are back', async () => {
  const world = await World.open()
  const chloe = await world.person('Chloe', anaNumber)
  const { account, sink } = await world.registeredGateway()
  const send = () => account.sendText({ to: byNumber(anaNumber), text: 'there?', timestampMs: timestamp() })
  await send()
  await chloe.leaveSignal({ stayListed: true })
  await expect(send()).rejects.toMatchObject({ code: 'not-on-signal', retry: 'other-transport' })
  expect(sink.facts).toMatchObject([{ kind: 'unregistered', peer: { aci: chloe.aci, e164: anaNumber } }])
  await chloe.returnToSignal()
  await send()
  expect(sink.facts.map(({ kind }) => kind)).toEqual(['unregistered', 'registered'])
  await until(() => chloe.texts.length === 2)
})

test('a number that is registered anew leads to its new account', async () => {
  const world = await World.open()
  const before = await world.person('Chloe', anaNumber)
  const { account } = await world.registeredGateway()
  const send = () => account.sendText({ to: byNumber(anaNumber), text: 'there?', timestampMs: timestamp() })
  await send()
  await before.leaveSignal({ stayListed: false })
  const after = await world.person('Somebody', anaNumber)
  await expect(send()).rejects.toMatchObject({ code: 'not-on-signal' })
  expect(await send()).toMatchObject({ to: { aci: after.aci, e164: anaNumber } })
  await until(() => after.texts.length === 1)
})

test('the directory file is read again when it changes', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  const look = () => account.lookUp([anaNumber], new AbortController().signal)
  expect((await look()).size).toBe(0)
  const ana = await world.person('Ana', anaNumber)
  expect((await look()).get(anaNumber)).toMatchObject({ aci: ana.aci, e164: anaNumber })
})

test('a changed safety number holds what we send until it is approved', async () => {
  const world = await World.open()
  const dev = await world.person('Dev', anaNumber)
  const { account, sink } = await world.registeredGateway()
  const send = () => account.sendText({ to: byAci(dev.aci), text: 'hi', timestampMs: timestamp() })
  await send()
  await until(() => dev.texts.length === 1)
  const before = await account.safetyNumber(byAci(dev.aci))
  await dev.reinstall()
  await expect(send()).rejects.toMatchObject({ code: 'identity-changed', retry: 'after-human' })
  await expect(send()).rejects.toMatchObject({ code: 'identity-changed' })
  expect(sink.facts.filter(({ kind }) => kind === 'identity-changed')).toMatchObject([{ peer: { aci: dev.aci } }])
  expect(await account.safetyNumber(byAci(dev.aci))).not.toBe(before)
  await account.approveIdentity(byAci(dev.aci))
  await send()
  await until(() => dev.texts.length === 2)
})

test('what somebody with a changed safety number writes is kept, and the change is told', async () => {
  const world = await World.open()
  const dev = await world.person('Dev', anaNumber)
  const { account, sink } = await world.registeredGateway()
  await (await dev.sendText(gatewayNumber, 'before')).acknowledged
  await dev.reinstall()
  await (await dev.sendText(gatewayNumber, 'after')).acknowledged
  expect(sink.texts.map(({ text }) => text)).toEqual(['before', 'after'])
  expect(sink.facts.map(({ kind }) => kind)).toContain('identity-changed')
  const message = { to: byAci(dev.aci), text: 'really you?', timestampMs: timestamp() }
  await expect(account.sendText(message)).rejects.toMatchObject({ code: 'identity-changed' })
  await account.approveIdentity(byAci(dev.aci))
  await account.sendText(message)
  await until(() => dev.texts.length === 1)
})

test('a captcha challenge is shown, holds the message, and ends with the solution', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account } = await world.registeredGateway()
  const send = () => account.sendText({ to: byAci(ana.aci), text: 'hi', timestampMs: timestamp() })
  world.server.faults.demandCaptcha('challenge-token')
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge', retry: 'after-human' })
  expect(account.status()).toMatchObject({ state: 'challenged', challenge: { token: 'challenge-token' } })
  const asked = () => world.server.host.requests.filter(({ path }) => path.startsWith('/v1/messages/')).length
  const before = asked()
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge' })
  expect(asked()).toBe(before)
  await account.submitCaptcha('signalcaptcha://solved')
  expect(account.status()).toMatchObject({ state: 'connected', challenge: undefined })
  await send()
  await until(() => ana.texts.length === 1)
})

test('a captcha that nobody asked for is refused', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  await expect(account.submitCaptcha('signalcaptcha://x')).rejects.toMatchObject({ code: 'signal-no-captcha-wanted' })
})

test('a rate limit carries the waiting time that the server named', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const { account } = await world.registeredGateway()
  world.server.faults.refuseSends({ status: 429, times: 1, retryAfterSeconds: 7 })
  const message = { to: byAci(ana.aci), text: 'hi', timestampMs: timestamp() }
  await expect(account.sendText(message)).rejects.toMatchObject({
    code: 'signal-rate-limited',
    retry: 'same-transport',
    retryAfterMs: 7000,
  })
  await account.sendText(message)
})

test('a broken connection is made anew, and both directions go on', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const gateway = await world.registeredGateway()
  const states: string[] = []
  gateway.account.onStatus(({ state }) => states.push(state))
  world.server.host.dropConnections()
  await until(() => states.includes('disconnected') && states.at(-1) === 'connected')
  await (await ana.sendText(gatewayNumber, 'in')).acknowledged
  await gateway.account.sendText({ to: byAci(ana.aci), text: 'out', timestampMs: timestamp() })
  await until(() => ana.texts.length === 1)
  expect(gateway.sink.texts.map(({ text }) => text)).toEqual(['in'])
})

test('a server that is away is waited for; what came meanwhile is fetched', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const gateway = await world.registeredGateway()
  await world.server.stop()
  await until(() => gateway.account.status().state === 'disconnected')
  expect(gateway.account.status().reason).toBeTruthy()
  const message = { to: byAci(ana.aci), text: 'out', timestampMs: timestamp() }
  await expect(gateway.account.sendText(message)).rejects.toMatchObject({ code: 'signal-unreachable' })
  const sent = await Promise.all(['one', 'two', 'three'].map((text) => ana.sendText(gatewayNumber, text)))
  await world.server.start()
  await Promise.all(sent.map(({ acknowledged }) => acknowledged))
  await connected(gateway)
  expect(gateway.sink.texts.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  await gateway.account.sendText(message)
  await until(() => ana.texts.length === 1)
})

test('another process with our credentials is not fought', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  world.server.host.closeConnections(account.status().aci ?? '', 4409)
  await until(() => account.status().state === 'connected-elsewhere')
  expect(account.status().reason).toContain('another process')
  expect(world.server.host.connectionsOf(account.status().aci ?? '')).toBe(0)
})

test('a client that is too old stops and says so', async () => {
  const world = await World.open()
  const { account } = await world.registeredGateway()
  world.server.faults.refuseConnections({ status: 499 })
  world.server.host.dropConnections()
  await until(() => account.status().state === 'expired')
  expect(account.status().reason).toContain('update')
})

test('a signed-out account stops, and does not knock again after a restart', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  world.server.faults.refuseConnections({ status: 403 })
  world.server.host.dropConnections()
  await until(() => gateway.account.status().state === 'signed-out')
  await until(async () => {
    const row = await gateway.db.selectFrom('signal_account').select('signed_out_at_ms').executeTakeFirst()
    return row?.signed_out_at_ms != null
  })
  await gateway.close()
  world.server.faults.heal()
  const again = await world.gateway()
  expect(again.account.status()).toMatchObject({ state: 'signed-out', reason: expect.stringContaining('register') })
  expect(world.server.host.connectionsOf(again.account.status().aci ?? '')).toBe(0)
})

test('a refused connection is tried again after the time that the server named', async () => {
  const world = await World.open()
  const { account, waits } = await world.registeredGateway()
  world.server.faults.refuseConnections({ status: 429, times: 1, retryAfterSeconds: 7 })
  world.server.host.dropConnections()
  await until(() => waits.some((ms) => ms >= 7_000 && ms <= 8_000))
  await until(() => account.status().state === 'connected')
})

test('stopping ends at once, connected or not', async () => {
  const world = await World.open()
  const connectedOne = await world.registeredGateway()
  await connectedOne.close()
  await world.server.stop()
  const lonely = await world.gateway()
  await lonely.close()
  expect(lonely.account.status().state).toBe('disconnected')
})

test('a captcha that nobody solves is waited for as long as the server named, and then sending goes on', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', anaNumber)
  const gateway = await world.registeredGateway()
  const { account } = gateway
  const send = () => account.sendText({ to: byAci(ana.aci), text: 'hi', timestampMs: timestamp() })
  world.server.faults.demandCaptcha('challenge-token', true, 600)
  await expect(send()).rejects.toMatchObject({ code: 'signal-challenge', retryAfterMs: 600_000 })
  await until(() => gateway.waits.includes(600_000))
  world.server.faults.heal()
  await until(() => account.status().state === 'connected')
  expect(account.status().challenge).toBeUndefined()
  await send()
  await until(() => ana.texts.length === 1)
})
