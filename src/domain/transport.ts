/**
 * What the router knows of a transport, and what a transport may tell the router.
 *
 * Two drivers of equal rank fulfil `Transport` (`src/transports/sms.ts`, `src/transports/signal.ts`). A transport
 * never decides about fallback, never changes a message's state, never retries by itself beyond what its protocol
 * demands; it reports facts through `TransportSink`, whose promises are the acknowledgement: a driver deletes or acks
 * only what the sink has resolved for.
 */

import type { GroupFact } from './group.ts'
import type { InboundBroadcast, InboundCall, InboundData, PictureNotice, WaitingNotice } from './inbound-notices.ts'
import type { InboundMedia, MediaTarget, OutgoingMedia, StoredBlob } from './media.ts'
import type { LeftOutReason } from './mms-fitting.ts'
import type { MmsReport } from './mms-report.ts'
import type { OwnRemoval, RemovalElsewhere, StandingDecision } from './own-decisions.ts'
import type { TextRange } from './ranges.ts'

/** How a message travels. */
export type TransportName = 'sms' | 'mms' | 'signal'

/**
 * An open database transaction, handed through by a driver that must commit its own state and a message together
 * (the Signal ratchet). Only `src/store` and the driver that opened it look inside.
 */
export interface UnitOfWork {
  readonly unitOfWork: never
}

/** Whom a leg goes to. At least one of the two is present; a phone number is E.164 or a short code. */
export interface Recipient {
  e164: string | undefined
  aci: string | undefined
  pni: string | undefined
  /** Signal's name of a group; then there is nothing else. */
  groupId?: string | undefined
  /** Of a group of phone numbers: all of them, E.164; then there is nothing else. */
  numbers?: readonly string[] | undefined
}

/** One try of one leg, as the router hands it to a transport. */
export interface OutgoingAttempt {
  messageId: string
  attemptId: string
  recipient: Recipient
  /** Empty only where something is attached. */
  text: string
  /** Of a network that has a place for it; then `text` begins behind it. */
  subject?: string | undefined
  /** What it answers to, where the network can say so by itself. */
  quote?: Quote | undefined
  /** Styles of its parts; a network that knows none leaves them out. */
  ranges?: readonly TextRange[]
  /** The conversation's timer: after so many seconds it disappears (0: it stays), and the version of that. */
  timer?: { seconds: number; version: number }
  /** To be shown at once and kept by nobody (class 0). Never with a network that knows no such thing. */
  flash?: boolean
  /** Attached, in order. A transport that cannot carry files refuses what has any. */
  media?: readonly OutgoingMedia[]
  /**
   * The message's own time (ms since epoch, strictly increasing per account). Signal uses it as the sent timestamp,
   * and a repeated attempt carries the same one, so that the peer deduplicates.
   */
  timestampMs: number
  /** After this time nobody wants the message any more (ms since epoch). */
  validUntilMs: number
  /** Which lane (see `Transport.lanes`) the router chose: a modem id for sms, `signal` for Signal. */
  lane: string
}

/** What the owner does to a message that has gone over this network. */
export interface OutgoingChange {
  recipient: Recipient
  /** The change's own time, unique among our messages and changes. */
  timestampMs: number
  change: /** `target`: by its first time. */
    | {
        kind: 'reaction'
        /** `authorAci`: who wrote it, in a group. */
        target: { ours: boolean; timestampMs: number; authorAci?: string | undefined }
        emoji: string
        removed: boolean
      }
    /** `targetMs`: of its newest version. */
    | {
        kind: 'edited'
        targetMs: number
        text: string
        ranges?: readonly TextRange[]
        quote: Quote | undefined
        /** Ids of what is attached, which stays. */
        attachmentIds?: readonly string[]
      }
    | { kind: 'deleted'; targetMs: number }
    /** New messages of the conversation disappear after so many seconds; 0: they stay. */
    | { kind: 'timer'; seconds: number; version: number }
    /** They are let in, and may see who we are. */
    | { kind: 'accepted' }
}

/** How a change of ours ended. */
export interface ChangeReport {
  timestampMs: number
  /** Why it did not reach the other side; undefined: it was accepted. */
  failure: { code: string; message: string } | undefined
  atMs: number
}

/** State of one part of a multi-part text inside an attempt. `uncertain`: handed to the modem, answer lost. */
export type PartState = 'pending' | 'submitting' | 'uncertain' | 'accepted' | 'delivered' | 'failed'

/** One SMS-SUBMIT of an attempt, as journalled. */
export interface PartRecord {
  /** 1-based. */
  part: number
  /** TPDU octets as upper-case hex, without SCA. */
  tpduHex: string
  state: PartState
  /** TP-MR that the modem gave; undefined until accepted. */
  messageReference: number | undefined
  /** ms since epoch of the hand-over to the modem. */
  submittedAtMs: number | undefined
}

/** A file of the message that has no place in what is handed over. */
export interface LeftOut {
  id: string
  reason: LeftOutReason
}

/**
 * Durable notes a transport takes inside an attempt, read by it again when the attempt is carried on after a crash or a
 * replug. `submitting` is committed before the call resolves; what came of the last part may be committed with the end of
 * the attempt (a crash in between leaves `submitting`, which means uncertain).
 */
export interface AttemptJournal {
  /** The parts as first planned; on a second call for the same attempt the stored ones are returned, not the given. */
  plan(
    parts: readonly {
      part: number
      tpduHex: string
      /** Whom it is for, in a message to several that is a text for each. */
      recipient?: string
    }[],
  ): Promise<readonly PartRecord[]>
  /** Moves one part. `submitting` must be committed before the first octet of the body reaches the modem. */
  part(
    part: number,
    change: {
      state: PartState
      messageReference?: number
      atMs: number
      detail?: string
      /** With `submitting`: all files of the message that this part leaves without, by id. */
      leftOut?: readonly LeftOut[]
    },
  ): Promise<void>
  /** A fresh concatenation reference (0…255 or 0…65535), unique per recipient as long as the counter does not wrap. */
  nextConcatReference(recipient: string): Promise<number>
}

/**
 * How a send ended when it did not throw.
 * `accepted`: the network or the service has it. `uncertain`: it may have it; only a report can tell.
 * `parts-pending` never leaves a transport: either all parts were accepted, or it is uncertain, or an error is thrown.
 */
export type SendOutcome =
  | {
      kind: 'accepted'
      detail: string
      encrypted: boolean
      expectsReceipt: boolean
      /** Of a message to a group: what became of it for each member (by account id, or by number). */
      recipients?: readonly { aci: string; outcome: 'sent' | 'unregistered' | 'failed'; detail: string }[]
    }
  | { kind: 'uncertain'; detail: string }

/** What the owner has ordered about a lane. */
export interface LaneRules {
  /** Beginnings of E.164 numbers, as `+44`, that this lane is for. */
  prefixes: readonly string[]
  /** Of one part, in whatever money all lanes are given in; undefined counts as nothing. */
  costPerPart: number | undefined
  /** Parts in a calendar day and month (time zone of the machine); undefined: any number. */
  dailyTexts: number | undefined
  monthlyTexts: number | undefined
  /** Parts a minute; undefined: as many as it takes. */
  textsPerMinute: number | undefined
}

/** The tightest quota of a lane, as it is now. */
export interface LaneQuota {
  /** Parts that it still allows. */
  left: number
  renewsAtMs: number
  /** Which one: "the quota of 200 texts a day". */
  words: string
}

/** A queue of its own, so that one that is stuck holds up nobody else. */
export interface Lane {
  id: string
  transport: TransportName
  available: boolean
  /** In words, when not available: "modem unplugged", "no connection to Signal". */
  reason: string | undefined
  /** Our own address on this lane (E.164), where known. */
  ownNumber: string | undefined
  /** Our own account on this lane, where it has accounts. */
  ownAci?: string | undefined
  /** Set when texts cost roaming prices here; the router clears it where the owner does not mind. */
  roaming?: boolean
  rules?: LaneRules
  /** Set by the router where the lane could send and has quotas; with none left it is not available. */
  quota?: LaneQuota
}

/** What is known of a recipient on a transport. */
export type Reach =
  | { kind: 'registered'; aci: string | undefined; pni: string | undefined }
  | { kind: 'not-registered' }
  | { kind: 'unknown'; reason: string; retryAfterMs: number | undefined }

export interface Transport {
  readonly name: TransportName
  /** All lanes, available or not; cheap, called often. */
  lanes(): readonly Lane[]
  /** Calls back on every change of a lane (came, went, available). Returns the unsubscribe function. */
  onLanes(listener: () => void): () => void
  /**
   * Asks the directory whether these people can be reached over this transport. Never throws for "don't know".
   * The router caches and rations; a transport just asks.
   */
  reach(recipients: readonly Recipient[], signal: AbortSignal): Promise<readonly Reach[]>
  /**
   * Sends one attempt, or carries it on where its journal says it stopped.
   * Throws CausewayError: `retry` says what the router may do next. Anything after the point of no return is not an
   * error but `uncertain`.
   */
  send(attempt: OutgoingAttempt, journal: AttemptJournal): Promise<SendOutcome>
  /** How many parts this text makes here, where the transport has parts at all. */
  partsOf?(text: string): number
  /** Our own consent to a peer's changed identity key: from now on the new key is trusted. No-op where meaningless. */
  approveIdentity(recipient: Recipient): Promise<void>
  /**
   * The owner has compared the safety number, or takes that back: our other devices are told. Takes note inside the unit of
   * work; what is returned is called after its commit.
   */
  tellVerified?(recipient: Recipient, verified: boolean, unit: UnitOfWork): Promise<() => void>
  /** The owner calls somebody by another name: as `tellVerified`. */
  tellNamed?(unit: UnitOfWork): Promise<() => void>
  /**
   * Fetches what is attached to a message that came over this transport, by its pointer; finished only when all of it
   * was verified. Throws CausewayError: `never` when it cannot be had any more. Absent where nothing is attached.
   */
  fetch?(pointer: Uint8Array, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob>
  /**
   * The owner has read these messages of `author` (by their own sent times). Takes note inside the unit of work; what
   * is returned is called after its commit. Absent where a network knows no such thing.
   */
  markRead?(author: Recipient, timestampsMs: readonly number[], unit: UnitOfWork): Promise<() => void>
  /**
   * The owner has looked at what is attached to this message of `author` (`once`: it was for that alone), or has listened to
   * it, for the first time. As `markRead`.
   */
  markViewed?(author: Recipient, timestampMs: number, once: boolean, unit: UnitOfWork): Promise<() => void>
  /**
   * Tells the other side what the owner did to a message. Takes note inside the unit of work and sees to it from then on;
   * how it ended comes through `TransportSink.changed`. What is returned is called after the commit. Absent where a
   * network knows no such thing. Errors: CausewayError with the transport's codes when it can be said at once.
   */
  change?(change: OutgoingChange, unit: UnitOfWork): Promise<() => void>
  /**
   * The owner has decided about this person. Takes note inside the unit of work; what is returned is called after the
   * commit. Absent where a network knows no such thing.
   */
  decide?(recipient: Recipient, decision: StandingDecision, unit: UnitOfWork): Promise<() => void>
  /** The owner has removed this for themselves: our own other devices are to know. Inside the unit of work, as `decide`. */
  tellRemoved?(recipient: Recipient, removal: OwnRemoval, unit: UnitOfWork): Promise<() => void>
  /**
   * The owner deletes this person: nothing is kept of them beyond what `needed` demands (they are blocked, or in a group with
   * us). Inside the unit of work, as `decide`.
   */
  forgetPerson?(recipient: Recipient, needed: boolean, unit: UnitOfWork): Promise<() => void>
  /** The owner writes to this person now, or has stopped; told now or never. Never throws. */
  typing?(recipient: Recipient, started: boolean): Promise<void>
  /** Nothing of these messages may be kept any more (they disappeared, or were taken back), by the times of their versions. */
  forget?(
    messages: { with: Recipient; ours: boolean; timestampsMs: readonly number[] },
    unit: UnitOfWork,
  ): Promise<void>
}

/** A segment with those that it belongs to. `isShown`: what is here of their text is shown already, with gaps. */
export type KeptSegment = InboundSegment & { setId: string; isShown: boolean }

/** More of a text that is shown with gaps, under the key that it was shown under. */
export interface FilledText {
  transport: TransportName
  dedupeKey: string
  /** As it is now, with marks where parts are still missing. */
  text: string
  /** How many are. */
  missing: number
}

/** Somebody's message to us. `dedupeKey` is unique per physical message on its transport. */
export interface InboundMessage {
  transport: TransportName
  lane: string
  /** The sender: number, alphanumeric sender, or ACI (Signal may know both). */
  from: { address: string | undefined; aci: string | undefined; pni: string | undefined; name: string | undefined }
  text: string
  /** So many of its first UTF-16 units are its subject, with a line break after them where more follows. */
  subjectChars?: number | undefined
  /** When the sender's side says it was sent (ms since epoch). */
  sentAtMs: number
  receivedAtMs: number
  encrypted: boolean
  dedupeKey: string
  /** Meant to be shown at once and kept by nobody (class 0). */
  flash?: boolean
  /** Parts of it are missing, and gap marks stand for them. `TransportSink.filled` brings what comes later. */
  incomplete?: boolean
  /** Takes the place of the last message of this sender with the same number, 1…7 (3GPP TS 23.040 §9.2.3.9). */
  replaceNumber?: number
  /** What it answers to. */
  quote?: Quote | undefined
  /** Signal's name of the group that `from` wrote it into. */
  groupId?: string | undefined
  /** Of a message to several numbers: all of them but our own, the sender's with them, sorted. */
  numbers?: readonly string[] | undefined
  /** It disappears so many seconds after it was read. */
  timerS?: number | undefined
  /** What it says of the timer of its conversation, as `TimerFact`. */
  timer?: Pick<TimerFact, 'seconds' | 'version'> | undefined
  /** Styles, and mentions, for which `text` has a placeholder only. */
  ranges?: readonly TextRange[] | undefined
  preview?: LinkPreview | undefined
  /** Attached, in order; still to be fetched. */
  media?: readonly InboundMedia[]
  /** What is attached is to be looked at once. */
  viewOnce?: boolean
  /** Its author is a stranger whom the owner has not let in: nothing goes out to them, nothing of theirs is fetched. */
  request?: boolean
}

/** What the owner has removed on another device, of the conversation with this person. */
export type RemovalFact = RemovalElsewhere & { with: Recipient; atMs: number }

/** What the sender's device says of a link in the text. */
export interface LinkPreview {
  url: string
  title: string
}

/** The timer of a conversation, as one of its sides (or the owner's other device) has set it. */
export interface TimerFact {
  with: Recipient
  byUs: boolean
  /** 0: messages stay. */
  seconds: number
  /** undefined: from a client that knows no versions. */
  version: number | undefined
}

/** What the owner wrote to somebody on another device of the same account: to be shown, never to be sent. */
export interface MirroredMessage {
  transport: 'signal'
  lane: string
  /** Whom it went to; `toSelf`: a note of the owner to themselves. Of a group only its name is there. */
  to: Recipient
  toSelf: boolean
  /** Of a group: the accounts to which it went. */
  members?: readonly string[] | undefined
  text: string
  /** By the other device's clock: with our account the message's identity everywhere. */
  sentAtMs: number
  quote: Quote | undefined
  /** It disappears so many seconds after `startedAtMs`. */
  timerS: number | undefined
  startedAtMs: number
  ranges?: readonly TextRange[] | undefined
  preview?: LinkPreview | undefined
  /** What is attached, to be fetched. */
  media?: readonly InboundMedia[] | undefined
  /** That is for the other side to be looked at once, and not kept here. */
  viewOnce?: boolean | undefined
  dedupeKey: string
}

/** An earlier message that a message answers to, as its author's device showed it. */
export interface Quote {
  /** One of ours; else one of the sender's (or of somebody else in a group). */
  ours: boolean
  /** The quoted message's own time. */
  timestampMs: number
  text: string
  /** Styles and mentions of its text. */
  ranges?: readonly TextRange[] | undefined
  /** In a group: who wrote it, unless it is ours. */
  authorAci?: string | undefined
}

/** What a person did to a message that is here already. */
export interface Amendment {
  transport: 'signal'
  /** Who did it; the ACI is known. */
  by: Recipient
  /** Set when it was the owner, on another device: the other side of the conversation. */
  with?: Recipient | undefined
  /** The message, by its own time (of any of its versions), in the conversation with `with`, else with `by`, or the group's. */
  target: { ours: boolean; timestampMs: number; authorAci?: string | undefined }
  /** Signal's name of the group in which it happened; there, `target.authorAci` wrote the message. */
  groupId?: string | undefined
  /** The time that the change itself has at its author's device. */
  timestampMs: number
  change: /** The rest of a long text has come. */
    | { kind: 'completed'; text: string; ranges?: readonly TextRange[] }
    | { kind: 'edited'; text: string; ranges?: readonly TextRange[] }
    | { kind: 'deleted' }
    | { kind: 'reaction'; emoji: string; removed: boolean }
}

/** One segment of a concatenated text that is not whole yet. Keyed as the goal table says (sender, ref, bits, total, modem). */
export interface InboundSegment {
  lane: string
  fromAddress: string
  reference: number
  referenceBits: 8 | 16
  total: number
  sequence: number
  /** Opaque to the store: what the transport needs to put the text together (JSON). */
  payloadJson: string
  /** What it says beside its text (JSON), opaque as well. */
  factsJson?: string | undefined
  receivedAtMs: number
  dedupeKey: string
}

/** What came of something we sent. */
export type Receipt =
  | {
      transport: 'sms'
      lane: string
      /** TP-MR of the status report, the recipient as digits, and the times it names. */
      messageReference: number
      recipientAddress: string
      submittedAtMs: number
      dischargedAtMs: number
      outcome: 'delivered' | 'temporary' | 'permanent-failure'
      /** TP-ST octet. */
      status: number
      detail: string
    }
  | {
      transport: 'signal'
      kind: 'delivered' | 'read'
      fromAci: string
      /** Sent timestamps of the messages it speaks of. */
      timestampsMs: readonly number[]
      atMs: number
    }
  /** `detail`: what it says, in words. */
  | ({ transport: 'mms'; detail: string } & MmsReport)

/** Evidence about a person on a transport, learnt by the way. */
export type CapabilityFact =
  | { transport: 'signal'; kind: 'registered'; recipient: Recipient; atMs: number }
  | { transport: 'signal'; kind: 'unregistered'; recipient: Recipient; atMs: number }
  | { transport: 'signal'; kind: 'identity-changed'; recipient: Recipient; atMs: number }
  /** The two ids were proved to be one person. */
  | { transport: 'signal'; kind: 'linked'; recipient: Recipient; atMs: number }
  /** Another device of ours has compared their safety number, or takes that back. */
  | { transport: 'signal'; kind: 'verified'; recipient: Recipient; verified: boolean; atMs: number }
  /** How they call themselves. */
  | { transport: 'signal'; kind: 'profile'; recipient: Recipient; name: string; atMs: number }
  /** Their picture, a file that no row names yet; undefined: none (any more). */
  | { transport: 'signal'; kind: 'avatar'; recipient: Recipient; picture: StoredBlob | undefined; atMs: number }
  /** Another device of ours keeps them out, or no longer does. */
  | { transport: 'signal'; kind: 'blocked'; recipient: Recipient; blocked: boolean; atMs: number }
  /** Another device of ours has let them in. */
  | { transport: 'signal'; kind: 'accepted'; recipient: Recipient; atMs: number }
  /** The name in the address book of our own phone. */
  | { transport: 'signal'; kind: 'named'; recipient: Recipient; name: string; atMs: number }

/** Something that could not be understood: kept with its octets, shown, never fatal. */
export interface QuarantinedItem {
  transport: TransportName
  lane: string
  /** Octets as hex. */
  raw: string
  code: string
  detail: string
  dedupeKey: string
  receivedAtMs: number
}

/** Where transports put facts. Every promise resolves after commit (or after the write into the given unit). */
export interface TransportSink {
  /** Returns false when it had been seen before (nothing was written). */
  message(message: InboundMessage, unit?: UnitOfWork): Promise<boolean>
  /** Shows what another device of ours has sent, once. */
  mirror(message: MirroredMessage, unit?: UnitOfWork): Promise<void>
  /** Stores a segment; returns those of its message in order when it is whole, or shown already, else undefined. */
  segment(segment: InboundSegment, unit?: UnitOfWork): Promise<readonly KeptSegment[] | undefined>
  /** Fills gaps of a text that came as `incomplete`, in place; once, however often it is told. */
  filled(text: FilledText, unit?: UnitOfWork): Promise<void>
  /** Notes a missed call in the caller's conversation, once. */
  call(call: InboundCall, unit?: UnitOfWork): Promise<void>
  /** Shows a broadcast in a conversation of its own, unless it is a repeat. */
  broadcast(message: InboundBroadcast, unit?: UnitOfWork): Promise<void>
  /** Changes what is known to wait. The same notice twice changes nothing. */
  waiting(notice: WaitingNotice, unit?: UnitOfWork): Promise<void>
  /** Says once that a picture message is not here, and what became of it. */
  picture(notice: PictureNotice, unit?: UnitOfWork): Promise<void>
  /** Keeps data for programs; once, however often it is handed in. */
  data(item: InboundData, unit?: UnitOfWork): Promise<void>
  receipt(receipt: Receipt, unit?: UnitOfWork): Promise<void>
  capability(fact: CapabilityFact, unit?: UnitOfWork): Promise<void>
  /**
   * The owner has read these messages of `author` (by their own times) on another device; `opened`: has looked at what was to
   * be looked at once.
   */
  readElsewhere(
    read: { author: Recipient; timestampsMs: readonly number[]; atMs: number; opened?: boolean },
    unit?: UnitOfWork,
  ): Promise<void>
  timer(fact: TimerFact, unit?: UnitOfWork): Promise<void>
  /** Whether the owner has written to this person, has named them, or has compared their safety number. */
  knows(person: Recipient, unit?: UnitOfWork): Promise<boolean>
  /** At most so many people whom the owner calls by a name of their own, with that name. */
  addressBook(countMax: number): Promise<readonly { person: Recipient; name: string }[]>
  removed(removal: RemovalFact, unit?: UnitOfWork): Promise<void>
  /** What came of `Transport.change`. */
  changed(report: ChangeReport, unit?: UnitOfWork): Promise<void>
  /** False when there is no such message here. */
  amend(amendment: Amendment, unit?: UnitOfWork): Promise<boolean>
  /** Somebody begins or stops writing; `from.aci` is known. */
  typing(
    fact: { from: Recipient; started: boolean; atMs: number; groupId?: string | undefined },
    unit?: UnitOfWork,
  ): Promise<void>
  /** A group has become known, or was changed. */
  group(fact: GroupFact, unit?: UnitOfWork): Promise<void>
  quarantine(item: QuarantinedItem, unit?: UnitOfWork): Promise<void>
  /** The unit of work given before has been committed: tell listeners. */
  committed(): void
}
