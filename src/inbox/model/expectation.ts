/**
 * What a message that is written now will most likely travel over, so that the composer can say so before it is sent.
 * The gateway decides; this only reads the same facts. Pure.
 */
import type { ContactPolicy, SignalStanding } from '../../domain/contact.ts'

export interface SendingFacts {
  mode: 'integrated' | 'data_only' | 'sms_only'
  /** Undefined: a person. */
  group: 'signal' | 'phone' | undefined
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
  timer: boolean
}

/** `signal` is encrypted, `sms` is not. */
export function expectedTransport(facts: SendingFacts): 'signal' | 'sms' {
  if (facts.group === 'phone') return 'sms'
  if (facts.group === 'signal' || facts.timer || facts.hasFiles || !facts.textable) return 'signal'
  if (facts.mode === 'sms_only' || facts.policy === 'sms_only') return 'sms'
  if (facts.mode === 'data_only' || facts.policy === 'signal_only') return 'signal'
  if (!facts.hasAccount) return 'sms'
  if (facts.standing === 'registered') return 'signal'
  if (facts.standing === 'unknown') return facts.last === 'signal' ? 'signal' : 'sms'
  return 'sms'
}
