/** What is written and kept on the radio network: texts and octets on the air, phones, memories, and the network's book. */
import type { PhoneState } from '../../modem/sim/person.ts'
import { type Action, ActionError, type Parameter } from './action.ts'
import { type RadioWorld, shownModem, type WorldModem } from './radio-world.ts'

const modem: Parameter = { name: 'modem', summary: 'which one: a, b or its number', kind: 'text', fallback: 'a' }
const memory: Parameter = { name: 'memory', summary: 'which memory', kind: 'text', fallback: 'SM' }

const phoneStates: readonly PhoneState[] = ['on', 'off', 'full']
const classes = [0, 1, 2, 3] as const

export const airActions: readonly Action<RadioWorld>[] = [
  {
    name: 'text',
    summary: 'Somebody sends a text message to a modem.',
    parameters: [
      { name: 'from', summary: 'who: a name or a number', kind: 'text', required: true },
      { name: 'text', summary: 'what is written', kind: 'text', required: true },
      { name: 'to', summary: 'which modem (a, b) or number', kind: 'text', fallback: 'a' },
      { name: 'class', summary: 'message class (0: a flash message)', kind: 'integer', oneOf: ['0', '1', '2', '3'] },
    ],
    run: async (world, given) => {
      const messageClass = classes.find((known) => known === given.optionalInteger('class'))
      const options = messageClass === undefined ? {} : { messageClass }
      const to = world.numberOf(given.text('to'))
      return { parts: world.phone(given.text('from')).send(to, given.text('text'), options).length }
    },
  },
  {
    name: 'phone',
    summary: "Somebody's phone is off, or full: texts wait for it at the network.",
    parameters: [
      { name: 'person', summary: 'who: a name or a number', kind: 'text', required: true },
      { name: 'state', summary: 'what it shall be', kind: 'text', required: true, oneOf: phoneStates },
    ],
    run: async (world, given) => {
      const state = phoneStates.find((known) => known === given.text('state'))
      if (state !== undefined) world.phone(given.text('person')).setPhone(state)
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
  onMemory('fill-sim', 'A memory of a modem is full of old texts.', (target, name) => {
    target.modem.fillStorage(name)
    return shownModem(target)
  }),
  onMemory('empty-sim', 'A memory of a modem is emptied from outside.', (target, name) => {
    target.modem.clearStorage(name)
    return shownModem(target)
  }),
  onMemory('memory', 'What is in a memory of a modem.', (target, name) => {
    const storage = target.modem.storage(name)
    return { memory: name, used: storage.used, total: storage.size, slots: storage.slots() }
  }),
  {
    name: 'plant',
    summary: 'Puts octets, or anything at all, into a memory of a modem, unknown to the network.',
    parameters: [
      modem,
      memory,
      { name: 'pdu', summary: 'SCA and TPDU in hex', kind: 'text', required: true },
      { name: 'slot', summary: 'where; the first that is free when left out', kind: 'integer' },
    ],
    run: async (world, given) => {
      const { modem: target } = world.modem(given.text('modem'))
      return {
        slot: possible(() => target.plant(given.text('memory'), given.text('pdu'), given.optionalInteger('slot'))),
      }
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
        ...(from === undefined ? {} : { from: world.numberOf(from) }),
        ...(to === undefined ? {} : { to: world.numberOf(to) }),
      })
    },
  },
]

/** An action on one memory. */
function onMemory(
  name: string,
  summary: string,
  act: (target: WorldModem, memory: string) => unknown,
): Action<RadioWorld> {
  return {
    name,
    summary,
    parameters: [modem, memory],
    run: async (world, given) => possible(() => act(world.modem(given.text('modem')), given.text('memory'))),
  }
}

/** Turns what the modem says it cannot into words for whoever asked. */
function possible<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof RangeError) throw new ActionError('impossible', error.message)
    throw error
  }
}
