/**
 * What of picture messages must outlive a crash, and what the transport asks of whoever keeps it. The store fulfils both
 * shelves; a `unit` is an open transaction of `together` or of somebody else.
 */
import type { Incoming, IncomingState } from './mms-incoming.ts'
import type { MmsReport } from './mms-report.ts'
import type { UnitOfWork } from './transport.ts'

/** What a notification says. */
export interface Announcement {
  /** The modem that it came to. */
  lane: string
  /** Empty where it named none: then nothing can be answered. */
  transactionId: string
  /** Where the message is. */
  location: string
  /** As it says; undefined: the sender hides, or the MMSC tells only with the message. */
  fromAddress: string | undefined
  subject: string | undefined
  /** As it says. */
  bytes: number | undefined
  receivedAtMs: number
}

/** A notification on record. */
export interface Announced extends Announcement, Incoming {
  /** `mmn_…`; also the key by which its message is seen once. */
  id: string
  /** Under which an m-acknowledge-ind is given. */
  retrieveTransactionId: string | undefined
  /** Why it is not here, or not yet: a stable code, and words. */
  code: string | undefined
  reason: string | undefined
}

type Change = Partial<Incoming & Pick<Announced, 'code' | 'reason' | 'fromAddress' | 'retrieveTransactionId'>>

/** Announced messages and their octets. */
export interface NotificationShelf {
  /** Runs `work` in one transaction, and resolves when that is durable. */
  together<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>
  find(
    key: { id: string } | Pick<Announcement, 'lane' | 'transactionId' | 'location'>,
    unit?: UnitOfWork,
  ): Promise<Announced | undefined>
  add(announcement: Announcement, incoming: Incoming, unit: UnitOfWork): Promise<Announced>
  /** Only while its state is still `from`; false otherwise. */
  change(id: string, from: IncomingState, change: Change, unit: UnitOfWork): Promise<boolean>
  /** The message as it came; kept until all that is attached has been taken out of it. */
  keepPdu(id: string, octets: Uint8Array, unit: UnitOfWork): Promise<void>
  pdu(id: string): Promise<Uint8Array | undefined>
  /** What is to be done first at `nowMs`: to fetch, to answer (over one modem), or to note that its time is over. */
  due(
    what: { kind: 'fetch' | 'answer'; lane: string } | { kind: 'lapse' },
    nowMs: number,
  ): Promise<Announced | undefined>
  /** When the next thing is due; undefined: nothing waits. */
  nextDueAtMs(): Promise<number | undefined>
  /** Forgets messages that have been taken apart, and old notifications. */
  prune(nowMs: number): Promise<void>
}

/** What was learnt from carriers, and what they call our messages. */
export interface CarrierShelf {
  /** Keeps the MMSC's name of a message; the reports that had come before it, which are then forgotten. */
  sent(message: { messageId: string; lane: string; mmscMessageId: string; atMs: number }): Promise<readonly MmsReport[]>
  /** What this carrier was found to take, in octets of the PDU. */
  bytesMax(carrier: string): Promise<number | undefined>
  learnBytesMax(carrier: string, bytesMax: number, nowMs: number): Promise<void>
  /** Numbers by which we were written to on this lane, beside the one that the modem knows. */
  ownNumbers(lane: string, unit?: UnitOfWork): Promise<readonly string[]>
  learnOwnNumber(lane: string, e164: string, nowMs: number, unit: UnitOfWork): Promise<void>
}
