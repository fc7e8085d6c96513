/** The keys that Signal hands out for us are the ones that we hold: asked on every connection, put right when they are not. */
import { expect, test } from 'vitest'
import { ServiceIdKind } from '../../../src/sandbox/mock.ts'
import { byNumber, connected, gatewayNumber, timestamp, until, World } from './kit.ts'

const checks = (world: World) =>
  world.server.host.requests.filter(({ path }) => path === '/v2/keys/check').map(({ status }) => status)
const uploads = (world: World) =>
  world.server.host.requests.filter(({ verb, path }) => verb === 'PUT' && path === '/v2/keys').length

test('keys that agree are left alone', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  await until(() => uploads(world) === 2)
  await gateway.close()
  const again = await world.gateway()
  await connected(again)
  await until(() => checks(world).length === 4)
  expect(checks(world)).toEqual([200, 200, 200, 200])
  expect(uploads(world)).toBe(2)
})

test('where the server hands out another signed key than ours, fresh ones of that identity take its place, and work', async () => {
  const world = await World.open()
  const gateway = await world.registeredGateway()
  const other = await world.registeredGateway('other', '+15550000102')
  await until(() => uploads(world) === 4)
  await gateway.close()
  const [device, stranger] = await Promise.all(
    [gatewayNumber, '+15550000102'].map((number) => world.server.host.findByNumber(number)),
  )
  if (device === undefined || stranger === undefined) throw new Error('not registered')
  const keysOf = (of: object): Map<ServiceIdKind, object> => Reflect.get(of, 'keys')
  const { signedPreKey } = keysOf(stranger).get(ServiceIdKind.ACI) as { signedPreKey: object }
  keysOf(device).set(ServiceIdKind.ACI, { ...keysOf(device).get(ServiceIdKind.ACI), signedPreKey })
  const before = checks(world).length
  const again = await world.gateway()
  await connected(again)
  await until(() => uploads(world) === 5)
  await until(() => checks(world).length === before + 2)
  expect(checks(world).slice(before)).toEqual([409, 200])
  await other.account.sendText({ to: byNumber(gatewayNumber), text: 'fresh', timestampMs: timestamp() })
  await until(() => again.sink.texts.length === 1)
  await again.close()
  const third = await world.gateway()
  await connected(third)
  await until(() => checks(world).length === before + 4)
  expect(checks(world).slice(before + 2)).toEqual([200, 200])
})
