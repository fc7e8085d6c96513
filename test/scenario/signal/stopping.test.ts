/** An account that is stopped in the middle of whatever it does is done with the database when that is over, and stays so. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Database as SqlCipher } from '@signalapp/sqlcipher'
import { afterEach, expect, test, vi } from 'vitest'
import type { SignalPerson } from '../../../src/sandbox/people.ts'
import { byAci, connected, type Gateway, gatewayNumber, linkWith, phoneAsked, timestamp, until, World } from './kit.ts'

/** Long enough for what the server answers then to be read, and for what would follow from it to begin. */
const afterwardsMs = 300
const olgaNumber = '+15550000301'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Counts statements that any database of this process runs. */
function statements(): () => number {
  const probe = new SqlCipher(':memory:')
  const prototype = Object.getPrototypeOf(probe.prepare('select 1'))
  probe.close()
  const spies = (['all', 'run', 'get'] as const).map((name) => vi.spyOn(prototype, name))
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
}

/** Stops it where the server holds its answer back, lets the server answer, and sees what is done about that. */
async function stopsWithoutATrace(world: World, gateway: Gateway): Promise<void> {
  const { faults } = world.server
  await until(() => faults.held > 0)
  const count = statements()
  await gateway.account.stop()
  const atTheEnd = count()
  faults.heal()
  await sleep(afterwardsMs)
  expect(count()).toBe(atTheEnd)
  // A handle that works counts, too.
  await gateway.db.selectFrom('signal_account').select('id').execute()
  expect(count()).toBeGreaterThan(atTheEnd)
}

/** Registered, and met by Ana, who has written and was answered. */
async function met(world: World): Promise<{ gateway: Gateway; ana: SignalPerson }> {
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.registeredGateway()
  await ana.sendText(gatewayNumber, 'hello')
  await until(() => gateway.sink.texts.length === 1)
  await gateway.account.sendText({ to: byAci(ana.aci), text: 'hello', timestampMs: timestamp() })
  await until(async () => (await gateway.db.selectFrom('signal_receipts_due').selectAll().execute()).length === 0)
  return { gateway, ana }
}

test.each([
  ['counting its devices', '/v1/devices'],
  ['asking who it is', '/v1/accounts/whoami'],
  ['filling up pre-keys', '/v2/keys'],
  ['publishing its profile', '/v1/profile'],
  ['writing to the storage service', '/storageService/v1/storage'],
])('while %s', async (_what, under) => {
  const world = await World.open()
  world.server.faults.holdRequests(under)
  const gateway = await world.gateway()
  await gateway.account.register({ e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' })
  await stopsWithoutATrace(world, gateway)
})

test('while a profile is fetched', async () => {
  const world = await World.open()
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.registeredGateway()
  await until(async () => (await profileSetAt(gateway)) !== null)
  world.server.faults.holdRequests(`/v1/profile/${ana.aci}`)
  await ana.sendText(gatewayNumber, 'who am I?')
  await stopsWithoutATrace(world, gateway)
})

test('while a receipt leaves, which stays owed', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  world.server.faults.holdRequests(`/v1/messages/${ana.aci}`)
  await ana.sendText(gatewayNumber, 'are you there?')
  await stopsWithoutATrace(world, gateway)
  expect(await gateway.db.selectFrom('signal_receipts_due').select('kind').execute()).toEqual([{ kind: 'delivered' }])
})

test('while a message leaves, which fails as unreachable', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  world.server.faults.holdRequests(`/v1/messages/${ana.aci}`)
  const failed = expect(
    gateway.account.sendText({ to: byAci(ana.aci), text: 'again', timestampMs: timestamp() }),
  ).rejects.toMatchObject({ code: 'signal-unreachable', retry: 'same-transport' })
  await stopsWithoutATrace(world, gateway)
  await failed
})

test('while something is told that is owed, which stays owed', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  world.server.faults.holdRequests(`/v1/messages/${ana.aci}`)
  const action = { kind: 'reaction', emoji: '👍', removed: false, target: { ours: false, timestampMs: 1 } } as const
  const owed = { to: byAci(ana.aci), timestampMs: timestamp(), reference: 'msg_1', action }
  const flush = await gateway.db.transaction().execute((transaction) => gateway.account.owe(owed, transaction))
  flush()
  await stopsWithoutATrace(world, gateway)
  expect(await gateway.db.selectFrom('signal_contents_due').select('reference').execute()).toEqual([
    { reference: 'msg_1' },
  ])
  flush()
  expect(gateway.sink.settledChanges).toEqual([])
})

test('while somebody is asked to send again what could not be read', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  await gateway.db.deleteFrom('signal_sessions').execute()
  world.server.faults.holdRequests(`/v2/keys/${ana.aci}`)
  await ana.sendText(gatewayNumber, 'garbled')
  await stopsWithoutATrace(world, gateway)
})

test('while the rest of a long text is fetched', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  world.server.faults.holdRequests('/cdn3/attachments')
  await ana.sendLongText(gatewayNumber, 'long '.repeat(1_000))
  await stopsWithoutATrace(world, gateway)
  expect(await gateway.db.selectFrom('signal_texts_due').select('aci').execute()).toEqual([{ aci: ana.aci }])
})

test('while a group is fetched', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  await until(async () => (await profileSetAt(gateway)) !== null)
  const id = await ana.createGroup('Garden', [])
  world.server.faults.holdRequests('/storageService/v2/groups')
  void ana.addToGroup(id, gatewayNumber).catch(() => undefined)
  await stopsWithoutATrace(world, gateway)
})

test('while the phone’s contact list is fetched', async () => {
  const world = await World.open()
  const olga = await world.person('Olga', olgaNumber)
  const gateway = await world.gateway({ patient: true })
  world.server.faults.holdRequests('/attachments')
  await linkWith(gateway, olga)
  await phoneAsked(gateway)
  await stopsWithoutATrace(world, gateway)
})

test('while a registration is under way, which goes on after a restart', async () => {
  const world = await World.open()
  world.server.faults.holdRequests('/v1/registration')
  const gateway = await world.gateway()
  const begun = gateway.account
    .register({ e164: gatewayNumber, captcha: 'signalcaptcha://token', transport: 'sms' })
    .catch(() => undefined)
  await stopsWithoutATrace(world, gateway)
  await begun
  await gateway.close()
  await connected(await world.gateway())
})

test('while many messages come in, of which each is kept once', async () => {
  const world = await World.open()
  const { gateway, ana } = await met(world)
  const count = statements()
  const texts = Array.from({ length: 60 }, (_, index) => `storm ${index}`)
  for (const text of texts) void ana.sendText(gatewayNumber, text)
  await until(() => gateway.sink.texts.length > 1)
  await gateway.account.stop()
  const atTheEnd = count()
  await sleep(afterwardsMs)
  expect(count()).toBe(atTheEnd)
  await gateway.close()
  const again = await world.gateway()
  const all = () => [...gateway.sink.texts, ...again.sink.texts].filter(({ text }) => text.startsWith('storm'))
  await until(() => all().length >= texts.length)
  expect(new Set(all().map(({ text }) => text)).size).toBe(texts.length)
  expect(all().length).toBe(texts.length)
})

async function profileSetAt({ db }: Gateway): Promise<number | null> {
  return (await db.selectFrom('signal_account').select('profile_set_at_ms').executeTakeFirstOrThrow()).profile_set_at_ms
}
