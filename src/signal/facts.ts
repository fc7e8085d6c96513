/**
 * What a Signal account tells the rest of the house: the facts that it decrypts, and the sink that takes them. What may be
 * asked of the account is `contract.ts`.
 */
import type { InboundMedia, StoredBlob } from '../domain/media.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { GroupSink } from './groups/contract.ts'

/** Canonical lower-case UUID of an account (ACI), and of its phone-number identity (PNI, without prefix). */
export interface PeerIds {
  aci: string | undefined
  pni: string | undefined
  e164: string | undefined
}

/** What holds for a part of a text, in UTF-16 units: a style, or that a placeholder stands for somebody (`ours`: for us). */
export type TextRange = { start: number; length: number } & (
  | { kind: 'style'; style: 'bold' | 'italic' | 'spoiler' | 'strikethrough' | 'monospace' }
  | { kind: 'mention'; aci: string; ours: boolean }
)

/** What a message answers to. `file`: the first one of it, and what this side or the other one knows of it beside that. */
export interface QuoteFact<More> {
  ours: boolean
  timestampMs: number
  text: string
  ranges?: readonly TextRange[] | undefined
  authorAci?: string | undefined
  file?: ({ contentType: string; fileName?: string | undefined } & More) | undefined
}

export interface IncomingText {
  from: PeerIds
  senderDevice: number
  /** Sent timestamp of the sender's device (ms): with the sender's ACI the message's identity everywhere. */
  timestampMs: number
  serverTimestampMs: number
  /** Empty where the message is nothing but what is attached. */
  text: string
  attachments: readonly InboundMedia[]
  /** What is attached is to be looked at once. */
  viewOnce: boolean
  sealed: boolean
  /** Set on messages that our own other device sent (sync transcript): whom they went to; to a group: nobody. */
  sentTo: PeerIds | undefined
  /** With that, in a group: the accounts to which it went. */
  members?: readonly string[] | undefined
  /** The group it was written in; else it is between us and the sender. */
  groupId?: string | undefined
  /** The message it answers to. */
  quote: QuoteFact<{ thumbnail?: InboundMedia | undefined }> | undefined
  /** It disappears so many seconds after it was read (for ours: after `startedAtMs`). */
  timerS: number | undefined
  /** What it says of the timer of its conversation. */
  timer?: { seconds: number; version: number | undefined } | undefined
  startedAtMs: number
  /** Styles and mentions, as they lie in `text`. */
  ranges: readonly TextRange[]
  preview: { url: string; title: string } | undefined
  /** Its author is a stranger whom the owner has not let in. */
  request: boolean
}

/** Somebody calls. Nobody answers here; on another device of ours it may ring as well. */
export interface IncomingCall {
  from: PeerIds & { aci: string }
  timestampMs: number
  video: boolean
  /** As in `IncomingText`. */
  request: boolean
}

/** The timer of the conversation with somebody, as they have set it, or (`byUs`) another device of ours. */
export interface TimerChange {
  with: PeerIds
  byUs: boolean
  seconds: number
  version: number | undefined
}

/** What a person did to a message that came or went before. */
export interface MessageChange {
  by: PeerIds
  /** Set when another device of ours did it (then `by` is us): whom the message went to, or came from. */
  with?: PeerIds | undefined
  /** By its sent timestamp (of any of its versions); ours, or one of the same person. */
  target: { ours: boolean; timestampMs: number; authorAci?: string | undefined }
  /** The group in which it happened; there, `target.authorAci` says whose message it is. */
  groupId?: string | undefined
  /** Sent timestamp of the change itself. */
  timestampMs: number
  change: /** The rest of a long text was fetched. */
    | { kind: 'completed'; text: string; ranges?: readonly TextRange[] }
    | { kind: 'edited'; text: string; ranges?: readonly TextRange[] }
    | { kind: 'deleted' }
    | { kind: 'reaction'; emoji: string; removed: boolean }
}

export type PeerFact =
  | { kind: 'registered' | 'unregistered' | 'identity-changed'; peer: PeerIds; atMs: number }
  | { kind: 'linked'; peer: PeerIds; atMs: number }
  /** Another device of ours says that the present safety number was compared, or no longer counts. */
  | { kind: 'verified'; peer: PeerIds; verified: boolean; atMs: number }
  /** Another device of ours has put them on the list of blocked people, or taken them off it. */
  | { kind: 'blocked'; peer: PeerIds; blocked: boolean; atMs: number }
  /** Another device of ours has let them in. */
  | { kind: 'accepted'; peer: PeerIds; atMs: number }
  /** Their profile has this name. */
  | { kind: 'profile'; peer: PeerIds; name: string; atMs: number }
  /** Their profile has this picture, which no row names yet; undefined: none. */
  | { kind: 'avatar'; peer: PeerIds; picture: StoredBlob | undefined; atMs: number }
  /** The person's own phone (whose linked device this is) has them in its address book under this name. */
  | { kind: 'named'; peer: PeerIds; name: string; atMs: number }

/** By its author's side and time; in a group also by its author. */
export type RemovedMessage = { ours: boolean; timestampMs: number; authorAci?: string | undefined }

/** One file of a message: `pointer` of one that came, the id of one that was sent. */
export type RemovedFile = { id: string; pointer: Uint8Array | undefined }

/** What the owner has removed on another device, for themselves alone. */
export type Removal = { with: PeerIds & { groupId?: string | undefined }; atMs: number } & (
  | { what: 'conversation' }
  /** The newest of these and all before it; `whole`: and the conversation, where nothing is left. */
  | { what: 'up-to'; messages: readonly RemovedMessage[]; whole: boolean }
  | { what: 'messages'; messages: readonly RemovedMessage[] }
  /** One file of it; `pick`: the id of that one, among those that are here. To be asked within the transaction. */
  | { what: 'file'; message: RemovedMessage; pick: (files: readonly RemovedFile[]) => Promise<string | undefined> }
)

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
  call(call: IncomingCall, transaction: DatabaseTransaction): Promise<void>
  peer(fact: PeerFact, transaction: DatabaseTransaction): Promise<void>
  /** False when the message is not here. */
  amend(amendment: MessageChange, transaction: DatabaseTransaction): Promise<boolean>
  /** Somebody begins or stops writing to us; from the last few seconds only. */
  typing(
    fact: { from: PeerIds; started: boolean; atMs: number; groupId?: string | undefined },
    transaction: DatabaseTransaction,
  ): Promise<void>
  /**
   * The owner has read these messages of `author` on another device; `opened`: has looked at what is attached, which was to
   * be looked at once.
   */
  readElsewhere(
    read: { author: PeerIds; timestampsMs: readonly number[]; atMs: number; opened?: boolean },
    transaction: DatabaseTransaction,
  ): Promise<void>
  timer(change: TimerChange, transaction: DatabaseTransaction): Promise<void>
  /** Whether the owner has written to this person, or has them in the address book: then they are let in. */
  knows(peer: PeerIds, transaction: DatabaseTransaction): Promise<boolean>
  /** At most so many people whom the owner calls by a name of their own, with that name. */
  addressBook(countMax: number): Promise<readonly { person: PeerIds; name: string }[]>
  removed(removal: Removal, transaction: DatabaseTransaction): Promise<void>
  /** How a content that was owed ended (see `SignalAccount.owe`). */
  settled(
    outcome: {
      reference: string
      timestampMs: number
      failure: { code: string; message: string } | undefined
      atMs: number
    },
    transaction: DatabaseTransaction,
  ): Promise<void>
  /** An envelope that could not be understood, with its octets. `from` where the outer layer told. */
  undecryptable(
    item: {
      envelope: Uint8Array
      code: string
      detail: string
      from: PeerIds | undefined
      serverGuid: string
      /** Set where it was a message to the owner: its time, and its group as the outer layer says. It is asked for again. */
      missing: { timestampMs: number; groupId: string | undefined } | undefined
    },
    transaction: DatabaseTransaction,
  ): Promise<void>
  /** After commit. */
  committed(): void
}
