/**
 * What a modem says unasked, brought to whom it concerns: messages to the reception, calls, USSD, the network's state, the
 * SIM, the supply. What nobody knows is logged, never fatal.
 */
import { decimal } from './at/fields.ts'
import { REGISTRATION_PREFIXES } from './at/general.ts'
import type { Urc } from './at/urc.ts'
import { CALL_URCS } from './calls.ts'
import type { Registration } from './contract.ts'
import type { Link } from './link.ts'
import type { ModemProfile } from './profile.ts'
import type { Log } from './serial/surroundings.ts'

/** Direct messages kept while the start sequence runs. A modem that waits for +CNMA sends one. */
const EARLY_MAX = 64
/** Said by several families, also by ones that no profile knows. */
const MEMORY_FULL_URCS: ReadonlySet<string> = new Set(['+SMS FULL', '^SMMEMFULL'])

/** What concerns the modem as a whole. */
export interface HeardHost {
  readonly id: string
  readonly log: Log
  readonly profile: ModemProfile | undefined
  registration(registration: Registration): void
  /** What is known of its networks has changed. */
  networksChanged(): void
  /** `READY`, `NOT INSERTED` and the like. */
  simState(state: string): void
  underVoltage(words: string): void
}

/** Takes one indication of the present link. */
export function heard(urc: Urc, link: Link, host: HeardHost): void {
  const prefix = REGISTRATION_PREFIXES.find((each) => each === urc.name)
  if (prefix !== undefined) {
    const stat = decimal(urc.fields[0])
    if (stat !== undefined && link.health !== undefined) host.registration(link.health.noteRegistration(prefix, stat))
    return
  }
  switch (urc.name) {
    case '+CMTI:':
    case '+CDSI:':
    case '+CBMI:':
      link.reception?.indicated(urc)
      return
    case '+CMT:':
    case '+CDS:':
    case '+CBM:':
      if (link.reception !== undefined) link.reception.direct(urc)
      else if (link.early.length < EARLY_MAX) link.early.push(urc)
      return
    case '+CIREGU:':
      link.health?.noteIms(decimal(urc.fields[0]) === 1)
      host.networksChanged()
      return
    case '+CUSD:':
      link.ussd.heard(urc)
      return
    case '+CPIN:':
      host.simState(urc.fields[0] ?? '')
      return
    case 'UNDER-VOLTAGE':
      host.log.warn({ modemId: host.id }, 'the modem says its supply voltage is too low: use a powered hub')
      host.underVoltage('the modem has said that its supply voltage is too low')
      return
    default:
      if (CALL_URCS.has(urc.name)) link.calls.heard(urc)
      else if (saysMemoryFull(urc, host.profile)) void link.reception?.sweep()
      else if (!urc.known) host.log.debug({ modemId: host.id, line: urc.text }, 'the modem said something unknown')
  }
}

function saysMemoryFull(urc: Urc, profile: ModemProfile | undefined): boolean {
  const row = profile?.urcs.find(({ prefix }) => prefix === urc.name)
  return row?.meaning === 'memory-full' || MEMORY_FULL_URCS.has(urc.name) || urc.text.includes('SMSFULL')
}
