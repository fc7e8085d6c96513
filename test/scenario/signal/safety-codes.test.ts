/** Safety numbers that are scanned instead of read out, and what our devices tell each other of them. */
import { expect, test } from 'vitest'
import type { Proto } from '../../../src/sandbox/mock.ts'
import { byAci, connected, type Gateway, linkWith, timestamp, until, World } from './kit.ts'

const second = '+15550000102'

/** Two gateways that have written to each other. */
async function acquainted(world: World) {
  const here = await world.registeredGateway()
  const there = await world.registeredGateway('other', second)
  const peers = { there: byAci(there.account.status().aci ?? ''), here: byAci(here.account.status().aci ?? '') }
  await here.account.sendText({ to: peers.there, text: 'hello', timestampMs: timestamp() })
  await until(() => there.sink.texts.length > 0)
  return { here, there, peers }
}

test('the codes of both sides fit, and the digits are the same', async () => {
  const { here, there, peers } = await acquainted(await World.open())
  const code = await there.account.safetyCode(peers.here)
  expect(code?.length).toBeGreaterThan(60)
  expect(await here.account.compareSafetyCode(peers.there, code ?? new Uint8Array())).toBe(true)
  expect(await here.account.safetyNumber(peers.there)).toBe(await there.account.safetyNumber(peers.here))
})

test('somebody else’s code does not fit, and what is no code is said to be none', async () => {
  const world = await World.open()
  const { here, there, peers } = await acquainted(world)
  const stranger = await world.person('Ana', '+15550000201')
  await (await stranger.sendText(second, 'hi')).acknowledged
  await until(() => there.sink.texts.length > 1)
  const wrong = (await there.account.safetyCode(byAci(stranger.aci))) ?? new Uint8Array()
  const answer = await here.account.compareSafetyCode(peers.there, wrong).catch(({ code }: { code: string }) => code)
  expect([false, 'safety-code-unreadable']).toContain(answer)
  for (const scanned of [new Uint8Array(), new Uint8Array([1, 2, 3]), wrong.subarray(0, 20)]) {
    await expect(here.account.compareSafetyCode(peers.there, scanned)).rejects.toMatchObject({
      code: 'safety-code-unreadable',
    })
  }
})

test('of somebody whose key is unknown there is no code', async () => {
  const { account } = await (await World.open()).registeredGateway()
  const nobody = byAci('11111111-1111-4111-8111-111111111111')
  expect(await account.safetyCode(nobody)).toBeUndefined()
  await expect(account.compareSafetyCode(nobody, new Uint8Array([1]))).rejects.toMatchObject({
    code: 'safety-number-unknown',
  })
})

async function linked(world: World) {
  const olga = await world.person('Olga', '+15550000301')
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga)
  await (await ana.sendText(olga.e164, 'hello')).acknowledged
  await until(() => gateway.sink.texts.length > 0)
  // What a device asks the phone once after linking is behind us.
  const asked = () => gateway.db.selectFrom('signal_account').select('sync_requested_at_ms').executeTakeFirstOrThrow()
  await until(async () => (await asked()).sync_requested_at_ms !== null)
  return { olga, ana, gateway }
}

const verdicts = ({ sink }: Gateway) => sink.facts.flatMap((fact) => (fact.kind === 'verified' ? [fact.verified] : []))

test('what the phone says of a safety number counts for the key that it names, and for no other', async () => {
  const { olga, ana, gateway } = await linked(await World.open())
  const { identity_key: key } = await gateway.db
    .selectFrom('signal_identities')
    .select('identity_key')
    .where('address', '=', ana.aci)
    .executeTakeFirstOrThrow()
  const tell = (identityKey: Uint8Array, state: number) =>
    olga.tellDevices({
      verified: {
        identityKey: Buffer.from(identityKey),
        state: state as Proto.Verified.State,
        nullMessage: null,
        destinationAci: null,
        destinationAciBinary: Buffer.from(ana.aci.replaceAll('-', ''), 'hex'),
      },
    })
  await tell(
    Uint8Array.from(key, (octet) => octet ^ 1),
    1,
  )
  await tell(key, 1)
  await tell(key, 0)
  await until(() => verdicts(gateway).length === 2)
  expect(verdicts(gateway)).toEqual([true, false])
})

/** As the router does it. */
async function tell({ account, db }: Gateway, aci: string, verified: boolean): Promise<void> {
  const after = await db.transaction().execute((tx) => account.tellVerified(byAci(aci), verified, tx))
  after()
}

const keyOf = async ({ db }: Gateway, aci: string) => {
  const row = db.selectFrom('signal_identities').select('identity_key').where('address', '=', aci)
  return Buffer.from((await row.executeTakeFirstOrThrow()).identity_key).toString('hex')
}

test('what is verified here is told to the phone, with the key that was compared', async () => {
  const { olga, ana, gateway } = await linked(await World.open())
  const identityKey = await keyOf(gateway, ana.aci)
  await tell(gateway, ana.aci, true)
  await tell(gateway, ana.aci, false)
  await until(() => olga.verdicts.length === 2)
  expect(olga.verdicts).toEqual([
    { aci: ana.aci, state: 1, identityKey },
    { aci: ana.aci, state: 0, identityKey },
  ])
})

test('what is verified while Signal is away is told when it is back, also after a restart', async () => {
  const world = await World.open()
  const { olga, ana, gateway } = await linked(world)
  const identityKey = await keyOf(gateway, ana.aci)
  await world.server.stop()
  await until(() => gateway.account.status().state !== 'connected')
  await tell(gateway, ana.aci, true)
  await gateway.close()
  await world.server.start()
  const again = await world.gateway()
  await connected(again)
  await until(() => olga.verdicts.length === 1)
  expect(olga.verdicts).toEqual([{ aci: ana.aci, state: 1, identityKey }])
})
