/** How others call themselves: fetched by the access key that came with their message. */
import { expect, test } from 'vitest'
import { encryptName } from '../../../src/signal/profile-cipher.ts'
import { byAci, type Gateway, gatewayNumber, timestamp, until, World } from './kit.ts'

const told = ({ sink }: Gateway) => sink.facts.filter(({ kind }) => kind === 'profile')

test('the name of somebody who writes is learnt from their profile, once', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  for (const text of ['one', 'two']) await (await ana.sendText(gatewayNumber, text)).acknowledged
  await until(() => told(gateway).length > 0)
  expect(told(gateway)).toMatchObject([{ name: 'Ana', peer: { aci: ana.aci, e164: ana.e164 } }])
  const fetches = world.server.host.requests.filter(({ path }) => path.startsWith(`/v1/profile/${ana.aci}/`))
  expect(fetches).toMatchObject([{ verb: 'GET', status: 200, authenticated: false }])
})

test('a name that changed is learnt when the profile is due again', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  await until(() => told(before).length > 0)
  const { profile_key: key } = await before.db
    .selectFrom('signal_peers')
    .select('profile_key')
    .where('aci', '=', ana.aci)
    .executeTakeFirstOrThrow()
  const device = await world.server.host.findByNumber(ana.e164)
  if (device === undefined || key === null) throw new Error('no device or key')
  device.profileName = Buffer.from(new Uint8Array(encryptName(key, 'Ana\0Alvarez', new Uint8Array(12))))
  await before.db.updateTable('signal_peers').set({ profile_due_at_ms: 0 }).execute()
  await before.close()
  const after = await world.gateway()
  await until(() => told(after).length > 0)
  expect(told(after)).toMatchObject([{ name: 'Ana Alvarez' }])
})

test('whose profile opens by the access key gets sealed messages again, though one was refused', async () => {
  const world = await World.open()
  const before = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  await until(() => told(before).length > 0)
  await before.db.updateTable('signal_peers').set({ sealed_refused: 1, profile_due_at_ms: 0 }).execute()
  await before.close()
  const after = await world.gateway()
  const refused = async () =>
    (await after.db.selectFrom('signal_peers').select('sealed_refused').where('aci', '=', ana.aci).execute())[0]
  await until(async () => (await refused())?.sealed_refused === 0)
  const { sealed } = await after.account.sendText({ to: byAci(ana.aci), text: 'hello', timestampMs: timestamp() })
  expect(sealed).toBe(true)
})

test('a profile that nobody can read is left alone for a day', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const ana = await world.person('Ana', '+15550000201')
  const device = await world.server.host.findByNumber(ana.e164)
  if (device === undefined) throw new Error('no device')
  device.profileName = Buffer.from('not a profile name at all, and far from encrypted')
  await (await ana.sendText(gatewayNumber, 'hello')).acknowledged
  const due = () => gateway.db.selectFrom('signal_peers').select('profile_due_at_ms').where('aci', '=', ana.aci)
  await until(async () => ((await due().executeTakeFirst())?.profile_due_at_ms ?? 0) > Date.now() + 23 * 3600_000)
  expect(told(gateway)).toEqual([])
})
