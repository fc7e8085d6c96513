/** Becoming a device of a phone's account: what is shown, what is learnt from the phone, and how it ends. */
import { expect, test } from 'vitest'
import { byAci, byNumber, connected, type Gateway, linkingUri, linkWith, until, World } from './kit.ts'

const owner = { name: 'Olga', e164: '+15550000301' }
const link = ({ account }: Gateway) => account.status().link

async function linkedGateway(world: World) {
  const olga = await world.person(owner.name, owner.e164)
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  const deviceId = await linkWith(gateway, olga, [ana])
  return { olga, ana, gateway, deviceId }
}

test('a code is shown, and the phone that scans it makes this its second device', async () => {
  const world = await World.open()
  const olga = await world.person(owner.name, owner.e164)
  const gateway = await world.gateway({ patient: true })
  const uri = await linkingUri(gateway)
  expect(uri).toMatch(/^sgnl:\/\/linkdevice\?uuid=[^&]+&pub_key=[A-Za-z0-9%]+&capabilities=$/)
  expect(gateway.account.status()).toMatchObject({ state: 'linking', reason: expect.any(String) })
  const states = new Set<string>()
  gateway.account.onStatus(({ state }) => states.add(state))
  await olga.link(uri, [])
  await connected(gateway)
  // Whoever waits for it must not take it for gone.
  expect([...states]).toEqual(expect.arrayContaining(['linking', 'connected']))
  expect(states).not.toContain('none')
  expect(gateway.account.status()).toMatchObject({
    e164: owner.e164,
    aci: olga.aci,
    deviceId: 2,
    link: undefined,
    registration: undefined,
  })
})

test('the identity is the phone’s, so that nobody sees a changed safety number', async () => {
  const { olga, gateway } = await linkedGateway(await World.open())
  const row = await gateway.db.selectFrom('signal_account').select('aci_identity').executeTakeFirstOrThrow()
  expect(Buffer.from(row.aci_identity).includes(Buffer.from(await olga.identityKey()))).toBe(true)
})

test('names of the phone’s contacts, its settings and keys are learnt once, also over a restart', async () => {
  const world = await World.open()
  const { olga, ana, gateway } = await linkedGateway(world)
  const named = ({ sink }: Gateway) => sink.facts.filter(({ kind }) => kind === 'named')
  await until(() => named(gateway).length > 0)
  expect(named(gateway)).toMatchObject([{ kind: 'named', name: 'Ana', peer: { aci: ana.aci, e164: ana.e164 } }])
  const asked = () => gateway.db.selectFrom('signal_account').select('sync_requested_at_ms').executeTakeFirstOrThrow()
  await until(async () => (await asked()).sync_requested_at_ms !== null)
  const toSelf = () => world.server.host.requests.filter(({ path }) => path === `/v1/messages/${olga.aci}`).length
  const before = toSelf()
  expect(before).toBeGreaterThanOrEqual(4)
  await gateway.close()
  const again = await world.gateway()
  await connected(again)
  await again.account.sendText({ to: byAci(ana.aci), text: 'after the restart', timestampMs: Date.now() })
  expect(toSelf()).toBe(before + 1)
  expect(named(again)).toEqual([])
})

test('the phone’s devices and the contact get what is sent; what comes in comes here as well', async () => {
  const world = await World.open()
  const { olga, ana, gateway } = await linkedGateway(world)
  await gateway.account.sendText({ to: byNumber(ana.e164), text: 'from the second device', timestampMs: Date.now() })
  await until(() => ana.texts.length === 1)
  expect(ana.texts[0]).toMatchObject({ text: 'from the second device', fromAci: olga.aci })
  await until(() => olga.transcripts.length === 1)
  expect(olga.transcripts).toEqual([{ toAci: ana.aci, text: 'from the second device' }])
  await ana.sendText(owner.e164, 'to both')
  await until(() => olga.texts.length === 1 && gateway.sink.texts.length === 1)
  expect(gateway.sink.texts[0]).toMatchObject({ text: 'to both', from: { aci: ana.aci } })
})

test('account attributes and profile stay the phone’s', async () => {
  const world = await World.open()
  const { gateway } = await linkedGateway(world)
  const asked = () => gateway.db.selectFrom('signal_account').select('sync_requested_at_ms').executeTakeFirstOrThrow()
  await until(async () => (await asked()).sync_requested_at_ms !== null)
  const touched = world.server.host.requests.filter(
    ({ verb, path }) => verb === 'PUT' && /^\/v1\/(profile|accounts)/.test(path),
  )
  expect(touched).toEqual([])
})

test('who is blocked on the phone is not heard here', async () => {
  const { ana, gateway } = await linkedGateway(await World.open())
  await gateway.db.insertInto('signal_blocked').values({ aci: ana.aci }).execute()
  await (await ana.sendText(owner.e164, 'hey')).acknowledged
  await gateway.db.deleteFrom('signal_blocked').execute()
  await (await ana.sendText(owner.e164, 'hello')).acknowledged
  await until(() => gateway.sink.texts.length > 0)
  expect(gateway.sink.texts.map(({ text }) => text)).toEqual(['hello'])
})

test('a device that the phone removes is signed out, says so, and can be linked anew', async () => {
  const world = await World.open()
  const { olga, gateway, deviceId } = await linkedGateway(world)
  await olga.removeDevice(deviceId)
  await until(() => gateway.account.status().state === 'signed-out')
  expect(gateway.account.status().reason).toMatch(/link again/)
  await gateway.close()
  const again = await world.gateway({ patient: true })
  expect(again.account.status()).toMatchObject({ state: 'signed-out', reason: expect.stringMatching(/link again/) })
  await olga.link(await linkingUri(again), [])
  await connected(again)
  expect(again.account.status().deviceId).toBe(2)
})

test('an account at work is not replaced by a link', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  await expect(gateway.account.link({ deviceName: 'x' })).rejects.toMatchObject({ code: 'signal-account-present' })
  expect(gateway.account.status().state).toBe('connected')
})

test('a code is renewed when its time is over', async () => {
  const world = await World.open()
  // Its clock cuts every wait short, so that codes follow one another fast.
  const gateway = await world.gateway()
  const first = await linkingUri(gateway)
  await until(() => {
    const step = link(gateway)
    return step?.step === 'scan' && step.uri !== first
  })
  await gateway.close()
  expect(gateway.account.status().link).toBeUndefined()
})

test('when nobody scans for a quarter of an hour it ends with a reason, and can begin anew', async () => {
  const world = await World.open()
  const gateway = await world.gateway()
  await linkingUri(gateway)
  await until(() => link(gateway)?.step === 'failed')
  expect(link(gateway)).toMatchObject({ code: 'signal-link-expired' })
  expect(gateway.account.status().state).toBe('none')
  expect(await linkingUri(gateway)).toMatch(/^sgnl:/)
})

test('without the server there is nothing to scan, and it says why', async () => {
  const world = await World.open()
  const gateway = await world.gateway()
  await world.server.stop()
  await expect(gateway.account.link({ deviceName: 'x' })).rejects.toMatchObject({ code: 'signal-unreachable' })
  expect(link(gateway)).toMatchObject({ step: 'failed', code: 'signal-unreachable' })
})
