/** The first lines of a scenario file: which modems there are, and how quick their network is. */

import type { RadioNetworkOptions } from '../../../modem/sim/network.ts'
import { DEFAULT_PROFILE } from '../../../modem/sim/profile.ts'
import { FAMILIES, familyProfile } from '../../../modem/sim/profiles.ts'
import { type ActionDocument, ActionError, type Arguments, type Parameter } from '../action.ts'
import { spanMs } from './durations.ts'
import type { ScenarioModemOptions } from './world.ts'

export interface Setup {
  modems: ScenarioModemOptions[]
  air: Partial<RadioNetworkOptions>
}

export interface SetupDirective extends ActionDocument {
  apply(setup: Setup, given: Arguments): void
}

/** Numbers of modems that were given none. */
const NUMBERS = '+155500001'
const MODEMS_MAX = 16
const SLOTS_MAX = 1_000

const coverages = ['home', 'roaming', 'sms-only', 'searching', 'denied', 'none'] as const

const span = (name: string, summary: string): Parameter => ({ name, summary, kind: 'text' })

export const setupDirectives: readonly SetupDirective[] = [
  {
    name: 'modem',
    summary: 'A modem: its make, its SIM, and what the driver is told about it.',
    parameters: [
      { name: 'name', summary: 'how the other lines call it', kind: 'text', required: true },
      { name: 'family', summary: 'its make', kind: 'text', oneOf: Object.keys(FAMILIES) },
      { name: 'number', summary: 'E.164 of the SIM', kind: 'text' },
      { name: 'pin', summary: 'the PIN that the SIM wants', kind: 'text' },
      { name: 'give_pin', summary: 'the PIN that the driver was given', kind: 'text' },
      { name: 'memories', summary: 'sizes of its memories, as SM=10,ME=20', kind: 'text' },
      { name: 'coverage', summary: 'what the radio finds at first', kind: 'text', fallback: 'home', oneOf: coverages },
      { name: 'timing', summary: 'zero, realistic, or a factor of that', kind: 'text', fallback: 'zero' },
      { name: 'hang_up', summary: 'the driver refuses calls', kind: 'flag', fallback: false },
    ],
    apply: (setup, given) => {
      const key = given.text('name').toLowerCase()
      if (setup.modems.some((modem) => modem.key === key)) throw wrong(`there is a modem ${key} already`)
      if (setup.modems.length >= MODEMS_MAX) throw wrong(`at most ${MODEMS_MAX} modems`)
      setup.modems.push(modemOptions(key, setup.modems.length + 1, given))
    },
  },
  {
    name: 'delays',
    summary: 'How long the network takes.',
    parameters: [
      span('delivery', 'from acceptance to delivery'),
      span('report', 'from delivery to the status report'),
      span('retry', 'until it tries again what nobody took'),
    ],
    apply: ({ air }, given) => {
      const of = (name: string) => spanMs(given.optionalText(name) ?? '0ms')
      air.delays = { deliveryMs: of('delivery'), reportMs: of('report') }
      if (given.optionalText('retry') !== undefined) air.retryAfterMs = of('retry')
    },
  },
]

/** What a file begins with that says nothing. */
export function plainSetup(): Setup {
  return { modems: [], air: { countryCode: '1', smsc: '+15550000000', retryAfterMs: 1_000 } }
}

/** The only modem of a file that names none. */
export function plainModem(): ScenarioModemOptions {
  return { key: 'a', number: `${NUMBERS}01` }
}

function modemOptions(key: string, nth: number, given: Arguments): ScenarioModemOptions {
  const [family, pin, givenPin, memories] = ['family', 'pin', 'give_pin', 'memories'].map((name) =>
    given.optionalText(name),
  )
  const number = given.optionalText('number') ?? `${NUMBERS}${String(nth).padStart(2, '0')}`
  if (!/^\+\d{5,15}$/.test(number)) throw wrong(`number must be E.164, as +15550000101`)
  const usual = { ...DEFAULT_PROFILE, ...(family === undefined ? {} : familyProfile(family)) }.memories
  const coverage = coverages.find((known) => known === given.text('coverage')) ?? 'home'
  return {
    key,
    number,
    name: key,
    coverage,
    timing: timingOf(given.text('timing')),
    hangUpCalls: given.flag('hang_up'),
    ...(family === undefined ? {} : { family }),
    ...(pin === undefined ? {} : { pin }),
    ...(givenPin === undefined ? {} : { givenPin }),
    ...(memories === undefined ? {} : { profile: { memories: { ...usual, ...sizes(memories) } } }),
  }
}

function timingOf(text: string): 'zero' | 'realistic' | { factor: number } {
  if (text === 'zero' || text === 'realistic') return text
  const factor = /^\d(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (factor >= 0) return { factor }
  throw wrong('timing must be zero, realistic, or a factor as 0.1')
}

function sizes(text: string): Record<string, number> {
  const pairs = text.split(',').map((pair) => /^(SM|ME|SR)=(\d{1,4})$/.exec(pair))
  const read = pairs.map((match): [string, number] => [match?.[1] ?? '', Number(match?.[2] ?? Number.NaN)])
  if (read.every(([name, size]) => name !== '' && size <= SLOTS_MAX)) return Object.fromEntries(read)
  throw wrong(`memories must be written as SM=10,ME=20 (SM, ME, SR; at most ${SLOTS_MAX} places)`)
}

function wrong(what: string): ActionError {
  return new ActionError('bad-argument', what)
}
