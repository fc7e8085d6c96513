/**
 * What may be asked of a Signal account. `account.ts` fulfils it; what it tells is `facts.ts`. Nothing here knows
 * conversations, policies or phones' text messages.
 */
import type { MediaTarget, OutgoingMedia, StoredBlob } from '../domain/media.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { PeerIds, QuoteFact, RemovedFile, RemovedMessage, TextRange } from './facts.ts'
import type { GroupSettings, MemberOutcome } from './groups/contract.ts'
import type {
  DiscoveryUse,
  OwnUsername,
  SignalDiscoverability,
  SignalLock,
  SignalProfile,
  SignalUsernames,
} from './own-contract.ts'
import type { SignalWarning } from './warnings.ts'

/** What the owner removes for themselves alone. */
export type OwnRemoval =
  | { what: 'messages'; messages: readonly RemovedMessage[] }
  | { what: 'file'; message: RemovedMessage; file: RemovedFile }
  /** `messages`: its newest; `lasting`: the newest of those that do not disappear. */
  | { what: 'conversation'; messages: readonly RemovedMessage[]; lasting: readonly RemovedMessage[] }

/** What the owner decides about a person, or a group. */
export type PeerDecision =
  /** Lets them in; these messages (in a group: with their authors) are acknowledged now. */
  | { kind: 'accepted'; messages: readonly { timestampMs: number; read: boolean; authorAci?: string | undefined }[] }
  | { kind: 'blocked'; deleted: boolean }
  | { kind: 'unblocked' }
  /** Does not answer a request: nothing of it stays. */
  | { kind: 'declined' }

export interface OutgoingText {
  to: PeerIds
  text: string
  timestampMs: number
  /** `thumbnail`: to be uploaded; without it where that fails. */
  quote?: QuoteFact<{ thumbnail?: OutgoingMedia | undefined }> | undefined
  timer?: { seconds: number; version: number } | undefined
  ranges?: readonly TextRange[] | undefined
  attachments?: readonly OutgoingMedia[]
}

/** `timer` as it was when the message was written; that of the group where left out. */
export interface OutgoingGroupText extends Omit<OutgoingText, 'to'> {
  groupId: string
}

/** What we do to a message that came or went before, by its sent timestamp. */
export interface OutgoingAction {
  to: PeerIds & { groupId?: string | undefined }
  /** Sent timestamp of the action itself. */
  timestampMs: number
  /** Comes back with `SignalSink.settled`. */
  reference: string
  action:
    | {
        kind: 'reaction'
        target: { ours: boolean; timestampMs: number; authorAci?: string | undefined }
        emoji: string
        removed: boolean
      }
    | {
        kind: 'edited'
        targetMs: number
        text: string
        ranges?: readonly TextRange[]
        /** `thumbnailId`: of what was uploaded with the message. */
        quote: QuoteFact<{ thumbnailId?: string | undefined }> | undefined
        /** Of what is attached to the message, as in `OutgoingMedia`: it stays. */
        attachmentIds?: readonly string[]
      }
    | { kind: 'deleted'; targetMs: number }
    | { kind: 'timer'; seconds: number; version: number }
    /** Lets them see our profile, and write to us sealed. */
    | { kind: 'accepted' }
}

export type SignalState =
  | 'none' // no account here
  | 'registering'
  | 'linking'
  | 'connecting'
  | 'connected'
  | 'disconnected' // will try again by itself
  | 'challenged' // sending is paused until a person solves a captcha
  | 'connected-elsewhere'
  | 'signed-out'
  | 'expired' // the protocol library is too old

export interface SignalStatus {
  state: SignalState
  /** In words, always present unless connected. */
  reason: string | undefined
  e164: string | undefined
  aci: string | undefined
  pni: string | undefined
  deviceId: number | undefined
  username: OwnUsername | undefined
  /** What contact discovery was asked; undefined without an account, or where nothing is rationed. */
  discovery: DiscoveryUse | undefined
  sinceMs: number
  /** Where a registration stands, when one is under way. */
  registration: RegistrationStep | undefined
  /** Where the linking with a phone stands, when one is under way. */
  link: LinkStep | undefined
  /** What a person should know although it works. */
  warnings: readonly SignalWarning[]
  /** A captcha that a person solves on `pageUrl`. */
  challenge: { token: string; pageUrl: string; retryAtMs: number | undefined } | undefined
}

/** What a registration waits for. Every step survives a restart. */
export type RegistrationStep =
  | { step: 'captcha'; e164: string; pageUrl: string }
  | {
      step: 'code'
      e164: string
      transport: 'sms' | 'voice'
      requestedAtMs: number
      /** When the service sends the next code by text, and makes the next call; undefined: it has not said. */
      nextSmsAtMs: number | undefined
      nextCallAtMs: number | undefined
    }
  /** The number is protected by a Signal PIN, until then (if nobody uses the account until then). */
  | { step: 'pin'; e164: string; lockedUntilMs: number; isPinOfUse: boolean; triesLeft: number | undefined }
  /** Signal offers to move the phone's messages to a new phone, which cannot come here: may that be skipped? */
  | { step: 'transfer'; e164: string }
  | { step: 'registering'; e164: string }
  | { step: 'failed'; e164: string; code: string; reason: string; retryAtMs: number | undefined }

/** What a linking waits for. None of it survives a restart. */
export type LinkStep =
  /** A phone is to scan `uri` (as a QR code) before it expires; a fresh one follows by itself. */
  | { step: 'scan'; uri: string; expiresAtMs: number }
  | { step: 'linking' }
  | { step: 'failed'; code: string; reason: string }

/** One device of our own account. */
export interface LinkedDevice {
  id: number
  /** Undefined where it has none, or one that we cannot read. */
  name: string | undefined
  isThis: boolean
  isPrimary: boolean
  /** To the day, as the server tells. */
  lastSeenAtMs: number | undefined
  linkedAtMs: number | undefined
}

/** Who has written a message, and in which group. */
export type Author = PeerIds & { groupId?: string | undefined }

export interface SignalAccount {
  status(): SignalStatus
  onStatus(listener: (status: SignalStatus) => void): () => void
  /** What became of the envelopes since the account was loaded, by kind: received, ignored, or what was wrong with them. */
  envelopes(): Readonly<Record<string, number>>
  /** Loads the account if there is one and connects; carries on a registration that a restart interrupted. */
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * Begins registering this number as a primary. Resolves as soon as the next step is known (`status().registration`).
   * `code` is awaited by the account itself: from `EnrollmentCodes.next` or from `submitCode`, whichever comes first.
   * Errors: CausewayError `signal-…` with what to do.
   */
  register(request: { e164: string; captcha: string | undefined; transport: 'sms' | 'voice' }): Promise<void>
  /**
   * Begins becoming a linked device of an account that is on a phone. Resolves when there is something to scan
   * (`status().link`). Errors: CausewayError `signal-account-present`, `signal-unreachable`.
   */
  link(request: { deviceName: string }): Promise<void>
  /** All devices of the account. Errors: CausewayError `signal-no-account`, `signal-unreachable`. */
  devices(): Promise<readonly LinkedDevice[]>
  /** Signs a linked device of ours out. Errors: also `signal-not-primary`, `signal-device-unknown`. */
  removeDevice(id: number): Promise<void>
  /** Calls a device of ours by another name. Errors: also `signal-not-primary`, `signal-device-…`. */
  renameDevice(id: number, name: string): Promise<void>
  /**
   * Deletes the account at the service, for ever, and everything here that belongs to it alone (keys, sessions, groups,
   * profile); conversations stay. Errors: CausewayError `signal-no-account`, `signal-not-primary`, `signal-unreachable`.
   */
  deleteAccount(): Promise<void>
  /**
   * A linked device removes itself from the account, and everything here that belonged to it is forgotten as by
   * `deleteAccount`; one that was signed out already only forgets. Resolves when that is done, or after a while when it goes on
   * by itself, over restarts (`status()` says so). Errors: CausewayError `signal-no-account`, `signal-not-linked` on a primary,
   * `signal-unreachable`.
   */
  unlink(): Promise<void>
  /** Throws CausewayError `signal-no-account` when there is none. */
  discoverability(): SignalDiscoverability
  submitCaptcha(token: string): Promise<void>
  submitCode(code: string): Promise<void>
  /**
   * Opens the registration lock of the number with its PIN. Errors: CausewayError `signal-pin-wrong`, `signal-pin-gone`,
   * `signal-pin-service`, `signal-registration` when none is wanted.
   */
  submitPin(pin: string): Promise<void>
  /** Goes on with a registration although the phone's messages stay behind. Errors: `signal-registration`. */
  skipTransfer(): Promise<void>
  /**
   * Encrypts for all devices of the recipient and sends (sealed where possible). Repeating it with the same timestamp is
   * safe; what is attached is uploaded before, once. Resolves when the server has accepted it. Errors: CausewayError with
   * codes `not-on-signal`
   * (other-transport), `identity-changed` (after-human), `signal-unreachable` (same-transport), `signal-rate-limited`
   * (same-transport, retryAfterMs), `signal-challenge` (after-human), `signal-no-account` (other-transport).
   */
  sendText(message: OutgoingText): Promise<{ sealed: boolean; to: PeerIds }>
  /** The groups of the account. Throws CausewayError `signal-no-account` when there is none. */
  groups(): SignalGroups
  /** Throws CausewayError `signal-no-account` when there is none. */
  usernames(): SignalUsernames
  /** Throws CausewayError `signal-no-account` when there is none. */
  profile(): SignalProfile
  lock(): SignalLock
  /**
   * Takes note, inside the given transaction, of something that this peer is to know about a message; it is sent from then
   * on until it is accepted or hopeless, which `SignalSink.settled` tells. What is returned is to be called after the
   * commit. Errors: CausewayError `signal-no-account`.
   */
  owe(change: OutgoingAction, transaction: DatabaseTransaction): Promise<() => void>
  /** Nothing of these messages (ours, or theirs) may be kept any more. */
  forget(
    messages: { with: PeerIds; ours: boolean; timestampsMs: readonly number[] },
    transaction: DatabaseTransaction,
  ): Promise<void>
  /**
   * Fetches what is attached to a message that came (`InboundMedia.pointer`), verified whole before it is finished.
   * Errors: CausewayError `signal-attachment` (never), `signal-unreachable`, `storage-full`, `signal-no-account`.
   */
  fetchAttachment(pointer: Uint8Array, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob>
  /** Who of these numbers is on Signal; missing from the map = not registered. Throws CausewayError when it cannot know. */
  lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>>
  /** From now on the peer's newest identity key is trusted for sending. */
  approveIdentity(peer: PeerIds): Promise<void>
  /**
   * The owner has read messages of this author. Inside the given transaction; what is returned is to be called after its
   * commit. The author is told unless read receipts are off, or they are a stranger and it was in no group; our own other
   * devices always.
   */
  markRead(author: Author, timestampsMs: readonly number[], transaction: DatabaseTransaction): Promise<() => void>
  /**
   * The owner has looked at what is attached to this message (`once`: it was for that alone), or has listened to it. As
   * `markRead`.
   */
  markViewed(author: Author, timestampMs: number, once: boolean, transaction: DatabaseTransaction): Promise<() => void>
  /**
   * The owner has decided about this person, or has let a group in or declined it (which leaves nothing: `SignalGroups.leave`
   * does). Takes note inside the given transaction, and tells our own other devices; what is returned is to be called after its
   * commit. Needs no account for the list of blocked people.
   */
  decide(
    peer: PeerIds & { groupId?: string | undefined },
    decision: PeerDecision,
    transaction: DatabaseTransaction,
  ): Promise<() => void>
  /** The owner has removed this here: our own other devices are told. As `decide`. */
  tellRemoved(
    peer: PeerIds & { groupId?: string | undefined },
    removal: OwnRemoval,
    transaction: DatabaseTransaction,
  ): Promise<() => void>
  /**
   * The owner deletes this person: names, keys and sessions go; `needed`: what a block or a group with them needs stays. A
   * primary takes their record out of the storage service, too. As `decide`.
   */
  forgetPerson(peer: PeerIds, needed: boolean, transaction: DatabaseTransaction): Promise<() => void>
  /** The owner writes to them, or has stopped: told where both sides want it, now or never. Never throws. */
  typing(to: PeerIds & { groupId?: string | undefined }, started: boolean): Promise<void>
  /** 60-digit safety number with this peer, or undefined while we have no key of theirs. */
  safetyNumber(peer: PeerIds): Promise<string | undefined>
  /** The same as octets of a QR code, for the other side to scan. */
  safetyCode(peer: PeerIds): Promise<Uint8Array | undefined>
  /** Whether a code scanned at the other side fits. Errors: `safety-code-unreadable`, `safety-number-unknown`. */
  compareSafetyCode(peer: PeerIds, scanned: Uint8Array): Promise<boolean>
  /**
   * Our own other devices are to know that this safety number was compared, or is no longer held for so. Inside the given
   * transaction; what is returned is to be called after its commit.
   */
  tellVerified(peer: PeerIds, verified: boolean, transaction: DatabaseTransaction): Promise<() => void>
  /** The owner calls somebody by another name, which a primary keeps at the storage service. As `tellVerified`. */
  tellNamed(transaction: DatabaseTransaction): Promise<() => void>
}

/**
 * The groups of an account. `id` is base64 of Signal's group identifier; people are named by account, phone-number
 * identity or number. What was done is told through `SignalSink.group` before a command resolves. Errors of all:
 * CausewayError `unknown-group`, `group-forbidden`, `group-conflict`, `group-not-done`, `signal-…`.
 */
export interface SignalGroups {
  /** To all other members; errors as `sendText`, and `group-left`, `group-announcements`. */
  send(message: OutgoingGroupText): Promise<readonly MemberOutcome[]>
  /** Whose profile key is known is added, all others are invited. */
  create(request: {
    title: string
    description: string
    people: readonly PeerIds[]
    timerSeconds: number
    announcementsOnly: boolean
    avatar: Uint8Array | undefined
  }): Promise<string>
  configure(id: string, wanted: GroupSettings): Promise<void>
  /** `undefined` takes it away. */
  setAvatar(id: string, avatar: Uint8Array | undefined): Promise<void>
  /** Undefined when it has none. Errors: also `group-avatar`. */
  avatar(id: string): Promise<Uint8Array | undefined>
  add(id: string, people: readonly PeerIds[]): Promise<void>
  /** `who`: a service id. A member, an invitation, or a request to join. */
  remove(id: string, who: string): Promise<void>
  /** As `remove`, and from now on they come back by no link, only by being added. Also somebody who has left. */
  ban(id: string, who: string): Promise<void>
  unban(id: string, who: string): Promise<void>
  setRole(id: string, aci: string, admin: boolean): Promise<void>
  /** Lets somebody in who came by the link. */
  approve(id: string, aci: string): Promise<void>
  accept(id: string): Promise<void>
  /** Also declines an invitation. */
  leave(id: string): Promise<void>
  /** The owner keeps it out: nothing of it is shown. We stay in it; our own other devices are told. */
  block(id: string): Promise<void>
  unblock(id: string): Promise<void>
  /** By an invitation link; the group's id. Throws also `group-link`. */
  join(link: string): Promise<string>
  /** Of every member whose safety number has changed, the newest one is trusted from now on. */
  approveIdentities(id: string): Promise<void>
}

/** Hands over verification codes that arrive at the modem. */
export interface EnrollmentCodes {
  /** Resolves with the next code (digits only) that arrives after `sinceMs`; rejects on abort. */
  next(sinceMs: number, signal: AbortSignal): Promise<string>
}

export interface Directory {
  /** What contact discovery has been asked of late; left out where nothing is rationed. */
  readonly use?: DiscoveryUse | undefined
  /** Who of these numbers is registered; missing from the map = not. Throws CausewayError when it cannot know. */
  lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>>
  /** Answers nobody more; resolves when it is done with the database. */
  stop?(): Promise<void>
}
