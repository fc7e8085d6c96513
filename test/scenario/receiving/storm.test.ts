/**
 * Kill −9 in a receiving storm: sealed messages come, some waiting at the server, some while the gateway works, and it
 * is killed again and again in their midst. The judges are its own messages and the server's queue: none is lost, none
 * is doubled, none is unreadable. `STORM=2000` is the storm of a release; fewer by default, for the time that it takes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

const count = Number(process.env['STORM'] ?? 1_000)
/** After so many parts of a hundred were acknowledged, the gateway is killed. */
const killedAfter = [5, 30, 60, 90]
/** The storm is kept fed up to here; what is beyond it waits for its turn outside of the server. */
const waitingMax = 600

test(`kill −9 in a receiving storm of ${count} messages loses none and doubles none`, {
  timeout: 300_000,
}, async () => {
  const house = await House.open({ config: { log: { level: 'info', format: 'json' } } })
  try {
    const { host } = house.world.server
    const ana = house.world.signalPerson('ana')
    await house.reaches(await house.send(ana.e164, 'first'), 'delivered')
    const device = await host.findByNumber(house.world.gatewayNumber)
    if (device === undefined) throw new Error('the gateway is not on Signal')
    const texts = Array.from({ length: count }, (_, index) => `in the storm ${index}`)
    let sent = 0
    const storm = (async () => {
      for (const text of texts) {
        while (host.waiting(device) >= waitingMax) await sleep(5)
        await ana.sendText(house.world.gatewayNumber, text)
        sent += 1
      }
    })()
    const acknowledged = () => sent - host.waiting(device)
    let kills = 0
    for (const part of killedAfter) {
      const from = Math.floor((count * part) / 100)
      await house.eventually(`${part} of a hundred are acknowledged`, () => acknowledged() >= from)
      // The kill is worth its name only where there is more to come.
      if (host.waiting(device) > 0) kills += 1
      await house.kill()
      await house.start()
    }
    await storm
    await house.eventually('all are acknowledged', () => host.waiting(device) === 0, 120_000)
    const received = (await house.messages('&direction=in')).map(({ text }) => text)
    // What the world itself may say (a welcome of the operator's) is not of the storm.
    expect(received.filter((text) => text.startsWith('in the storm ')).sort()).toEqual([...texts].sort())
    const { data } = await house.api.call<{ data: unknown[] }>('GET', '/api/v1/quarantine')
    expect(data).toEqual([])
    expect(kills).toBe(killedAfter.length)
  } finally {
    await house.close()
  }
})
