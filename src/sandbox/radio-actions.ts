/** What can happen to modems and on the radio network, on command, and the network's own book. */
import type { Fault } from '../../modem/sim/faults.ts'
import { FAMILIES } from '../../modem/sim/profiles.ts'
import type { Action, Parameter } from './action.ts'
import { ActionError } from './action.ts'
import type { SandboxWorld, WorldModem } from './world.ts'

const modem: Parameter = { name: 'modem', summary: 'which one: a, b or its number', kind: 'text', fallback: 'a' }
const memory: Parameter = { name: 'memory', summary: 'which memory', kind: 'text', fallback: 'SM' }
const times: Parameter = { name: 'times', summary: 'how often', kind: 'integer', fallback: 1 }

const coverages = ['home', 'roaming', 'searching', 'denied', 'none'] as const

export const radioActions: readonly Action<SandboxWorld>[] = [
  {
    name: 'modems',
    summary: 'The modems, and how they are.',
    parameters: [],
    run: async (world) => world.modems.map(view),
  },
  {
    name: 'family',
    summary: 'Another make of modem stands in the place of one: its habits, its noise, its memories.',
    parameters: [
      modem,
      { name: 'is', summary: 'the family', kind: 'text', required: true, oneOf: Object.keys(FAMILIES) },
    ],
    run: async (world, given) => {
      const target = world.modem(given.text('modem'))
      await target.modem.become(given.text('is'))
      return view(target)
    },
  },
  {
    name: 'network',
    summary: 'A modem loses the network, or finds it again.',
    parameters: [
      modem,
      { name: 'coverage', summary: 'what the radio finds', kind: 'text', required: true, oneOf: coverages },
    ],
    run: async (world, given) => {
      const target = world.modem(given.text('modem'))
      const coverage = coverages.find((name) => name === given.text('coverage'))
      if (coverage !== undefined) target.modem.setCoverage(coverage)
      return view(target)
    },
  },
  {
    name: 'cms-error',
    summary: 'Sending a text fails with +CMS ERROR.',
    parameters: [
      modem,
      { name: 'code', summary: 'the number of the error (38: network out of order)', kind: 'integer', required: true },
      times,
    ],
    run: async (world, given) => {
      const fault: Fault = { kind: 'error', family: 'cms', code: given.integer('code'), times: given.integer('times') }
      world.modem(given.text('modem')).modem.fault(fault)
    },
  },
  {
    name: 'lose-result',
    summary: 'The network takes the next texts, but the modem does not say so.',
    parameters: [modem, times],
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.fault({ kind: 'lost-result', times: given.integer('times') })
    },
  },
  {
    name: 'fault',
    summary: 'Arms any fault that the simulated modem knows.',
    parameters: [
      modem,
      {
        name: 'fault',
        summary: 'as modem/sim/faults.ts has them, such as {"kind":"unplug","phase":"in-body"}',
        kind: 'json',
        required: true,
      },
    ],
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.fault(asFault(given.json('fault')))
    },
  },
  {
    name: 'unplug',
    summary: 'Pulls a modem out.',
    parameters: [
      modem,
      { name: 'for_ms', summary: 'plugged in again by itself after so many ms', kind: 'integer' },
      { name: 'keep_power', summary: 'only the wire is cut', kind: 'flag', fallback: false },
    ],
    run: async (world, given) => {
      const forMs = given.optionalInteger('for_ms')
      world.modem(given.text('modem')).modem.unplug({
        power: given.flag('keep_power') ? 'kept' : 'lost',
        ...(forMs === undefined ? {} : { forMs }),
      })
    },
  },
  {
    name: 'plug',
    summary: 'Plugs a modem in again.',
    parameters: [modem],
    run: async (world, given) => {
      await world.modem(given.text('modem')).modem.plug()
    },
  },
  {
    name: 'reboot',
    summary: 'A modem restarts.',
    parameters: [modem, { name: 'silent', summary: 'without a word', kind: 'flag', fallback: false }],
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.reboot({ silent: given.flag('silent') })
    },
  },
  {
    name: 'call',
    summary: 'Somebody calls a modem, and gives up after a few rings.',
    parameters: [
      modem,
      { name: 'from', summary: 'who: a number or a name; withheld when left out', kind: 'text' },
      { name: 'rings', summary: 'how often it rings', kind: 'integer', fallback: 4 },
      { name: 'every_ms', summary: 'from ring to ring', kind: 'integer', fallback: 1_000 },
    ],
    run: async (world, given) => {
      const from = given.optionalText('from')
      const { calls } = world.modem(given.text('modem')).modem
      const outcome = await calls.ring({
        ...(from === undefined ? {} : { from: anyNumber(world, from) }),
        rings: given.integer('rings'),
        everyMs: given.integer('every_ms'),
      })
      return { outcome }
    },
  },
  {
    name: 'broadcast',
    summary: 'The cell warns everybody in reach of a modem.',
    parameters: [
      modem,
      { name: 'text', summary: 'what is said', kind: 'text', required: true },
      { name: 'id', summary: 'message identifier (4370: the highest warning)', kind: 'integer', fallback: 4370 },
    ],
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.broadcast({ messageId: given.integer('id'), text: given.text('text') })
    },
  },
  {
    name: 'ussd',
    summary: 'The network shows a USSD text by itself.',
    parameters: [modem, { name: 'text', summary: 'what it says', kind: 'text', required: true }],
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.ussd.push(given.text('text'))
    },
  },
  {
    name: 'fill-sim',
    summary: 'A memory of a modem is full of old texts.',
    parameters: [modem, memory],
    run: async (world, given) => {
      const target = world.modem(given.text('modem'))
      target.modem.fillStorage(given.text('memory'))
      return view(target)
    },
  },
  {
    name: 'empty-sim',
    summary: 'A memory of a modem is emptied from outside.',
    parameters: [modem, memory],
    run: async (world, given) => {
      const target = world.modem(given.text('modem'))
      target.modem.clearStorage(given.text('memory'))
      return view(target)
    },
  },
  {
    name: 'inject',
    summary: 'Offers octets to a modem as a message from the network, well-formed or not.',
    parameters: [modem, { name: 'tpdu', summary: 'hex, without SCA', kind: 'text', required: true }],
    run: async (world, given) => {
      world.network.inject(world.modem(given.text('modem')).number, given.text('tpdu'))
    },
  },
  {
    name: 'ledger',
    summary: "The radio network's book: every text, how often each part was accepted and taken.",
    parameters: [
      { name: 'from', summary: 'only of this modem or number', kind: 'text' },
      { name: 'to', summary: 'only to this modem, person or number', kind: 'text' },
    ],
    run: async (world, given) => {
      const [from, to] = [given.optionalText('from'), given.optionalText('to')]
      return world.network.ledger.texts({
        ...(from === undefined ? {} : { from: anyNumber(world, from) }),
        ...(to === undefined ? {} : { to: anyNumber(world, to) }),
      })
    },
  },
]

function view({ key, label, number, port, modem }: WorldModem) {
  return {
    key,
    label,
    number,
    model: modem.profile.model,
    port: `tcp://127.0.0.1:${port}`,
    attached: modem.isAttached,
    coverage: modem.coverage,
    storage: [...modem.storages.values()].map(({ name, used, size }) => ({ memory: name, used, total: size })),
    faults: modem.faults.armed().map(({ fault, happened }) => ({ ...fault, happened })),
  }
}

function anyNumber(world: SandboxWorld, name: string): string {
  const person = world.people.find(({ key }) => key === name.toLowerCase())
  return person?.number ?? world.numberOf(name)
}

/** The fault's own fields are checked by nobody: who writes JSON here has read the table. */
function asFault(value: unknown): Fault {
  const kind = (value as { kind?: unknown } | null)?.kind
  if (typeof kind !== 'string') throw new ActionError('bad-argument', 'fault: needs a kind')
  return value as Fault
}
