/**
 * Unplugged, and killed −9, at every step of sending at which the simulator can stop, through the whole gateway. A text of
 * three parts under one held link. The judge is the network's own book: nothing twice, and nothing missing except what is
 * shown as uncertain.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultPhase } from '../../../modem/sim/faults.ts'
import type { SimulatedModem } from '../../../modem/sim/modem.ts'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open({ signal: false })
})
afterAll(() => house?.close())

/** How long the modem stays unplugged. */
const AWAY_MS = 500

function theModem(): SimulatedModem {
  const [first] = house.world.modems
  if (first === undefined) throw new Error('a house has a modem')
  return first.modem
}

/** Sends a text of three parts and judges what the network has of it; resolves with the state that is shown. */
async function judged(name: string, disturb: () => Promise<unknown>): Promise<string> {
  const ben = house.world.person('ben')
  const text = `${name} ${'u'.repeat(380)}`
  const [id] = await Promise.all([house.send(ben.number, text), disturb()])
  const { network } = house.world
  let status = ''
  // A text that the network has whole is uncertain only until its reports are here.
  await house.eventually(
    () =>
      `what is shown is true (it is ${status}, the network has it ${network.ledger.count(ben.number, text).whole}×)`,
    async () => {
      status = (await house.message(id)).status
      const { whole } = network.ledger.count(ben.number, text)
      return status === 'delivered' || (status === 'uncertain' && whole === 0)
    },
  )
  const { whole, most } = network.ledger.count(ben.number, text)
  expect(most).toBeLessThanOrEqual(1)
  // A text that is not whole has no content in the book: of no part, whosever it is, there may be two.
  for (const { counts } of network.ledger.texts({ to: ben.number })) expect(Math.max(...counts)).toBe(1)
  expect(whole).toBe(status === 'delivered' ? 1 : 0)
  expect(ben.phone.inbox.filter((received) => received.text === text)).toHaveLength(whole)
  return status
}

interface Step {
  phase: FaultPhase
  command: '+CMGS' | '+CMMS'
  /** At the so many-th time; of three parts. */
  nth: number
  words: string
}

const steps: readonly Step[] = [
  { phase: 'after-answer', command: '+CMMS', nth: 1, words: 'once the link is held, before the first part' },
  { phase: 'before-command', command: '+CMGS', nth: 1, words: 'before the first AT+CMGS' },
  { phase: 'before-prompt', command: '+CMGS', nth: 2, words: 'before the prompt of the second part' },
  { phase: 'after-prompt', command: '+CMGS', nth: 2, words: 'at the prompt of the second part' },
  { phase: 'in-body', command: '+CMGS', nth: 2, words: 'in the body of the second part' },
  { phase: 'after-body', command: '+CMGS', nth: 2, words: 'after Ctrl-Z, before the network has it' },
  { phase: 'after-accept', command: '+CMGS', nth: 2, words: 'once the network has it, before +CMGS:' },
  { phase: 'in-answer', command: '+CMGS', nth: 2, words: 'between +CMGS: and OK' },
  { phase: 'after-result', command: '+CMGS', nth: 2, words: 'after OK, between two parts under the held link' },
  { phase: 'after-answer', command: '+CMGS', nth: 3, words: 'after the last OK' },
  { phase: 'before-report', command: '+CMGS', nth: 2, words: 'before the second status report' },
  {
    phase: 'after-report',
    command: '+CMGS',
    nth: 2,
    words: 'after the second status report, before it is acknowledged',
  },
]

/** What may come out of it and be true, where that is not `delivered` alone. */
const UNPLUGGED: Partial<Record<FaultPhase, readonly string[]>> = {
  // Whether the body was on its way when the wire was cut is a matter of microseconds.
  'after-prompt': ['delivered', 'uncertain'],
  'in-body': ['uncertain'],
  'after-body': ['uncertain'],
}

describe('unplugged at every step of sending', () => {
  it.each(steps)('$words: nothing twice, and the state is true', async ({ phase, command, nth, words }) => {
    await house.modemsReady()
    const armed = theModem().fault({ kind: 'unplug', phase, command, skip: nth - 1, forMs: AWAY_MS })
    const status = await judged(`unplugged ${words}`, async () => {})
    expect(UNPLUGGED[phase] ?? ['delivered']).toContain(status)
    expect(armed.happened).toBe(1)
  })
})

it('a modem that was pulled out and is back is told as events, by ids and codes only', async () => {
  theModem().unplug({ forMs: AWAY_MS })
  await house.eventually('its loss and its return are told', async () => {
    const { data } = await house.api.call<{ data: { type: string; data: Record<string, unknown> }[] }>(
      'GET',
      '/api/v1/events?limit=200',
    )
    const told = data.filter(({ type }) => type === 'modem.state').map((event) => event.data)
    const lostAt = told.findLastIndex(({ state, alerts }) => state === 'absent' && String(alerts) === 'lost')
    for (const facts of told) expect(Object.keys(facts).sort()).toEqual(['alerts', 'modem_id', 'state'])
    return lostAt >= 0 && told.slice(lostAt).some(({ state }) => state === 'ready')
  })
})

/** Likewise. The gateway runs beside the modem: at these steps it may just have journalled a part, and not written it yet. */
const KILLED: Partial<Record<FaultPhase, readonly string[]>> = {
  'after-prompt': ['delivered', 'uncertain'],
  'before-report': ['delivered', 'uncertain'],
  'after-report': ['delivered', 'uncertain'],
}

describe('killed −9 at every step of sending', () => {
  // The modem lives on: what had left the gateway by then arrives, and its report settles it.
  it.each(steps)('$words: nothing twice, nothing missing', async ({ phase, command, nth, words }) => {
    await house.modemsReady()
    const status = await judged(`killed ${words}`, () => killedAt({ phase, command, nth }))
    expect(KILLED[phase] ?? ['delivered']).toContain(status)
  })

  it('in the body, of which the rest is lost on the wire: shown as uncertain, and never sent again', async () => {
    await house.modemsReady()
    const status = await judged('killed and cut in the body', () =>
      killedAt({ phase: 'in-body', command: '+CMGS', nth: 2 }, () => theModem().unplug({ power: 'kept', forMs: 100 })),
    )
    expect(status).toBe('uncertain')
  })

  it.each([
    ['while the prompt is awaited', { kind: 'no-prompt', delayMs: 1_500 }],
    ['after the modem never said so', { kind: 'lost-result' }],
  ] as const)('%s: nothing twice, nothing missing', async (name, fault) => {
    await house.modemsReady()
    const armed = theModem().fault(fault)
    const status = await judged(`killed ${name}`, async () => {
      await house.eventually('the modem is held', () => armed.happened > 0)
      await house.kill()
      await house.start()
    })
    expect(status).toBe('delivered')
  })
})

/** Kills the gateway at this very step, inside the simulated modem's own turn, and starts it anew. */
async function killedAt({ phase, command, nth }: Omit<Step, 'words'>, also: () => void = () => {}): Promise<void> {
  const modem = theModem()
  let left = nth
  await new Promise<void>((resolve) => {
    modem.onPhase = (reached, at) => {
      if (reached !== phase || at !== command || --left > 0) return
      modem.onPhase = () => {}
      if (house.gatewayPid !== undefined) process.kill(house.gatewayPid, 'SIGKILL')
      also()
      resolve()
    }
  })
  await house.kill()
  await house.start()
}
