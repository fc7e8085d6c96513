/**
 * What a group of these people can be: encrypted where everybody is on Signal, of phone numbers where somebody is not, and
 * never a mixture of both. Pure.
 */
import type { SignalStanding } from '../../domain/contact.ts'

export interface Candidate {
  id: string
  standing: SignalStanding
  /** There is a phone number to write to. */
  hasNumber: boolean
}

export type GroupKind =
  | { kind: 'nobody' }
  | { kind: 'signal' }
  /** `because`: who is not on Signal; empty where Signal is not in use here at all. */
  | { kind: 'phone'; because: readonly string[] }
  /** One person alone is no group of phone numbers. */
  | { kind: 'few'; because: readonly string[] }
  /** Neither: `because` are not on Signal, `numberless` are nowhere else. */
  | { kind: 'impossible'; because: readonly string[]; numberless: readonly string[] }

/** `hasSignal`: an account is there, and the mode lets Signal be used. */
export function groupKind(people: readonly Candidate[], hasSignal: boolean): GroupKind {
  if (people.length === 0) return { kind: 'nobody' }
  const because = people.filter(({ standing }) => standing !== 'registered').map(({ id }) => id)
  if (because.length === 0 && hasSignal) return { kind: 'signal' }
  const numberless = people.filter(({ hasNumber }) => !hasNumber).map(({ id }) => id)
  if (numberless.length > 0) return { kind: 'impossible', because, numberless }
  return { kind: people.length < 2 ? 'few' : 'phone', because }
}
