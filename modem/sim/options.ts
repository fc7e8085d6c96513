/** What a simulated modem can be made with, and what that leaves to be filled in. */
import type { SimClock } from './clock.ts'
import type { Coverage } from './context.ts'
import { DEFAULT_PROFILE, type ModemProfile } from './profile.ts'
import { familyProfile } from './profiles.ts'
import { SimCard } from './simcard.ts'
import type { UssdAnswer } from './ussd.ts'

export interface SimulatedModemOptions {
  /** E.164 of the SIM. */
  number: string
  name?: string
  imei?: string
  imsi?: string
  iccid?: string
  pin?: string
  puk?: string
  /** The name and the mark (hex) of whoever sold the SIM; left out: it has neither. */
  spn?: string
  gid1?: string
  /** One of `FAMILIES`; what `profile` says goes before it. */
  family?: string
  profile?: Partial<ModemProfile>
  /** `zero` (default), `realistic`, or realistic times a factor. */
  timing?: 'zero' | 'realistic' | { factor: number }
  coverage?: Coverage
  /** How long a +CMT or +CDS waits for its +CNMA. */
  cnmaTimeoutMs?: number
  /** Answers to USSD requests; menus wait for replies. */
  ussd?: Readonly<Record<string, UssdAnswer>>
  clock?: SimClock
}

export interface UnplugOptions {
  /** Plugged in again by itself after this; otherwise by `plug()`. */
  forMs?: number
  /** `lost` (default): the modem is off meanwhile and starts anew. `kept`: only the wire to it is cut. */
  power?: 'lost' | 'kept'
}

/** Answers to USSD requests of a modem that was given none. */
export const USSD_ANSWERS: Readonly<Record<string, UssdAnswer>> = {
  '*100#': 'Balance: 12.34 EUR',
  '*101#': { text: '1 Balance\n2 Top up', replies: { '1': 'Balance: 12.34 EUR', '2': 'Sent.' } },
}

/** The family's habits, and before them what the options say. Throws RangeError for no known family. */
export function profileFor({ family, profile }: Pick<SimulatedModemOptions, 'family' | 'profile'>): ModemProfile {
  return { ...DEFAULT_PROFILE, ...(family === undefined ? {} : familyProfile(family)), ...profile }
}

/** Identities that were not given are made of the number. */
export function cardFor({ number, imsi, iccid, pin, puk, spn, gid1 }: SimulatedModemOptions): SimCard {
  return new SimCard({
    number,
    imsi: imsi ?? `26299${lastDigits(number)}`,
    iccid: iccid ?? `894929900${lastDigits(number)}`,
    ...(pin === undefined ? {} : { pin }),
    ...(puk === undefined ? {} : { puk }),
    ...(spn === undefined ? {} : { spn }),
    ...(gid1 === undefined ? {} : { gid1 }),
  })
}

export function imeiFor({ number, imei }: SimulatedModemOptions): string {
  return imei ?? `86000${lastDigits(number)}`
}

/** What the profile's times are multiplied with. */
export function timingFactor({ timing = 'zero' }: SimulatedModemOptions): number {
  return typeof timing === 'object' ? timing.factor : timing === 'realistic' ? 1 : 0
}

function lastDigits(number: string): string {
  return number.replace(/\D/g, '').slice(-10).padStart(10, '0')
}
