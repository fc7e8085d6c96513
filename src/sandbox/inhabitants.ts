/**
 * Who lives in the sandbox. Everybody has a phone with a number on the simulated radio network; most have Signal on it,
 * too. The cast is data; what they do by themselves is little: phones answer receipts, and the bot echoes.
 */

import type { RadioNetwork } from '../../modem/sim/network.ts'
import type { Person } from '../../modem/sim/person.ts'
import { SignalPerson } from './people.ts'
import { portraitPicture } from './portrait-picture.ts'
import type { SignalHost } from './signal-host.ts'

interface Role {
  /** How the console calls them. */
  key: string
  name: string
  number: string
  /** `left`: was there, and the directory has not noticed yet. */
  signal: 'yes' | 'no' | 'left'
  echoes: boolean
  /** Their username on Signal. */
  username?: string
  /** On their profile. */
  hasPicture?: true
  summary: string
}

const cast: readonly Role[] = [
  {
    key: 'ana',
    name: 'Ana',
    number: '+15550000201',
    signal: 'yes',
    echoes: false,
    username: 'ana.42',
    hasPicture: true,
    summary: 'is on Signal',
  },
  { key: 'ben', name: 'Ben', number: '+15550000202', signal: 'no', echoes: false, summary: 'has text messages only' },
  { key: 'chloe', name: 'Chloe', number: '+15550000203', signal: 'left', echoes: false, summary: 'has left Signal' },
  {
    key: 'dev',
    name: 'Dev',
    number: '+15550000204',
    signal: 'yes',
    echoes: false,
    summary: 'gets a new phone on command',
  },
  { key: 'echo', name: 'Echo', number: '+15550000205', signal: 'yes', echoes: true, summary: 'answers what you write' },
]

export interface Inhabitant {
  key: string
  name: string
  number: string
  summary: string
  /** Their phone on the radio network. */
  phone: Person
  /** Their account; undefined for somebody who never had one. */
  signal: SignalPerson | undefined
}

/** Moves everybody in. `failed` hears of an echo that could not be sent. */
export async function moveIn(
  network: RadioNetwork,
  host: SignalHost,
  failed: (error: unknown) => void,
): Promise<readonly Inhabitant[]> {
  const inhabitants: Inhabitant[] = []
  for (const { key, name, number, signal, echoes, username, hasPicture, summary } of cast) {
    const phone = network.person(number, name)
    const person = signal === 'no' ? undefined : await SignalPerson.join(host, { name, e164: number })
    if (person !== undefined && username !== undefined) await host.setUsername(person.aci, username)
    if (hasPicture) person?.showPicture(portraitPicture(name))
    if (signal === 'left') await person?.leaveSignal({ stayListed: true })
    if (echoes) echo(phone, person, failed)
    inhabitants.push({ key, name, number, summary, phone, signal: person })
  }
  return inhabitants
}

function echo(phone: Person, person: SignalPerson | undefined, failed: (error: unknown) => void): void {
  phone.onText(({ from, text }) => {
    try {
      phone.send(from, text)
    } catch (error) {
      failed(error)
    }
  })
  person?.onText(({ fromE164, text, groupId }, pointers) => {
    if (groupId !== undefined) person.sendToGroup(groupId, text).catch(failed)
    if (groupId !== undefined || fromE164 === undefined) return
    // A file is passed on as it lies at the content server.
    if (pointers.length > 0) person.sendMessage(fromE164, { body: text, attachments: [...pointers] }).catch(failed)
    else person.sendText(fromE164, text).catch(failed)
  })
}
