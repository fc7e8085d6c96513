/**
 * What a transport may tell the router: messages, receipts, evidence about people, and what the owner did elsewhere. Every
 * promise of `TransportSink` is an acknowledgement: a driver deletes or acks only what the sink has resolved for.
 */
import type { GroupFact } from './group.ts'
import type { InboundBroadcast, InboundCall, InboundData, PictureNotice, WaitingNotice } from './inbound-notices.ts'
import type { InboundMedia, StoredBlob } from './media.ts'
import type { MmsReport } from './mms-report.ts'
import type { RemovalElsewhere } from './own-decisions.ts'
import type { TextRange } from './ranges.ts'
import type { ChangeReport, Quote, QuotedFile, Recipient, TransportName, UnitOfWork } from './transport.ts'

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

/** What a message that came answers to; of a file, `thumbnail` is a small copy that can be fetched. */
export type InboundQuote = Quote<QuotedFile & { thumbnail?: InboundMedia | undefined }>

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
  quote?: InboundQuote | undefined
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
  quote: InboundQuote | undefined
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

/** Somebody's message that could not be decrypted, by its author and time. */
export interface UnreadableFact {
  from: Recipient & { aci: string }
  groupId: string | undefined
  timestampMs: number
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
  /** Notes a call that nobody answered here in the caller's conversation, once. */
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
  /** A message that could not be decrypted is missing in its conversation, until it comes again. */
  unreadable(fact: UnreadableFact, unit?: UnitOfWork): Promise<void>
  /** The unit of work given before has been committed: tell listeners. */
  committed(): void
}
