/**
 * A modem that stores cell broadcasts instead of handing them on (27.005: <bm> 1, memory BM, +CBMI): they are read, handed
 * on as broadcasts, and emptied, told of or found; what is broken among them holds nothing up.
 */
import { afterEach, expect, test } from 'vitest'
import { decodeBroadcast, joinPages } from '../../../modem/pdu/broadcast.ts'
import { DEFAULT_PROFILE } from '../../../modem/sim/profile.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { Gateway } from './gateway.ts'

let gateway: Gateway
afterEach(() => gateway.close())

async function open(): Promise<void> {
  gateway = await Gateway.open({
    profile: {
      memories: { SM: 5, ME: 5, BM: 5 },
      joinedMemory: true,
      cnmi: { ...DEFAULT_PROFILE.cnmi, bm: [0, 1] },
    },
  })
}

const broadcasts = () =>
  gateway.sink.pdus.filter(({ kind }) => kind === 'broadcast').map(({ pduHex }) => decodeBroadcast(pduHex))

test('pages are read from their memory, in order, and their slots emptied', async () => {
  await open()
  const { sim, modem } = gateway
  modem.start()
  await untilState(modem, 'ready')
  expect(sim.settings.cnmi.bm).toBe(1)
  const text = 'Leave the valley. '.repeat(8)
  sim.broadcast({ messageId: 4371, text })
  await until(() => broadcasts().length === 2 && sim.storage('BM').used === 0)
  expect(joinPages(broadcasts().flat()).text).toBe(text)
  expect(gateway.sink.pdus.every(({ source, slot }) => source === 'stored' && slot?.memory === 'BM')).toBe(true)
})

test('what was stored while nobody listened is found at the start, a damaged page shown as what it is', async () => {
  await open()
  const { sim, modem } = gateway
  const page = `401011130F11${'0D'.repeat(82)}`
  sim.storage('BM').put(1, page.slice(0, 60), 0, `{head}0,,88\r\n${page.slice(0, 60)}`)
  sim.storage('BM').put(2, page, 0)
  modem.start()
  await untilState(modem, 'ready')
  await until(() => sim.storage('BM').used === 0)
  expect(gateway.sink.pdus.map(({ kind, pduHex }) => [kind, pduHex])).toEqual([
    ['unknown', page.slice(0, 60)],
    ['broadcast', page],
  ])
})
