/**
 * What the router knows of a transport, and may ask of it. What a transport may tell the router is in sink.ts.
 *
 * Two drivers of equal rank fulfil `Transport` (`src/transports/sms.ts`, `src/transports/signal.ts`). A transport
 * never decides about fallback, never changes a message's state, never retries by itself beyond what its protocol
 * demands; it reports facts through `TransportSink` (sink.ts).
 */

import type { MediaTarget, OutgoingMedia, StoredBlob } from './media.ts'
import type { LeftOutReason } from './mms-fitting.ts'
import type { OwnRemoval, StandingDecision } from './own-decisions.ts'
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
  /** Signal's name of a group; then there is nothing else, but for the account of an author in it. */
  groupId?: string | undefined
  /** Of a group of phone numbers: all of them, E.164; then there is nothing else. */
  numbers?: readonly string[] | undefined
}

/** What is told of a file of a quoted message: of the first one, as in Signal's own apps. */
export interface QuotedFile {
  contentType: string
  /** Undefined also for a voice message, which has none that says anything. */
  fileName?: string | undefined
}

/** An earlier message that a message answers to, as its author's device showed it. */
export interface Quote<File extends QuotedFile = QuotedFile> {
  /** One of ours; else one of the sender's (or of somebody else in a group). */
  ours: boolean
  /** The quoted message's own time. */
  timestampMs: number
  text: string
  /** Styles and mentions of its text. */
  ranges?: readonly TextRange[] | undefined
  /** In a group: who wrote it, unless it is ours. */
  authorAci?: string | undefined
  file?: File | undefined
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
  quote?: Quote<QuotedFile & { thumbnail?: OutgoingMedia | undefined }> | undefined
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
        /** `thumbnailId`: of the small copy that the message was sent with. */
        quote: Quote<QuotedFile & { thumbnailId?: string | undefined }> | undefined
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

/** Why a lane is not to be used now; its `reason` says the same in words. */
export const LANE_CODES = [
  'modem-not-ready', // its own state says why
  'sim-stopped', // its SIM refuses all texts until somebody has seen to it
  'roaming',
  'counting', // what it has sent is being counted, after a start
  'quota-exceeded',
  'paused',
] as const

/** A queue of its own, so that one that is stuck holds up nobody else. */
export interface Lane {
  id: string
  transport: TransportName
  available: boolean
  /** In words, when not available: "modem unplugged", "no connection to Signal". */
  reason: string | undefined
  /** Of the reason, where the transport or the router has one. */
  code?: (typeof LANE_CODES)[number] | undefined
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
   * The owner has decided about this person, or this group. Takes note inside the unit of work; what is returned is called
   * after the commit. Absent where a network knows no such thing.
   */
  decide?(recipient: Recipient, decision: StandingDecision, unit: UnitOfWork): Promise<() => void>
  /** Leaves a group, for all to see; nothing where we are out already. Errors: the transport's own. */
  leaveGroup?(groupId: string): Promise<void>
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
