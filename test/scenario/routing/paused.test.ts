/** A pause and kill −9: what was paused stays so in the next life, and what waited leaves once. Judge: the network's ledger. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

interface Queue {
  paused: { transport: string | null; modem: string | null; since: string }[]
}

let house: House
beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

it('a paused queue is paused after a kill −9, sends nothing while messages come in, and each once when it is resumed', async () => {
  const { ana, ben } = { ana: house.world.person('ana'), ben: house.world.person('ben') }
  const { paused } = await house.api.call<Queue>('POST', '/api/v1/queue/pause', {})
  const ids = [await house.send(ben.number, 'one'), await house.send(ana.number, 'two')]
  await house.kill()
  await house.start()
  await house.modemsReady()
  await house.signalConnected()
  expect((await house.api.call<Queue>('GET', '/api/v1/queue')).paused).toEqual(paused)
  ben.phone.send(house.world.gatewayNumber, 'still heard')
  await house.eventually('what comes in is here', async () =>
    (await house.messages('&direction=in')).some(({ text }) => text === 'still heard'),
  )
  const { data } = await house.api.call<{ data: { message_id: string; reason: string; tries: number }[] }>(
    'GET',
    '/api/v1/queue/jobs?state=waiting',
  )
  expect(data.map(({ message_id: id, reason, tries }) => [id, reason, tries])).toEqual(
    ids.map((id) => [id, 'waits: the queue is paused', 0]),
  )
  expect(ben.phone.inbox.map(({ text }) => text)).toEqual([])
  const health = await house.api.call<{ components: { component: string; status: string; detail: string | null }[] }>(
    'GET',
    '/api/v1/system/health',
  )
  expect(health.components.find(({ component }) => component === 'queue')).toMatchObject({
    status: 'warn',
    detail: expect.stringMatching(/^the queue is paused, since /),
  })
  await house.api.call('POST', '/api/v1/queue/resume', {})
  for (const id of ids) await house.reaches(id, 'delivered')
  expect(ben.phone.inbox.map(({ text }) => text)).toEqual(['one'])
})
