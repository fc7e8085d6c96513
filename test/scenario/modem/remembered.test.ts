/** A driver takes up what an earlier process knew of its modem, and keeps what it does itself under both its names. */
import { expect, test } from 'vitest'
import { HealRecord } from '../../../modem/heal-record.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { Gateway } from './gateway.ts'

test('recoveries are counted on by the next process, under the entry’s name and under the module’s', async () => {
  const kept = new Map<string, string>()
  const record = () =>
    new HealRecord(
      {
        read: async (id) => JSON.parse(kept.get(id) ?? 'null'),
        write: async (id, healing) => void kept.set(id, JSON.stringify(healing)),
      },
      (error) => {
        throw error
      },
    )
  for (const times of [1, 2]) {
    const gateway = await Gateway.open(
      {},
      {
        label: 'kitchen',
        healing: record(),
        timings: { pollEveryMs: 50, commandTimeoutMs: 300 },
      },
    )
    gateway.modem.start()
    await untilState(gateway.modem, 'ready')
    expect(gateway.modem.status().recovery.history.length).toBe(times - 1)
    // Three commands in a row without an answer: the port is opened anew.
    gateway.sim.fault({ kind: 'hang', cure: 'reopen' })
    await until(() => gateway.modem.status().recovery.counts.reopen === times)
    await untilState(gateway.modem, 'ready')
    await gateway.close()
    await until(() => kept.size === 2)
  }
  expect([...kept.keys()]).toEqual([expect.stringMatching(/^mdm_8\d+$/), 'mdm_kitchen'])
  for (const written of kept.values()) expect(JSON.parse(written)).toMatchObject({ counts: { reopen: 2 } })
})
