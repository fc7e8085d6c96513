/** A message on its way out: the time that it takes on the air, what can keep it from leaving, and its reference. */
import { pause, type SimClock } from './clock.ts'
import { cmsError } from './failure.ts'
import type { Pace } from './profile.ts'
import type { Settings } from './settings.ts'
import type { SimCard } from './simcard.ts'
import type { Subscription } from './station.ts'

const NO_NETWORK = 331
const NO_SMSC = 330

export interface TransmitterHost {
  readonly clock: SimClock
  readonly card: SimCard
  readonly settings: Settings
  readonly smsc: string
  readonly isServed: boolean
  paceMs(what: keyof Pace): number
}

/** Takes the time of one message; less while +CMMS holds the link (27.005 §3.5.6). */
export async function airTime({ clock, settings, paceMs }: Omit<TransmitterHost, 'card'>): Promise<void> {
  if (paceMs('submitMs') === 0) return
  const isLinked = settings.cmms !== 0 && clock.nowMs() <= settings.linkHeldUntilMs
  await pause(clock, paceMs(isLinked ? 'submitLinkedMs' : 'submitMs'))
  settings.linkHeldUntilMs = clock.nowMs() + paceMs('linkHeldMs')
}

/** Hands an SMS-SUBMIT to the network under the SIM's next TP-MR, which it returns. Throws AtFailure. */
export function transmit(tpdu: Uint8Array, host: TransmitterHost, subscription: Subscription): number {
  if (!host.isServed) throw cmsError(NO_NETWORK)
  if (host.smsc === '') throw cmsError(NO_SMSC)
  const reference = host.card.nextReference()
  const numbered = Uint8Array.from(tpdu)
  numbered[1] = reference
  const submission = subscription.submit(numbered)
  if (!submission.accepted) throw cmsError(submission.cause)
  return reference
}
