/**
 * What of picture messages must outlive a crash, and what the transport asks of whoever keeps it. The store fulfils both
 * shelves; a `unit` is an open transaction of `together` or of somebody else.
 */
import type { Incoming, IncomingState } from './mms-incoming.ts'
import type { MmsReport } from './mms-report.ts'
import type { ToldValues } from './told.ts'
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
  /** What is in the words, by name. */
  values: ToldValues | undefined
}

type Change = Partial<
  Incoming & Pick<Announced, 'code' | 'reason' | 'values' | 'fromAddress' | 'retrieveTransactionId'>
>

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

/** A message whose sender wants to hear that it was read. */
export interface AskedReport {
  notificationId: string
  /** The modem that it came to. */
  lane: string
  /** What the MMSC calls the message. */
  mmscMessageId: string
  /** Its sender, as the conversation has them. */
  to: string
  /** The message's own time, by which it is found when it was read. */
  sentAtMs: number
}

/** A report that is to leave. */
export interface OwedReport extends AskedReport {
  readAtMs: number
  /** Failures so far. */
  tries: number
}

/** Who is to hear of reading, from the coming of the message until the report has left. */
export interface ReadReportShelf {
  ask(report: AskedReport, unit: UnitOfWork): Promise<void>
  /** The owner has read these messages of `from`. True where a report is owed now. */
  read(from: string, sentAtMs: readonly number[], nowMs: number, unit: UnitOfWork): Promise<boolean>
  due(lane: string, nowMs: number): Promise<OwedReport | undefined>
  nextDueAtMs(): Promise<number | undefined>
  /** It is handed over now: after a crash it is not handed over again. Resolves when that is durable. */
  leaving(notificationId: string): Promise<void>
  /** It has not left; `dueAtMs` undefined: nor will it. */
  stayed(report: OwedReport, dueAtMs: number | undefined): Promise<void>
  /** Whether it has, nobody asks any more. */
  left(notificationId: string): Promise<void>
  /** Forgets what nobody read for a long time, and what a crash cut off while it left. */
  prune(nowMs: number): Promise<void>
}
