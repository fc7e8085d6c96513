/**
 * Kill −9 at random moments, over both directions and both transports. The judges are the simulated network's ledger and
 * what the mock devices decrypted: nothing lost, nothing twice, and what cannot be known is shown as uncertain.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

/** Random moments after the start of a round's traffic, in ms. */
const KILL_WITHIN_MS = 400
/** A report that is on its way may settle an uncertain message. */
const LAST_REPORTS_MS = 5_000

/** A small seeded generator, so that a failing run can be repeated by its seed. */
function mulberry32(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Runs the rounds and judges. `lively`: time passes on the air and in the modem, so that kills hit submissions under way;
 * otherwise everything is as fast as it can be.
 */
export async function killRounds(rounds: number, lively: boolean): Promise<void> {
  const seed = Number(process.env['KILL9_SEED'] ?? Date.now() % 1_000_000)
  console.log(`kill9 seed ${seed}`)
  const house = await House.open({ lively })
  try {
    await run(house, rounds, mulberry32(seed))
  } finally {
    await house.close()
  }
}

async function run(house: House, rounds: number, random: () => number): Promise<void> {
  const ana = house.world.person('ana')
  const ben = house.world.person('ben')
  const gateway = house.world.gatewayNumber
  const accepted = new Map<string, { to: 'ana' | 'ben'; text: string }>()
  const inbound: string[] = []

  for (let round = 0; round < rounds; round++) {
    const traffic: Promise<unknown>[] = []
    const out = (to: 'ana' | 'ben', text: string) =>
      house.send((to === 'ana' ? ana : ben).number, text).then(
        (id) => accepted.set(id, { to, text }),
        () => undefined, // killed before the 202: nothing was promised
      )
    traffic.push(out('ana', `to ana ${round}`), out('ben', `to ben ${round}`))
    if (round % 4 === 0) traffic.push(out('ben', `long to ben ${round} ${'z'.repeat(300)}`))
    ben.phone.send(gateway, `from ben ${round}`)
    inbound.push(`from ben ${round}`)
    if (round % 5 === 0) {
      const long = `long from ben ${round} ${'q'.repeat(300)}`
      ben.phone.send(gateway, long)
      inbound.push(long)
    }
    await ana.signal?.sendText(gateway, `from ana ${round}`)
    inbound.push(`from ana ${round}`)
    // Half of the rounds are cut while the messages are handed in, half while they are being sent.
    if (random() < 0.5) await Promise.all(traffic)
    await sleep(random() * KILL_WITHIN_MS)
    await house.kill()
    await Promise.all(traffic)
    await house.start()
  }
  await house.modemsReady()
  await house.signalConnected()

  for (const id of accepted.keys()) await house.reaches(id, 'delivered', 'uncertain', 'failed')
  await sleep(LAST_REPORTS_MS)
  await house.eventually('everything inbound is here', async () => {
    const received = new Set((await house.messages('&direction=in')).map(({ text }) => text))
    return inbound.every((text) => received.has(text))
  })

  const received = (await house.messages('&direction=in')).map(({ text }) => text)
  for (const text of inbound) expect(received.filter((one) => one === text)).toHaveLength(1)

  const counts = { uncertain: 0, settled: 0, interrupted: 0 }
  for (const [id, { to, text }] of accepted) {
    const { status, transport } = await house.message(id)
    const results = (await house.attempts(id)).map(({ result }) => result)
    if (results.includes('interrupted')) counts.interrupted += 1
    if (to === 'ana') {
      expect([status, transport]).toEqual(['delivered', 'signal'])
      expect(ana.signal?.texts.filter((one) => one.text === text)).toHaveLength(1)
      continue
    }
    const { whole, most } = house.world.network.ledger.count(ben.number, text)
    expect(most).toBeLessThanOrEqual(1)
    if (status === 'uncertain') {
      counts.uncertain += 1
      // Uncertain only where the network truly does not have it whole; otherwise a report settles it.
      expect(whole).toBe(0)
    } else {
      if (results.includes('uncertain')) counts.settled += 1
      expect(status).toBe('delivered')
      expect(whole).toBe(1)
    }
  }
  // Nothing that was never promised was doubled either.
  for (const text of house.world.network.ledger.texts({ to: ben.number })) {
    expect(Math.max(...text.counts)).toBeLessThanOrEqual(1)
  }
  console.log(`kill9: ${accepted.size} sent, ${inbound.length} received, ${JSON.stringify(counts)}`)
}
