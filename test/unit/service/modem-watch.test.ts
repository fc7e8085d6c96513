/** What is the matter with a modem becomes events: ids, states and codes, nothing of what it said. */
import { expect, test } from 'vitest'
import { isExhausted, ModemWatch } from '../../../src/service/modem-watch.ts'
import type { NewEvent } from '../../../src/store/events.ts'
import { Gateway } from '../../scenario/modem/gateway.ts'
import { untilState } from '../../unit/modem/bench.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

async function watched(sim: Parameters<typeof Gateway.open>[0] = {}) {
  const gateway = await Gateway.open(sim, { label: 'kitchen', timings: { pollEveryMs: 50, recheckMs: 100 } })
  const events: NewEvent[] = []
  const watch = new ModemWatch({ record: async (event) => void events.push(event) }, quiet, () => 7)
  const { stop } = watch.watch([gateway.modem])
  gateway.modem.start()
  const told = () => events.map(({ data }) => `${data?.['state']} ${JSON.stringify(data?.['alerts'])}`)
  return { gateway, events, watch, told, close: () => Promise.all([stop(), gateway.close()]) }
}

test('a modem that is lost, comes back and has its memory nearly full says so once each', async () => {
  const { gateway, events, told, close } = await watched({ profile: { memories: { SM: 10, ME: 5 } } })
  await untilState(gateway.modem, 'ready')
  gateway.sim.unplug()
  await untilState(gateway.modem, 'absent')
  await gateway.sim.plug()
  await untilState(gateway.modem, 'ready')
  const { storage } = gateway.sim
  for (let slot = 1; slot <= 9; slot++) storage.call(gateway.sim, 'SM').put(slot, '00', 2)
  await expect.poll(() => told().at(-1)).toBe('ready ["storage-near-full"]')
  expect(told()).toEqual(['ready []', 'absent ["lost"]', 'ready []', 'ready ["storage-near-full"]'])
  expect(events[0]).toEqual({
    type: 'modem.state',
    data: { modem_id: gateway.modem.id, state: 'ready', alerts: [] },
  })
  await close()
})

test('a SIM that wants its PIN is told', async () => {
  const { gateway, told, close } = await watched({ pin: '1234' })
  await untilState(gateway.modem, 'sim-locked')
  await expect.poll(told).toEqual(['sim-locked ["needs-pin"]'])
  await close()
})

test('another SIM than before is told, and remembered for the doctor', async () => {
  const { gateway, told, watch, close } = await watched()
  await untilState(gateway.modem, 'ready')
  expect(watch.simChangedAtMs(gateway.modem.id)).toBeUndefined()
  gateway.sim.fault({
    kind: 'answer',
    times: 'always',
    command: '+CCID',
    text: '\r\n+CCID: 8949299009999999999\r\n\r\nOK\r\n',
  })
  gateway.sim.reboot()
  await expect.poll(() => told().at(-1)).toBe('ready ["sim-changed"]')
  expect(watch.simChangedAtMs(gateway.modem.id)).toBe(7)
  await close()
})

test('a modem that was given up says so, and one that was given up on another day does not', async () => {
  const { gateway, close } = await watched()
  await untilState(gateway.modem, 'ready')
  const status = gateway.modem.status()
  const given = (atMs: number, state: typeof status.state) => {
    const last = { step: 'give-up' as const, reason: 'silent', atMs }
    return isExhausted({ ...status, state, recovery: { ...status.recovery, last } })
  }
  expect(given(status.sinceMs, 'failed')).toBe(true)
  expect(given(status.sinceMs, 'ready')).toBe(false)
  expect(given(status.sinceMs - 86_400_000, 'absent')).toBe(false)
  await close()
})
