/**
 * The radio side of a simulated world by command: JSON in, JSON out, for the sandbox's control port and `causeway sim`.
 *
 *   handleSimCommand(world, { action: 'text', from: '+4915550002', to: '+4915550001', text: 'hello' })
 *
 * `modem` in a command is its name or its number. Errors are SimCommandErrors with a stable code; nothing else is thrown
 * for anything that a command may hold.
 */
import { PduError } from '../pdu/error.ts'
import { COVERAGE_STAT, type Coverage } from './context.ts'
import { faultProblem, isFault } from './faultjson.ts'
import type { LedgerEntry, LedgerFilter } from './ledger.ts'
import type { SimulatedModem } from './modem.ts'
import type { RadioNetwork } from './network.ts'
import type { Person, PhoneState } from './person.ts'

/** A control command may not ask for more flood than this. */
const FLOOD_BYTES_MAX = 16_000_000

export interface SimWorld {
  network: RadioNetwork
  modems: readonly SimulatedModem[]
}

export type SimCommandErrorCode = 'unknown-action' | 'bad-field' | 'unknown-modem' | 'unknown-number' | 'refused'

export class SimCommandError extends Error {
  readonly code: SimCommandErrorCode

  constructor(code: SimCommandErrorCode, message: string) {
    super(message)
    this.name = 'SimCommandError'
    this.code = code
  }
}

/** As it came: `action` and that action's fields. */
export type SimCommand = Readonly<Record<string, unknown>>

type Action = (world: SimWorld, command: SimCommand) => unknown

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  /** {} → every modem and person. */
  ['status', ({ modems, network }) => ({ modems: modems.map(shownModem), people: network.people().map(shownPerson) })],
  /** { from, to, text, class? } → the ledger's entries. `from` is made up when unknown; it may be a name. */
  [
    'text',
    ({ network, modems }, command) => {
      const to = modems.find(({ name }) => name === command['to'])?.number ?? textField(command, 'to')
      const flash = command['class']
      if (flash !== undefined && flash !== 0 && flash !== 1 && flash !== 2 && flash !== 3) {
        throw badField('class', '0, 1, 2 or 3')
      }
      const entries = network
        .person(textField(command, 'from'))
        .send(to, textField(command, 'text'), flash === undefined ? {} : { messageClass: flash })
      return { entries: entries.map(shownEntry) }
    },
  ],
  /** { to, tpdu } → {}: any octets (hex, without SCA) as a message of the network. */
  [
    'inject',
    ({ network }, command) => {
      network.inject(textField(command, 'to'), textField(command, 'tpdu'))
      return {}
    },
  ],
  /** { person, state: on|off|full } */
  [
    'phone',
    (world, command) => {
      const person = personField(world, command)
      person.setPhone(choice<PhoneState>(command, 'state', ['on', 'off', 'full']))
      return shownPerson(person)
    },
  ],
  /** { person } → the texts that the person got, oldest first. */
  ['inbox', (world, command) => ({ texts: personField(world, command).inbox })],
  /** { modem, forMs?, power?: lost|kept } */
  [
    'unplug',
    (world, command) => {
      const forMs = optionalCount(command, 'forMs')
      modemField(world, command).unplug({
        ...(forMs === undefined ? {} : { forMs }),
        power: command['power'] === undefined ? 'lost' : choice(command, 'power', ['lost', 'kept'] as const),
      })
      return {}
    },
  ],
  [
    'plug',
    async (world, command) => {
      await modemField(world, command).plug()
      return {}
    },
  ],
  /** { modem, silent? } */
  [
    'reboot',
    (world, command) => {
      modemField(world, command).reboot({ silent: command['silent'] === true })
      return {}
    },
  ],
  /** { modem, fault } → { id }, see faults.ts. */
  [
    'fault',
    (world, command) => {
      const modem = modemField(world, command)
      const fault = command['fault']
      if (!isFault(fault)) throw new SimCommandError('bad-field', faultProblem(fault) ?? 'that is no fault')
      return { id: modem.fault(fault).id }
    },
  ],
  /** { modem } → what is armed. */
  [
    'faults',
    (world, command) => ({
      faults: modemField(world, command)
        .faults.armed()
        .map(({ id, fault, happened }) => ({ id, fault, happened })),
    }),
  ],
  /** { modem, id? }: one fault, or all. */
  [
    'clear-faults',
    (world, command) => {
      const { faults } = modemField(world, command)
      const id = optionalCount(command, 'id')
      if (id === undefined) faults.clear()
      else
        faults
          .armed()
          .find((armed) => armed.id === id)
          ?.remove()
      return {}
    },
  ],
  /** { modem, memory, do: list|fill|clear|put, pdu?, slot? } → the slots. */
  ['storage', storageAction],
  /** { modem, coverage } */
  [
    'coverage',
    (world, command) => {
      const modem = modemField(world, command)
      modem.setCoverage(choice(command, 'coverage', Object.keys(COVERAGE_STAT).filter(isCoverage)))
      return shownModem(modem)
    },
  ],
  /** { modem, from?, rings?, everyMs? } → { outcome }, when the call has ended. */
  [
    'call',
    async (world, command) => {
      const rings = optionalCount(command, 'rings')
      const everyMs = optionalCount(command, 'everyMs')
      const outcome = await modemField(world, command).calls.ring({
        ...(command['from'] === undefined ? {} : { from: textField(command, 'from') }),
        ...(rings === undefined ? {} : { rings }),
        ...(everyMs === undefined ? {} : { everyMs }),
      })
      return { outcome }
    },
  ],
  /** { modem, id, text, serial? } */
  [
    'broadcast',
    (world, command) => {
      const serial = optionalCount(command, 'serial')
      modemField(world, command).broadcast({
        messageId: optionalCount(command, 'id') ?? 0,
        text: textField(command, 'text'),
        ...(serial === undefined ? {} : { serial }),
      })
      return {}
    },
  ],
  /** { modem, text }: USSD that the network begins. */
  [
    'ussd',
    (world, command) => {
      modemField(world, command).ussd.push(textField(command, 'text'))
      return {}
    },
  ],
  /** { modem, inserted } */
  [
    'card',
    (world, command) => {
      const modem = modemField(world, command)
      modem.setCardInserted(command['inserted'] !== false)
      return shownModem(modem)
    },
  ],
  /** { modem, text }: as it is, to whoever is attached. */
  [
    'say',
    (world, command) => {
      modemField(world, command).say(textField(command, 'text'))
      return {}
    },
  ],
  /** { modem, bytes, lineEnds? } */
  [
    'flood',
    (world, command) => {
      const bytes = optionalCount(command, 'bytes') ?? 0
      if (bytes > FLOOD_BYTES_MAX) throw badField('bytes', `at most ${FLOOD_BYTES_MAX}`)
      modemField(world, command).flood(bytes, command['lineEnds'] !== false)
      return {}
    },
  ],
  [
    'echo-on',
    (world, command) => {
      modemField(world, command).echoOn()
      return {}
    },
  ],
  /** { modem } → what was asked of it, oldest first. */
  ['commands', (world, command) => ({ lines: modemField(world, command).commandLines })],
  /** { from?, to?, whole? } → entries, or whole texts with counts per part. */
  [
    'ledger',
    ({ network }, command) => {
      const filter: LedgerFilter = {
        ...(command['from'] === undefined ? {} : { from: textField(command, 'from') }),
        ...(command['to'] === undefined ? {} : { to: textField(command, 'to') }),
      }
      if (command['whole'] === true) return { texts: network.ledger.texts(filter) }
      return { entries: network.ledger.entries(filter).map(shownEntry), forgotten: network.ledger.forgotten }
    },
  ],
])

/**
 * Carries out one command. Resolves with plain JSON; rejects with SimCommandError (`unknown-action`, `bad-field`,
 * `unknown-modem`, `unknown-number`, `refused`).
 */
export async function handleSimCommand(world: SimWorld, command: SimCommand): Promise<unknown> {
  const name = command['action']
  const action = ACTIONS.get(typeof name === 'string' ? name : '')
  if (action === undefined) {
    throw new SimCommandError('unknown-action', `the action is one of ${[...ACTIONS.keys()].join(', ')}`)
  }
  try {
    return await action(world, command)
  } catch (error) {
    if (error instanceof SimCommandError) throw error
    if (error instanceof PduError) throw new SimCommandError('bad-field', error.message)
    if (error instanceof Error) throw new SimCommandError('refused', error.message)
    throw error
  }
}

function storageAction(world: SimWorld, command: SimCommand): unknown {
  const modem = modemField(world, command)
  const memory = textField(command, 'memory')
  const storage = modem.storages.get(memory)
  if (storage === undefined) throw badField('memory', `one of ${[...modem.storages.keys()].join(', ')}`)
  switch (choice(command, 'do', ['list', 'fill', 'clear', 'put'] as const)) {
    case 'list':
      break
    case 'fill':
      modem.fillStorage(memory)
      break
    case 'clear':
      modem.clearStorage(memory)
      break
    case 'put':
      modem.plant(memory, textField(command, 'pdu'), optionalCount(command, 'slot'))
      break
  }
  return { used: storage.used, size: storage.size, slots: storage.slots() }
}

function shownModem(modem: SimulatedModem) {
  const { name, number, imei, coverage, isAttached, isPlugged } = modem
  const storages = [...modem.storages.values()].map((storage) => ({
    memory: storage.name,
    used: storage.used,
    size: storage.size,
  }))
  return { name, number, imei, coverage, isAttached, isPlugged, storages, faults: modem.faults.armed().length }
}

function shownPerson({ name, number, phone, inbox }: Person) {
  return { name, number, phone, texts: inbox.length }
}

function shownEntry(entry: LedgerEntry) {
  return { ...entry }
}

function modemField({ modems }: SimWorld, command: SimCommand): SimulatedModem {
  const wanted = textField(command, 'modem')
  const modem = modems.find(({ name, number }) => name === wanted || number === wanted)
  if (modem !== undefined) return modem
  throw new SimCommandError('unknown-modem', `the modem is one of ${modems.map(({ name }) => name).join(', ')}`)
}

function personField({ network }: SimWorld, command: SimCommand): Person {
  const wanted = textField(command, 'person')
  const person = network.people().find(({ name, number }) => name === wanted || number === wanted)
  if (person !== undefined) return person
  const names = network.people().map(({ name }) => name)
  throw new SimCommandError('unknown-number', `the person is one of ${names.join(', ')}`)
}

function textField(command: SimCommand, field: string): string {
  const value = command[field]
  if (typeof value !== 'string' || value === '') throw badField(field, 'a string that is not empty')
  return value
}

function optionalCount(command: SimCommand, field: string): number | undefined {
  const value = command[field]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw badField(field, 'a whole number')
  return value
}

function choice<T extends string>(command: SimCommand, field: string, values: readonly T[]): T {
  const found = values.find((value) => value === command[field])
  if (found === undefined) throw badField(field, `one of ${values.join(', ')}`)
  return found
}

function isCoverage(value: string): value is Coverage {
  return value in COVERAGE_STAT
}

function badField(field: string, wants: string): SimCommandError {
  return new SimCommandError('bad-field', `${field} must be ${wants}`)
}
