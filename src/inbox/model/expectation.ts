/**
 * What a message that is written now will most likely travel over, so that the composer can say so before it is sent.
 * The gateway decides; this only reads the same facts. Pure.
 */
import type { ContactPolicy, SignalStanding } from '../../domain/contact.ts'

/** Picture messages on the modems here: not set up, set up and out of reach now, or ready. */
export type Mms = 'absent' | 'away' | 'there'

export interface SendingFacts {
  mode: 'integrated' | 'data_only' | 'sms_only'
  /** Undefined: a person. `apart`: phone numbers that get a text each. */
  group: 'signal' | 'phone' | 'apart' | undefined
  /** There is a phone number to write to. */
  textable: boolean
  /** The Signal account is there. */
  hasAccount: boolean
  standing: SignalStanding
  /** The message's own, else the contact's. */
  policy: ContactPolicy | null | undefined
  /** What carried the last message that was not a note. */
  last: 'sms' | 'mms' | 'signal' | null | undefined
  hasFiles: boolean
  /** It has a subject, or is longer than the owner lets texts be. */
  ratherMms: boolean
  mms: Mms
  timer: boolean
}

export interface Expectation {
  /** `signal` is encrypted, the others are not. */
  transport: 'signal' | 'sms' | 'mms'
  /**
   * Why it cannot leave so: `no-mms`, it would need MMS, which is not set up; `apart`, a text for each carries no files; or
   * why it waits: `away`.
   */
  bar?: 'no-mms' | 'apart' | 'away'
}

export function expectation(facts: SendingFacts): Expectation {
  return isOverSignal(facts) ? { transport: 'signal' } : overPhone(facts)
}

/** A subject would have a place of its own: what leaves over the phone network goes, or would go, as a picture message. */
export function takesSubject(facts: SendingFacts): boolean {
  const { transport, bar } = expectation({ ...facts, ratherMms: true })
  return transport === 'mms' && bar === undefined
}

function isOverSignal(facts: SendingFacts): boolean {
  const { mode, group, policy, standing, last } = facts
  if (group === 'phone' || group === 'apart') return false
  if (group === 'signal' || facts.timer || !facts.textable) return true
  if (mode === 'sms_only' || policy === 'sms_only') return false
  if (mode === 'data_only' || policy === 'signal_only') return true
  if (!facts.hasAccount) return false
  if (standing === 'registered') return true
  if (standing === 'not-registered') return false
  // Nothing else can carry files then, so Signal is tried whatever is thought of it.
  if (facts.hasFiles && facts.mms === 'absent') return true
  return standing === 'unknown' && last === 'signal'
}

function overPhone({ group, hasFiles, ratherMms, mms }: SendingFacts): Expectation {
  if (group === 'apart') return hasFiles ? { transport: 'mms', bar: 'apart' } : { transport: 'sms' }
  if (!hasFiles && group !== 'phone') return { transport: ratherMms && mms === 'there' ? 'mms' : 'sms' }
  if (mms === 'there') return { transport: 'mms' }
  return { transport: 'mms', bar: mms === 'away' ? 'away' : 'no-mms' }
}
