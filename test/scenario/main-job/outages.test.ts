import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

/** Has a phone, and was never written to. */
const STRANGER = '+15550000299'

let house: House

beforeAll(async () => {
  house = await House.open()
  house.world.network.person(STRANGER, 'Stranger')
})
afterAll(() => house?.close())

describe('outages', () => {
  it('with the Signal server gone texts flow and Signal-only waits; when it is back, what waited is sent', async () => {
    const ana = house.world.person('ana')
    const ben = house.world.person('ben')
    await house.reaches(await house.send(ana.number, 'before the outage'), 'delivered')
    await house.reaches(await house.send(ben.number, 'before the outage'), 'delivered')
    await house.world.server.stop()
    const stranger = await house.send(STRANGER, 'an alert')
    const waiting = await house.send(ana.number, 'waits for Signal', { policy: 'signal_only' })
    const text = await house.reaches(await house.send(ben.number, 'flows'), 'delivered')
    expect(text.transport).toBe('sms')
    // Never seen on Signal, which cannot be asked: not waited for as long as for somebody who is there.
    expect(await house.reaches(stranger, 'delivered')).toMatchObject({ transport: 'sms', encrypted: false })
    expect((await house.message(waiting)).status).toMatch(/queued|sending/)
    await house.world.server.start()
    expect(await house.reaches(waiting, 'delivered')).toMatchObject({ transport: 'signal', encrypted: true })
  })

  it('a modem unplugged in the middle of three parts: seen, back by itself, no part twice', async () => {
    const ben = house.world.person('ben')
    const [modem] = house.world.modems
    const text = `three parts ${'y'.repeat(400)}`
    modem?.modem.fault({ kind: 'unplug', phase: 'before-prompt', skip: 1, forMs: 1_500 })
    const id = await house.send(ben.number, text)
    await house.eventually('the modem is seen to be away', async () => {
      const { data } = await house.api.call<{ data: { state: string }[] }>('GET', '/api/v1/modems')
      return data[0]?.state !== 'ready'
    })
    await house.reaches(id, 'delivered')
    expect(house.world.network.ledger.count(ben.number, text)).toEqual({ whole: 1, most: 1 })
    expect(ben.phone.inbox.filter((received) => received.text === text)).toHaveLength(1)
  })

  it('a result lost after the network accepted is uncertain, settled by its report, and never sent again', async () => {
    const ben = house.world.person('ben')
    const [modem] = house.world.modems
    modem?.modem.fault({ kind: 'unplug', phase: 'after-accept', forMs: 500 })
    const id = await house.send(ben.number, 'did it go?')
    await house.reaches(id, 'delivered')
    expect(house.world.network.ledger.count(ben.number, 'did it go?')).toEqual({ whole: 1, most: 1 })
    const attempts = await house.attempts(id)
    expect(attempts.map(({ result }) => result)).toContain('uncertain')
  })

  it('Redis killed and its data wiped: every queued message still goes out, once', async () => {
    const ben = house.world.person('ben')
    const [modem] = house.world.modems
    modem?.modem.setCoverage('none')
    const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => house.send(ben.number, `queued ${i}`)))
    const redis = redisOf(house.gatewayPid ?? 0)
    expect(redis).toBeDefined()
    process.kill(redis ?? 0, 'SIGKILL')
    spawnSync('find', [house.directory, '-name', '*.aof*', '-delete'])
    modem?.modem.setCoverage('home')
    for (const id of ids) await house.reaches(id, 'delivered')
    for (let i = 0; i < 10; i++) {
      expect(house.world.network.ledger.count(ben.number, `queued ${i}`)).toEqual({ whole: 1, most: 1 })
    }
  })

  it('texts of one conversation leave in the order in which they were handed in', async () => {
    const ben = house.world.person('ben')
    const texts = Array.from({ length: 12 }, (_, i) => `in order ${i}`)
    const ids: string[] = []
    for (const text of texts) ids.push(await house.send(ben.number, text))
    for (const id of ids) await house.reaches(id, 'delivered')
    expect(ben.phone.inbox.map(({ text }) => text).filter((text) => text.startsWith('in order'))).toEqual(texts)
  })
})

/** The redis-server that is a child of this process, from /proc. */
function redisOf(parent: number): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return stat.includes('(redis-server)') && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
}
