import { afterEach, beforeEach, expect, it } from 'vitest'
import { AdminTexts } from '../../../src/service/admin-texts.ts'
import { ANA, BEN, World } from '../routing/world.ts'

const HOUR_MS = 3_600_000
const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

let world: World
let admins: AdminTexts
beforeEach(async () => {
  world = await World.open()
  world.nowMs = Math.ceil(world.nowMs / HOUR_MS) * HOUR_MS
  admins = made()
})
afterEach(() => world.close())

function made(to: readonly string[] = [BEN]): AdminTexts {
  return new AdminTexts({
    to,
    events: world.events,
    submit: (request) => world.router.submit(request),
    nameOf: (id) => (id === 'mdm_1' ? 'kitchen' : id),
    clock: world.clock,
    log,
  })
}
const modem = (id: string, ...alerts: string[]) =>
  admins.record({ type: 'modem.state', data: { modem_id: id, state: 'absent', alerts } })
const stalled = () => admins.record({ type: 'queue.stalled', data: { waited_s: 700 } })
const texts = async () => {
  await admins.stop()
  return (await world.all()).map(({ text }) => text)
}

it('a modem that is gone, given up or waits for its PIN, and a stalled queue, are each told in words', async () => {
  await modem('mdm_1', 'lost')
  await modem('mdm_1', 'needs-pin')
  await modem('mdm_2', 'recovery-exhausted', 'storage-near-full')
  await stalled()
  expect(await texts()).toEqual([
    expect.stringContaining('modem kitchen is gone'),
    expect.stringContaining('modem kitchen waits for the PIN'),
    expect.stringContaining('modem mdm_2 does not work'),
    expect.stringContaining('messages have waited'),
  ])
})

it('at most one of a kind goes out an hour, however many modems it is about', async () => {
  await modem('mdm_1', 'lost')
  await modem('mdm_2', 'lost')
  world.nowMs += HOUR_MS - 1
  await modem('mdm_1')
  await modem('mdm_1', 'lost')
  expect(await texts()).toHaveLength(1)
  world.nowMs += 1
  await modem('mdm_1')
  await modem('mdm_1', 'lost')
  expect(await texts()).toHaveLength(2)
})

it('what is still the matter is not told again when something else changes', async () => {
  await modem('mdm_1', 'lost')
  world.nowMs += 2 * HOUR_MS
  await modem('mdm_1', 'lost', 'sim-changed')
  expect(await texts()).toHaveLength(1)
})

it('a gateway that starts again and again tells it once an hour', async () => {
  for (let start = 0; start < 3; start++) {
    admins = made()
    await stalled()
    await admins.stop()
    world.nowMs += 60_000
  }
  expect(await texts()).toHaveLength(1)
})

it('everybody who is named is told; a wrong address keeps it from nobody, and the event is noted', async () => {
  admins = made(['nonsense', ANA, BEN])
  await stalled()
  expect(await texts()).toHaveLength(2)
  expect((await world.events.since(0, 100)).map(({ type }) => type)).toContain('queue.stalled')
})

it('nobody is told where nobody is named', async () => {
  admins = made([])
  await modem('mdm_1', 'lost')
  await stalled()
  expect(await texts()).toEqual([])
})
