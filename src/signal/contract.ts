/**
 * What the rest of the house sees of a Signal account. `account.ts` fulfils it. Nothing here knows conversations,
 * policies or phones' text messages.
 */
import type { DatabaseTransaction } from '../store/database.ts'
import type { GroupSettings, GroupSink, MemberOutcome } from './groups/contract.ts'

/** Canonical lower-case UUID of an account (ACI), and of its phone-number identity (PNI, without prefix). */
export interface PeerIds {
  aci: string | undefined
  pni: string | undefined
  e164: string | undefined
}

export interface IncomingText {
  from: PeerIds
  senderDevice: number
  /** Sent timestamp of the sender's device (ms): with the sender's ACI the message's identity everywhere. */
  timestampMs: number
  serverTimestampMs: number
  text: string
  sealed: boolean
  /** Set on messages that our own other device sent (sync transcript): whom they went to. */
  sentTo: PeerIds | undefined
  /** The group it was written in; else it is between us and the sender. */
  groupId?: string | undefined
  /** The message it answers to. */
  quote: { ours: boolean; timestampMs: number; text: string } | undefined
}

/** What a person did to a message that came or went before. */
export interface MessageChange {
  by: PeerIds
  /** By its sent timestamp (of any of its versions); ours, or one of the same person. */
  target: { ours: boolean; timestampMs: number; authorAci?: string | undefined }
  /** The group in which it happened; there, `target.authorAci` says whose message it is. */
  groupId?: string | undefined
  /** Sent timestamp of the change itself. */
  timestampMs: number
  change: /** The rest of a long text was fetched. */
    | { kind: 'completed'; text: string }
    | { kind: 'edited'; text: string }
    | { kind: 'deleted' }
    | { kind: 'reaction'; emoji: string; removed: boolean }
}

export type PeerFact =
  | { kind: 'registered' | 'unregistered' | 'identity-changed'; peer: PeerIds; atMs: number }
  | { kind: 'linked'; peer: PeerIds; atMs: number }
  /** The person's own phone (whose linked device this is) has them in its address book under this name. */
  | { kind: 'named'; peer: PeerIds; name: string; atMs: number }

/**
 * Where decrypted facts go. Called inside the transaction that also commits the ratchet state; the envelope is acked
 * after that transaction committed. A rejection rolls everything back and leaves the envelope unacked.
 */
export interface SignalSink extends GroupSink {
  text(message: IncomingText, transaction: DatabaseTransaction): Promise<void>
  receipt(
    receipt: { kind: 'delivered' | 'read'; from: PeerIds; timestampsMs: readonly number[]; atMs: number },
    transaction: DatabaseTransaction,
  ): Promise<void>
  peer(fact: PeerFact, transaction: DatabaseTransaction): Promise<void>
  /** False when the message is not here. */
  amend(amendment: MessageChange, transaction: DatabaseTransaction): Promise<boolean>
  /** Somebody begins or stops writing to us; from the last few seconds only. */
  typing(
    fact: { from: PeerIds; started: boolean; atMs: number; groupId?: string | undefined },
    transaction: DatabaseTransaction,
  ): Promise<void>
  /** An envelope that could not be understood, with its octets. `from` where the outer layer told. */
  undecryptable(
    item: { envelope: Uint8Array; code: string; detail: string; from: PeerIds | undefined; serverGuid: string },
    transaction: DatabaseTransaction,
  ): Promise<void>
  /** After commit. */
  committed(): void
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
  sinceMs: number
  /** Where a registration stands, when one is under way. */
  registration: RegistrationStep | undefined
  /** Where the linking with a phone stands, when one is under way. */
  link: LinkStep | undefined
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
      nextRequestAtMs: number | undefined
    }
  | { step: 'registering'; e164: string }
  | { step: 'failed'; e164: string; code: string; reason: string; retryAtMs: number | undefined }

/** What a linking waits for. None of it survives a restart. */
export type LinkStep =
  /** A phone is to scan `uri` (as a QR code) before it expires; a fresh one follows by itself. */
  | { step: 'scan'; uri: string; expiresAtMs: number }
  | { step: 'linking' }
  | { step: 'failed'; code: string; reason: string }

export interface SignalAccount {
  status(): SignalStatus
  onStatus(listener: (status: SignalStatus) => void): () => void
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
  submitCaptcha(token: string): Promise<void>
  submitCode(code: string): Promise<void>
  /**
   * Encrypts for all devices of the recipient and sends (sealed where possible). Repeating it with the same timestamp is
   * safe. Resolves when the server has accepted it. Errors: CausewayError with codes `not-on-signal`
   * (other-transport), `identity-changed` (after-human), `signal-unreachable` (same-transport), `signal-rate-limited`
   * (same-transport, retryAfterMs), `signal-challenge` (after-human), `signal-no-account` (other-transport).
   */
  sendText(message: { to: PeerIds; text: string; timestampMs: number }): Promise<{ sealed: boolean; to: PeerIds }>
  /** The groups of the account. Throws CausewayError `signal-no-account` when there is none. */
  groups(): SignalGroups
  /** Who of these numbers is on Signal; missing from the map = not registered. Throws CausewayError when it cannot know. */
  lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>>
  /** From now on the peer's newest identity key is trusted for sending. */
  approveIdentity(peer: PeerIds): Promise<void>
  /**
   * The owner has read messages of this author. Inside the given transaction; what is returned is to be called after its
   * commit. The author is told unless read receipts are off, our own other devices always.
   */
  markRead(author: PeerIds, timestampsMs: readonly number[], transaction: DatabaseTransaction): Promise<() => void>
  /** 60-digit safety number with this peer, or undefined while we have no key of theirs. */
  safetyNumber(peer: PeerIds): Promise<string | undefined>
}

/**
 * The groups of an account. `id` is base64 of Signal's group identifier; people are named by account, phone-number
 * identity or number. What was done is told through `SignalSink.group` before a command resolves. Errors of all:
 * CausewayError `unknown-group`, `group-forbidden`, `group-conflict`, `group-not-done`, `signal-…`.
 */
export interface SignalGroups {
  /** To all other members; errors as `sendText`, and `group-left`, `group-announcements`. */
  send(message: { groupId: string; text: string; timestampMs: number }): Promise<readonly MemberOutcome[]>
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
  add(id: string, people: readonly PeerIds[]): Promise<void>
  /** `who`: a service id. A member, an invitation, or a request to join. */
  remove(id: string, who: string): Promise<void>
  setRole(id: string, aci: string, admin: boolean): Promise<void>
  /** Lets somebody in who came by the link. */
  approve(id: string, aci: string): Promise<void>
  accept(id: string): Promise<void>
  /** Also declines an invitation. */
  leave(id: string): Promise<void>
  /** By an invitation link; the group's id. Throws also `group-link`. */
  join(link: string): Promise<string>
  /** Of every member whose safety number has changed, the newest one is trusted from now on. */
  approveIdentities(id: string): Promise<void>
  /** Learns of a group from elsewhere (another device, the storage service); fetched soon. */
  learn(masterKey: Uint8Array): Promise<void>
}

/** Hands over verification codes that arrive at the modem. */
export interface EnrollmentCodes {
  /** Resolves with the next code (digits only) that arrives after `sinceMs`; rejects on abort. */
  next(sinceMs: number, signal: AbortSignal): Promise<string>
}
