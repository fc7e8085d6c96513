import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultPhase } from '../../../modem/sim/faults.ts'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open({ signal: false })
})
afterAll(() => house?.close())

/** How long the simulated modem is held where the gateway is killed (ms). */
const HELD_MS = 1_500

/**
 * The judge: the network's own count. Nothing twice; not whole only where the message says that it cannot be known, or
 * will not be said to have arrived.
 */
async function judged(id: string, text: string): Promise<string> {
  const ben = house.world.person('ben')
  const { status } = await house.reaches(id, 'delivered', 'uncertain')
  const { whole, most } = house.world.network.ledger.count(ben.number, text)
  const parts = house.world.network.ledger.texts({ to: ben.number }).filter((one) => one.text?.startsWith(text))
  for (const { counts } of parts) expect(Math.max(...counts)).toBe(1)
  expect(most).toBeLessThanOrEqual(1)
  if (status === 'delivered') expect(whole).toBe(1)
  else expect(whole).toBe(0)
  return status
}

/** What may come out of it, if it is true. */
const phases: [FaultPhase, string[]][] = [
  ['before-prompt', ['delivered']],
  // Whether the body was on its way when the wire was cut is a matter of microseconds.
  ['after-prompt', ['delivered', 'uncertain']],
  ['in-body', ['uncertain']],
  ['after-accept', ['delivered']],
  ['after-result', ['delivered']],
]

describe('unplugged in every phase of sending', () => {
  it.each(phases)('%s of the second of three parts: nothing twice, and the state is true', async (phase, expected) => {
    const [modem] = house.world.modems
    const text = `unplugged ${phase} ${'u'.repeat(380)}`
    modem?.modem.fault({ kind: 'unplug', phase, skip: 1, forMs: 700 })
    const id = await house.send(house.world.person('ben').number, text)
    expect(expected).toContain(await judged(id, text))
  })
})

describe('killed in every phase of sending', () => {
  it.each([
    ['while the prompt is awaited', { kind: 'no-prompt', delayMs: HELD_MS }, 'delivered'],
    [
      'after the network accepted, before the modem says so',
      { kind: 'late-answer', command: '+CMGS', delayMs: HELD_MS },
      'delivered',
    ],
    ['after the modem never said so', { kind: 'lost-result' }, 'delivered'],
  ] as const)('%s: nothing twice, nothing lost', async (name, fault, expected) => {
    const [modem] = house.world.modems
    const text = `killed ${name} ${'k'.repeat(20)}`
    const armed = modem?.modem.fault(fault)
    const id = await house.send(house.world.person('ben').number, text)
    await house.eventually('the modem is held', () => (armed?.happened ?? 0) > 0)
    await sleep(HELD_MS / 5)
    await house.kill()
    await house.start()
    expect(await judged(id, text)).toBe(expected)
  })
})
