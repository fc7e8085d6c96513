/** A linked device that removes itself: the phone's list, what is forgotten here, and how it ends after a crash in the middle. */
import { expect, test } from 'vitest'
import { byAci, connected, type Gateway, gatewayNumber, linkWith, phoneAsked, until, World } from './kit.ts'

const olgaNumber = '+15550000301'

async function linkedGateway() {
  const world = await World.open()
  const olga = await world.person('Olga', olgaNumber)
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  await phoneAsked(gateway)
  await ana.sendText(olgaNumber, 'to both')
  await until(() => gateway.sink.texts.length === 1)
  const devices = async () =>
    (await world.server.host.getAllDevicesByServiceId(olga.aci)).map(({ deviceId }) => deviceId)
  return { world, olga, ana, gateway, devices }
}

/** Rows of what may not be left of an account. */
async function secrets({ db }: Gateway): Promise<number> {
  let count = 0
  for (const table of [
    'signal_account',
    'signal_sessions',
    'signal_pre_keys',
    'signal_signed_pre_keys',
    'signal_kyber_pre_keys',
    'signal_sender_keys',
    'signal_groups',
    'signal_send_log',
    'signal_contents_due',
  ] as const) {
    count += (
      await db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n
  }
  return count
}

const none = { state: 'none', aci: undefined, e164: undefined, deviceId: undefined }

test('it is gone from the phone’s list with its connection, nothing of the account is left here, and it can be linked anew', async () => {
  const { world, olga, ana, gateway, devices } = await linkedGateway()
  const { account, db, sink } = gateway
  const change = { to: byAci(ana.aci), timestampMs: 5_000, reference: 'msg_1', action: { kind: 'accepted' } } as const
  await db.transaction().execute((transaction) => account.owe(change, transaction))
  expect(await secrets(gateway)).toBeGreaterThan(100)
  const others = () => world.server.host.requests.filter(({ verb }) => verb === 'DELETE').map(({ path }) => path)

  await account.unlink()
  expect(account.status()).toMatchObject(none)
  expect(others()).toEqual(['/v1/devices/2'])
  await until(async () => (await devices()).join() === '1')
  expect(await secrets(gateway)).toBe(0)
  // Whoever waits for what was still to be sent hears that it will not be.
  expect(sink.settledChanges).toMatchObject([{ reference: 'msg_1', failure: { code: 'signal-no-account' } }])
  await expect(account.sendText({ to: byAci(ana.aci), text: 'hi', timestampMs: 1 })).rejects.toMatchObject({
    code: 'signal-no-account',
    retry: 'other-transport',
  })
  await expect(account.unlink()).rejects.toMatchObject({ code: 'signal-no-account' })
  await ana.sendText(olgaNumber, 'to the phone')
  await until(() => olga.texts.length === 2)

  await linkWith(gateway, olga)
  expect(account.status()).toMatchObject({ e164: olgaNumber, deviceId: 2 })
  await ana.sendText(olgaNumber, 'to both again')
  await until(() => sink.texts.some(({ text }) => text === 'to both again'))
})

test('it goes on after a crash before the server was asked, and no other account comes in between', async () => {
  const { world, olga, gateway, devices } = await linkedGateway()
  world.server.faults.refuseConnections({ status: 503 })
  await gateway.close()
  // The end of the process between the note and the request.
  const crashed = await world.gateway({ name: 'gateway' })
  await crashed.db.updateTable('signal_account').set({ leaving_at_ms: 1 }).execute()
  await crashed.close()

  const again = await world.gateway({ patient: true })
  expect(again.account.status()).toMatchObject({
    state: 'disconnected',
    deviceId: 2,
    reason: expect.stringMatching(/being removed/),
  })
  await expect(again.account.link({ deviceName: 'x' })).rejects.toMatchObject({ code: 'signal-account-present' })
  const request = { e164: gatewayNumber, captcha: undefined, transport: 'sms' } as const
  await expect(again.account.register(request)).rejects.toMatchObject({ code: 'signal-account-present' })
  expect(await devices()).toEqual([1, 2])
  world.server.faults.heal()
  await until(() => again.account.status().state === 'none')
  await until(async () => (await devices()).join() === '1')
  expect(await secrets(again)).toBe(0)
  await linkWith(again, olga)
})

test('it goes on after a crash that lost the server’s answer', async () => {
  const { world, olga, gateway } = await linkedGateway()
  await gateway.db.updateTable('signal_account').set({ leaving_at_ms: 1 }).execute()
  await gateway.close()
  await olga.removeDevice(2)
  const again = await world.gateway()
  await until(() => again.account.status().state === 'none')
  expect(await secrets(again)).toBe(0)
})

test('a server that does not do it is asked again, and what it says is shown', async () => {
  const { world, gateway, devices } = await linkedGateway()
  await gateway.close()
  const again = await world.gateway()
  await connected(again)
  world.server.faults.refuseRequests({ path: /^\/v1\/devices\//, status: 503, times: 2 })
  const reasons: (string | undefined)[] = []
  again.account.onStatus(({ reason }) => reasons.push(reason))
  await again.account.unlink()
  await until(() => again.account.status().state === 'none')
  expect(reasons.some((reason) => reason?.includes('503'))).toBe(true)
  await until(async () => (await devices()).join() === '1')
  expect(world.server.host.requests.filter(({ verb }) => verb === 'DELETE').length).toBe(3)
})

test('one that the phone has removed only forgets; without a connection, and on a primary, nothing is done', async () => {
  const { world, olga, gateway } = await linkedGateway()
  world.server.faults.refuseConnections({ status: 503 })
  world.server.host.dropConnections()
  await until(() => gateway.account.status().state === 'disconnected')
  await expect(gateway.account.unlink()).rejects.toMatchObject({ code: 'signal-unreachable' })
  expect(await secrets(gateway)).toBeGreaterThan(100)
  world.server.faults.heal()
  await connected(gateway)
  await olga.removeDevice(2)
  await until(() => gateway.account.status().state === 'signed-out')
  await gateway.account.unlink()
  expect(gateway.account.status()).toMatchObject(none)
  expect(await secrets(gateway)).toBe(0)
  expect(world.server.host.requests.filter(({ verb }) => verb === 'DELETE')).toEqual([])

  const primary = await world.registeredGateway('primary')
  await expect(primary.account.unlink()).rejects.toMatchObject({ code: 'signal-not-linked' })
  expect(primary.account.status().state).toBe('connected')
})
