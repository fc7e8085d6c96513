/** What can be made to go wrong inside a simulated modem, on command: the one way to every fault of `modem/sim/faults.ts`. */
import { FAULT_FIELDS, faultOfWords, faultProblem, isFault } from '../../modem/sim/faultjson.ts'
import { FAULT_PHASES, type Fault } from '../../modem/sim/faults.ts'
import { type Action, ActionError, type Arguments, type Parameter } from './action.ts'
import type { RadioWorld } from './radio-world.ts'

const modem: Parameter = { name: 'modem', summary: 'which one: a, b or its number', kind: 'text', fallback: 'a' }
const times: Parameter = { name: 'times', summary: 'how often', kind: 'integer', fallback: 1 }

/** What the fields of a fault mean; those without a word are said by their name. */
const MEANINGS: Readonly<Record<string, string>> = {
  command: 'at which command, as +CMGS; * is any',
  skip: 'lets so many of them pass first',
  times: 'how often it happens, or always',
  phase: `at which step: ${FAULT_PHASES.join(', ')}`,
  forMs: 'plugged in again by itself after so many ms',
  power: 'lost, or kept (only the wire is cut)',
  family: 'of the error: cms, cme or plain',
  code: 'number of the error',
  at: 'where the error comes: prompt or body',
  where: 'before, inside or after the answer, or at the prompt',
  lines: 'whole lines, one a line',
  line: 'the second final result; or the only command line that is meant',
  hex: 'octets in hex',
  bytes: 'size of the pieces',
  delayMs: 'how much later, in ms',
  silent: 'restarts without boot lines',
  cure: 'what makes it speak again: reopen, restart or power',
  text: 'what is said in place of the answer',
  fate: 'of status reports: lost, slow or duplicate',
}

const fields: readonly Parameter[] = FAULT_FIELDS.map((field) => ({
  name: snake(field),
  summary: MEANINGS[field] ?? field,
  kind: field === 'silent' ? 'flag' : 'text',
}))

export const faultActions: readonly Action<RadioWorld>[] = [
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
    summary: 'Arms any fault that the simulated modem knows, as `unplug --phase in-body --nth 2`.',
    parameters: [
      modem,
      {
        name: 'fault',
        summary: 'its kind as modem/sim/faults.ts has it, or all of it as {"kind":"unplug","phase":"in-body"}',
        kind: 'data',
        required: true,
      },
      { name: 'nth', summary: 'at which matching command (1: the next)', kind: 'integer' },
      ...fields,
    ],
    check: (given) => {
      armable(given)
    },
    run: async (world, given) => ({ id: world.modem(given.text('modem')).modem.fault(armable(given)).id }),
  },
  {
    name: 'faults',
    summary: 'What is armed, and how often each has happened.',
    parameters: [modem],
    run: async (world, given) =>
      world
        .modem(given.text('modem'))
        .modem.faults.armed()
        .map(({ id, fault, happened }) => ({ id, fault, happened })),
  },
  {
    name: 'clear-faults',
    summary: 'Takes one fault of a modem away, or all.',
    parameters: [modem, { name: 'id', summary: 'which one', kind: 'integer' }],
    run: async (world, given) => {
      const { faults } = world.modem(given.text('modem')).modem
      const id = given.optionalInteger('id')
      for (const armed of [...faults.armed()]) if (id === undefined || armed.id === id) armed.remove()
    },
  },
]

/** Throws ActionError `bad-argument` with what would be right. */
function armable(given: Arguments): Fault {
  const fault = given.json('fault')
  const words: Record<string, string> = {}
  for (const field of FAULT_FIELDS) {
    const word = given.json(snake(field))
    if (word !== undefined) words[field] = String(word)
  }
  const nth = given.optionalInteger('nth')
  if (nth !== undefined) {
    if (nth < 1) throw new ActionError('bad-argument', 'fault: nth counts from 1')
    words['skip'] = String(nth - 1)
  }
  const kind = typeof fault === 'string' ? fault : kindOf(fault)
  const whole = { ...(typeof fault === 'object' ? fault : undefined), ...faultOfWords(kind, words) }
  if (isFault(whole)) return whole
  throw new ActionError('bad-argument', `fault: ${faultProblem(whole) ?? 'that is no fault'}`)
}

function kindOf(fault: unknown): string {
  return typeof fault === 'object' && fault !== null && 'kind' in fault ? String(fault.kind) : ''
}

/** `forMs` as the console writes it: `for_ms`. */
function snake(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
