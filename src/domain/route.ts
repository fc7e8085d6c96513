/**
 * How a message travels: the one pure function that turns facts and policy into a plan, with its reasons in words.
 *
 * It is asked again at every step (before an attempt, after a refusal, at a deadline, after a person's word), always with
 * fresh facts and with what this message has already met, and returns what remains to be done. So a policy that changes
 * while a message waits is obeyed, and a message never goes as plaintext unless the rules allow it at that moment.
 */
import type { ContactPolicy, SignalStanding } from './contact.ts'
import { durationInWords } from './words.ts'

/** integrated: both transports; data_only: Signal alone; sms_only: texts alone. */
export const MODES = ['integrated', 'data_only', 'sms_only'] as const
export type Mode = (typeof MODES)[number]

export type LegTransport = 'sms' | 'mms' | 'signal'

/** A transport as it is now. `absent`: nothing of the kind is set up here, or its account was given up by its owner. */
export type TransportFact =
  | { kind: 'absent' }
  /** `roaming`: only at roaming prices, about which a person wants to be asked. */
  | { kind: 'available'; roaming?: boolean }
  | { kind: 'unavailable'; reason: string }

/** What a message has already met on a transport, so that it is not tried there again. */
export interface Refusal {
  code: string
  reason: string
}

export interface RouteFacts {
  mode: Mode
  /** The message's own policy where it has one, else the contact's. */
  policy: ContactPolicy
  contact: {
    /** Has a number or short code. */
    textable: boolean
    /** Has a number or account id (a short code has neither). */
    signalable: boolean
    /** As it may be relied on now, see `currentStanding`. */
    standing: SignalStanding
    verified: boolean
    identityChanged: boolean
    /** It is no person but a group. */
    group?: boolean
    /** It is a group of phone numbers, written to with one picture message for all, or with a text for each. */
    numbers?: 'together' | 'apart'
  }
  /** In words, why this message may never be plaintext whatever the policy (it disappears, it is a Signal group's). */
  encryptedOnly: string | undefined
  /** To be shown at once (class 0), which only a text can be. */
  flash: boolean
  /** Files are attached: a text cannot carry them (MMS does), and a message never leaves without what belongs to it. */
  hasMedia: boolean
  /** In words, why a picture message suits it better than a text, which it may still go as. */
  ratherMms?: string | undefined
  signal: TransportFact
  sms: TransportFact
  mms: TransportFact
  /** A person has agreed that this message goes as a text. */
  textApproved: boolean
  refused: Partial<Record<LegTransport, Refusal>>
  /** Set when Signal had its time and gave no proof of delivery: why the message goes on. */
  silent: Refusal | undefined
  fallbackAfterMs: number
}

export interface Leg {
  transport: LegTransport
  /** `ask`: a person confirms before this leg begins. */
  consent: 'automatic' | 'ask'
  /** Time without proof of delivery after which the next leg begins; undefined: none. */
  fallbackAfterMs: number | undefined
  /** Time for the transport to take it at all; `fallbackAfterMs` when left out. */
  patienceMs?: number
  /** Why this leg, as a stable code and in words. */
  code: string
  reason: string
}

/** What remains to be done. `legs` is never empty. */
export type RoutePlan =
  | { kind: 'legs'; legs: readonly Leg[] }
  | { kind: 'held'; code: string; reason: string }
  | { kind: 'failed'; code: string; reason: string }

/** The plan for a message under these facts. Pure. */
export function planRoute(facts: RouteFacts): RoutePlan {
  const textBar = whyNoText(facts)
  const signalBar = whyNoSignal(facts)
  if (facts.contact.identityChanged && (signalBar === undefined || !ORDERED.has(signalBar.code))) {
    return {
      kind: 'held',
      code: 'identity-changed',
      reason: 'The safety number of this person has changed. Compare it with them, then approve or cancel.',
    }
  }
  if (signalBar !== undefined && textBar !== undefined) return failure(facts, signalBar, textBar)
  if (signalBar !== undefined) return legs([textLeg(facts, signalBar)])
  if (textBar !== undefined) return legs([signalLeg(facts, undefined)])
  if (prefersText(facts)) return legs([textLeg(facts, STALE)])
  const first = { ...signalLeg(facts, facts.fallbackAfterMs), patienceMs: patience(facts) }
  return legs([first, textLeg(facts, silence(facts.fallbackAfterMs))])
}

/** The leg of the plan, now or later, that goes over the phone network: a text, or a picture message. */
export function textLegOf(plan: RoutePlan): Leg | undefined {
  return plan.kind === 'legs' ? plan.legs.find(({ transport }) => transport !== 'signal') : undefined
}

/** What the phone network would carry it as: what has files, or goes to several at once, is a picture message. */
function plainTransport(facts: RouteFacts): 'sms' | 'mms' {
  const { hasMedia, contact } = facts
  return hasMedia || contact.numbers === 'together' || prefersMms(facts) ? 'mms' : 'sms'
}

/** A text could carry it, too, so MMS is taken only while it is there and has not refused it. */
function prefersMms({ ratherMms, flash, contact, mms, refused }: RouteFacts): boolean {
  return (
    ratherMms !== undefined &&
    !flash &&
    contact.numbers === undefined &&
    mms.kind === 'available' &&
    refused.mms === undefined
  )
}

/** The reason for leaving Signal after `afterMs` without a delivery receipt. */
export function silence(afterMs: number): Refusal {
  return { code: 'no-receipt', reason: `no delivery receipt over Signal within ${durationInWords(afterMs)}` }
}

/** What Signal gets to come back before somebody unknown there is written to by text. */
const UNASKED_MS = 20_000

/** Ways of Signal being out that a person has ordered; by all others a changed safety number is not slipped past. */
const ORDERED: ReadonlySet<string> = new Set(['sms-only-mode', 'sms-only-contact', 'flash'])

export const NOT_ON_SIGNAL: Refusal = { code: 'not-on-signal', reason: 'this person is not on Signal' }
const NO_ACCOUNT: Refusal = { code: 'signal-no-account', reason: 'there is no Signal account here' }
const NEEDS_MMS: Refusal = {
  code: 'media-needs-mms',
  reason: 'what is attached would need MMS, which is not set up for any modem here',
}
const GROUP_NEEDS_MMS: Refusal = {
  code: 'group-needs-mms',
  reason: 'a message to several numbers at once would need MMS, which is not set up for any modem here',
}
const MEDIA_APART: Refusal = {
  code: 'media-needs-mms',
  reason: 'this group gets a text for each member, which carries no files; switch it to one message for all',
}
const FLASH: Refusal = { code: 'flash', reason: 'a flash message can only be a text' }
const STALE: Refusal = { code: 'signal-stale', reason: 'messages over Signal no longer reach this person' }

/** They say more than why Signal was closed. */
const UNSENDABLE: ReadonlySet<Refusal> = new Set([NEEDS_MMS, GROUP_NEEDS_MMS, MEDIA_APART])

/** Why Signal is out of the question for this message, or undefined. The first rule that applies speaks. */
function whyNoSignal(facts: RouteFacts): Refusal | undefined {
  const { mode, policy, contact, signal, refused, silent } = facts
  if (facts.flash) return FLASH
  if (mode === 'sms_only') return { code: 'sms-only-mode', reason: 'the gateway is in sms-only mode' }
  if (policy === 'sms_only') return { code: 'sms-only-contact', reason: 'this contact is written to by text only' }
  if (contact.numbers !== undefined) return { code: 'not-on-signal', reason: 'it is for a group of phone numbers' }
  if (!contact.signalable) return { code: 'not-on-signal', reason: 'a short code is not on Signal' }
  if (refused.signal !== undefined) return refused.signal
  if (silent !== undefined) return silent
  // An account that is being loaded, or was signed out, is away and not absent: it is waited for. Without any, waiting for it
  // is of use to what may go no other way alone: for somebody known there the owner may link or register another one.
  const isKnown = contact.standing === 'registered'
  if (signal.kind === 'absent' && (!isKnown || whyNoText(facts) === undefined)) return NO_ACCOUNT
  if (contact.standing === 'not-registered') return NOT_ON_SIGNAL
  return undefined
}

/** Why a text is out of the question for this message, or undefined. */
export function whyNoText(facts: RouteFacts): Refusal | undefined {
  const { mode, policy, contact, refused, encryptedOnly, hasMedia } = facts
  const by = plainTransport(facts)
  if (mode === 'data_only') return { code: 'data-only-mode', reason: 'the gateway is in data-only mode' }
  if (policy === 'signal_only') return { code: 'signal-only-contact', reason: 'this message may go over Signal only' }
  if (encryptedOnly !== undefined) return { code: 'encrypted-only', reason: encryptedOnly }
  if (hasMedia && contact.numbers === 'apart') return MEDIA_APART
  if (!contact.textable) return { code: 'no-number', reason: 'no phone number of this person is known' }
  const said = refused[by]
  if (said !== undefined) return said
  if (facts[by].kind !== 'absent') return undefined
  if (by === 'sms') return { code: 'no-modem', reason: 'there is no modem here' }
  return hasMedia ? NEEDS_MMS : GROUP_NEEDS_MMS
}

/** Both are open, yet the text goes first: Signal is known to be dead there, unless only Signal can leave right now. */
function prefersText(facts: RouteFacts): boolean {
  const { contact, signal } = facts
  if (contact.standing !== 'stale' || contact.verified) return false
  return !(facts[plainTransport(facts)].kind === 'unavailable' && signal.kind === 'available')
}

/**
 * How long a message waits for Signal to take it. Somebody who was never seen there, while it cannot be asked, is not
 * waited for long: an alert must leave when the uplink is dead.
 */
function patience(facts: RouteFacts): number {
  const { contact, policy, signal, fallbackAfterMs } = facts
  const isPlainOpen = facts[plainTransport(facts)].kind === 'available'
  const cannotAsk = contact.standing === 'unknown' && signal.kind === 'unavailable' && isPlainOpen
  return cannotAsk && policy === 'auto' && !contact.verified ? Math.min(fallbackAfterMs, UNASKED_MS) : fallbackAfterMs
}

function signalLeg({ contact, signal }: RouteFacts, fallbackAfterMs: number | undefined): Leg {
  const why = {
    registered: contact.group === true ? 'it is for a group on Signal' : 'this person is on Signal',
    unknown: 'the directory is asked whether this person is on Signal',
    stale: 'Signal is tried again, though the last messages did not arrive',
    'not-registered': 'Signal is tried',
  }[contact.standing]
  const away = signal.kind === 'unavailable' ? signal.reason : NO_ACCOUNT.reason
  const reason = signal.kind === 'available' ? why : `${why}; waits: ${away}`
  return { transport: 'signal', consent: 'automatic', fallbackAfterMs, code: 'encrypted-first', reason }
}

/**
 * Plaintext needs consent when it would be a downgrade that nobody ordered: a verified contact, always; policy `ask`,
 * unless it is certain that this person is not on Signal, which leaves nothing to choose. So does a price that nobody
 * ordered: that of a roaming modem.
 */
function textLeg(facts: RouteFacts, why: Refusal): Leg {
  const { policy, contact, textApproved } = facts
  const transport = plainTransport(facts)
  const fact = facts[transport]
  const ordered = textApproved || policy === 'sms_only'
  const certain =
    why === FLASH || why.code === 'not-on-signal' || why.code === 'signal-stale' || why.code === 'sms-only-mode'
  const isDowngrade = !ordered && (contact.verified || (policy === 'ask' && !certain))
  const isDear = !textApproved && fact.kind === 'available' && fact.roaming === true
  const asks = isDowngrade || isDear
  const { code } = why
  const reason = [why.reason, ...preference(facts)].join('; ')
  const kind = transport === 'mms' ? 'picture message' : 'text'
  const words = contact.verified ? 'the safety number was verified' : 'this contact is asked about'
  return {
    transport,
    consent: asks ? 'ask' : 'automatic',
    fallbackAfterMs: undefined,
    code,
    reason: asks
      ? `${reason}; ${isDowngrade ? words : `the modem is roaming, where a ${kind} may cost more`}, so a ${kind} needs your consent`
      : reason,
  }
}

/** Why it goes as a picture message though a text could carry it, or as a text after all. */
function preference(facts: RouteFacts): string[] {
  const { ratherMms, hasMedia, contact, refused } = facts
  if (ratherMms === undefined || hasMedia || contact.numbers !== undefined) return []
  if (prefersMms(facts)) return [`${ratherMms}, so it goes as one picture message`]
  return refused.mms === undefined ? [] : [`as a picture message it could not go (${refused.mms.reason})`]
}

function failure(facts: RouteFacts, signalBar: Refusal, textBar: Refusal): RoutePlan {
  const { refused } = facts
  // What the network or service said explains more than the rule that closed the other way.
  const said =
    refused[plainTransport(facts)] ?? refused.signal ?? (signalBar.code === 'not-on-signal' ? signalBar : undefined)
  return {
    kind: 'failed',
    code: UNSENDABLE.has(textBar) ? textBar.code : (said?.code ?? 'no-transport'),
    reason: `Not sent: ${signalBar.reason}, and ${textBar.reason}.`,
  }
}

function legs(list: Leg[]): RoutePlan {
  return { kind: 'legs', legs: list }
}
