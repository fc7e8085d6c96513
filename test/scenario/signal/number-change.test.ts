/** The phone whose linked device this is changes its number: the new identity takes the place of the old one, or nothing does. */
import { expect, test } from 'vitest'
import { connected, type Gateway, linkWith, timestamp, until, World } from './kit.ts'

async function linked(world: World) {
  const olga = await world.person('Olga', '+15550000301')
  const gateway = await world.gateway({ patient: true })
  await linkWith(gateway, olga, [await world.person('Ana', '+15550000201')])
  // The phone has answered, so that it has a session with this device.
  await until(() => gateway.sink.facts.some(({ kind }) => kind === 'named'))
  return { olga, gateway }
}

const accountOf = ({ db }: Gateway) => db.selectFrom('signal_account').selectAll().executeTakeFirstOrThrow()

test('a changed number brings its identity and keys, and messages to the new identity are read', async () => {
  const world = await World.open()
  const { olga, gateway } = await linked(world)
  const other = await world.registeredGateway('other')
  const before = await accountOf(gateway)
  const { e164, pni } = await olga.changeNumber()
  await until(() => gateway.account.status().pni === pni)
  await connected(gateway)
  const after = await accountOf(gateway)
  expect(after).toMatchObject({ e164, pni, aci: before.aci, password: before.password })
  expect(after.pni_identity).not.toEqual(before.pni_identity)
  expect(after.aci_identity).toEqual(before.aci_identity)
  expect(gateway.account.status()).toMatchObject({ e164, state: 'connected' })
  const uploaded = () => gateway.db.selectFrom('signal_pre_keys').select('key_id').where('own', '=', 'pni').execute()
  await until(async () => (await uploaded()).length === 100)
  await until(
    () => world.server.host.requests.filter(({ verb, path }) => verb === 'PUT' && path === '/v2/keys').length >= 3,
  )
  const to = { aci: undefined, pni, e164: undefined }
  await other.account.sendText({ to, text: 'to the new number', timestampMs: timestamp() })
  await until(() => gateway.sink.texts.length === 1)
  expect(gateway.sink.texts[0]).toMatchObject({ text: 'to the new number', from: { aci: other.account.status().aci } })
  expect(gateway.sink.undecryptables).toEqual([])
})

test('a changed number survives a restart', async () => {
  const world = await World.open()
  const { olga, gateway } = await linked(world)
  await gateway.close()
  const changing = olga.changeNumber()
  const again = await world.gateway()
  const { pni } = await changing
  await until(() => again.account.status().pni === pni)
  await again.close()
  const third = await world.gateway()
  await connected(third)
  expect(third.account.status().pni).toBe(pni)
})
