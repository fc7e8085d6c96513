/** What a registration waits for, in words. Pure. */
import type { RegistrationStep } from './contract.ts'

const minuteMs = 60_000

/** The reason of the state `registering`. */
export function waitsFor(registration: Exclude<RegistrationStep, { step: 'failed' }>, nowMs: number): string {
  const { step } = registration
  if (step === 'transfer') return 'Signal offers to move the phone’s messages to a new phone: they cannot come here'
  if (step !== 'pin') return `registration waits for: ${step}`
  const leftMs = registration.lockedUntilMs - nowMs
  if (leftMs <= 0) return 'the lock of this number by a Signal PIN has ended: register again'
  const wait = `without it the lock ends in ${inWords(leftMs)}, unless somebody uses the account until then`
  return registration.isPinOfUse
    ? `the number is protected by a Signal PIN: hand it over; ${wait}`
    : `the number is protected by a Signal PIN that Signal no longer keeps; ${wait}`
}

/** In the two largest units, rounded up: `6 days 23 hours`, `1 minute`. */
function inWords(ms: number): string {
  const minutes = Math.ceil(ms / minuteMs)
  const parts = [said(Math.floor(minutes / 1440), 'day'), said(Math.floor((minutes % 1440) / 60), 'hour')]
  return [...parts, said(minutes % 60, 'minute')]
    .filter((part) => part !== '')
    .slice(0, 2)
    .join(' ')
}

function said(count: number, unit: string): string {
  return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`
}
