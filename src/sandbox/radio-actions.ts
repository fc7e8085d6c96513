/** What can happen to modems, on command: their make, coverage, wire, SIM, and what the network says to them. */
import { FAMILIES } from '../../modem/sim/profiles.ts'
import { type Action, ActionError, type Parameter } from './action.ts'
import { type RadioWorld, shownModem } from './radio-world.ts'

const modem: Parameter = { name: 'modem', summary: 'which one: a, b or its number', kind: 'text', fallback: 'a' }

/** More would only fill this process's own memory. */
const FLOOD_BYTES_MAX = 16_000_000

const coverages = ['home', 'roaming', 'sms-only', 'searching', 'denied', 'none'] as const

export const radioActions: readonly Action<RadioWorld>[] = [
  {
    name: 'modems',
    summary: 'The modems, and how they are.',
    parameters: [],
    run: async (world) => world.modems.map(shownModem),
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
      return shownModem(target)
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
      return shownModem(target)
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
        ...(from === undefined ? {} : { from: world.numberOf(from) }),
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
    name: 'card',
    summary: 'The SIM of a modem is taken out, or put in.',
    parameters: [modem, { name: 'inserted', summary: 'whether it is in', kind: 'flag', required: true }],
    run: async (world, given) => {
      const target = world.modem(given.text('modem'))
      target.modem.setCardInserted(given.flag('inserted'))
      return shownModem(target)
    },
  },
  {
    name: 'lock',
    summary: 'The SIM of a modem asks for a PIN from now on, or no more; the modem restarts.',
    parameters: [modem, { name: 'pin', summary: 'four to eight digits; none when left out', kind: 'text' }],
    run: async (world, given) => {
      const target = world.modem(given.text('modem'))
      const pin = given.optionalText('pin')
      if (pin !== undefined && !/^\d{4,8}$/.test(pin)) throw new ActionError('invalid-pin', 'a PIN has 4 to 8 digits')
      target.modem.card.setPin(pin)
      target.modem.reboot()
      return shownModem(target)
    },
  },
  {
    name: 'say',
    summary: 'A modem says a line that nobody asked for.',
    parameters: [modem, { name: 'line', summary: 'what it says', kind: 'text', required: true }],
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.say(`\r\n${given.text('line')}\r\n`)
    },
  },
  {
    name: 'flood',
    summary: 'A modem says hostile lines without end.',
    parameters: [
      modem,
      { name: 'bytes', summary: `how much, at most ${FLOOD_BYTES_MAX}`, kind: 'integer', required: true },
      { name: 'line_ends', summary: 'in lines, or as one endless one', kind: 'flag', fallback: true },
    ],
    check: (given) => {
      const bytes = given.integer('bytes')
      if (bytes < 0 || bytes > FLOOD_BYTES_MAX) {
        throw new ActionError('bad-argument', `flood: bytes must be 0 to ${FLOOD_BYTES_MAX}`)
      }
    },
    run: async (world, given) => {
      world.modem(given.text('modem')).modem.flood(given.integer('bytes'), given.flag('line_ends'))
    },
  },
  {
    name: 'echo-on',
    summary: 'A modem forgets ATE0 and echoes again.',
    parameters: [modem],
    run: async (world, given) => world.modem(given.text('modem')).modem.echoOn(),
  },
  {
    name: 'commands',
    summary: 'What was asked of a modem, oldest first.',
    parameters: [modem],
    run: async (world, given) => world.modem(given.text('modem')).modem.commandLines,
  },
]
