/** What the actions of the radio need of a world: the sandbox has it, and so has the world of a scenario file. */
import type { SimulatedModem } from '../../modem/sim/modem.ts'
import type { RadioNetwork } from '../../modem/sim/network.ts'
import type { Person } from '../../modem/sim/person.ts'
import { ActionError } from './action.ts'

export interface WorldModem {
  /** How the console calls it. */
  key: string
  label: string
  number: string
  /** AT over TCP on 127.0.0.1. */
  port: number
  modem: SimulatedModem
}

export interface RadioWorld {
  readonly network: RadioNetwork
  readonly modems: readonly WorldModem[]
  /** By key, label or number. Throws ActionError `unknown-modem`. */
  modem(nameOrNumber: string): WorldModem
  /** The number of a modem or of somebody; a number as it is. Throws ActionError `unknown-modem`. */
  numberOf(nameOrNumber: string): string
  /** Somebody's phone on the radio network. Throws ActionError `unknown-person`. */
  phone(nameOrNumber: string): Person
}

/** Throws ActionError `unknown-modem`, saying which there are. */
export function findModem<M extends WorldModem>(modems: readonly M[], nameOrNumber: string): M {
  const wanted = nameOrNumber.toLowerCase()
  const found = modems.find(({ key, label, number }) => [key, label, number].includes(wanted))
  if (found !== undefined) return found
  const known = modems.map(({ key }) => key).join(', ')
  throw new ActionError('unknown-modem', `there is no modem ${nameOrNumber}; there are ${known}`)
}

/** A modem as the console shows it. */
export function shownModem({ key, label, number, port, modem }: WorldModem) {
  return {
    key,
    label,
    number,
    model: modem.profile.model,
    port: `tcp://127.0.0.1:${port}`,
    attached: modem.isAttached,
    plugged: modem.isPlugged,
    coverage: modem.coverage,
    storage: [...modem.storages.values()].map(({ name, used, size }) => ({ memory: name, used, total: size })),
    faults: modem.faults.armed().map(({ fault, happened }) => ({ ...fault, happened })),
  }
}
