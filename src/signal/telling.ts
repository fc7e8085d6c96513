/**
 * What the authors of messages and our own other devices are to know of what the owner does: reads, listens, decides,
 * compares. Noted in the transaction in which it is done, sent from then on.
 */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { OwnTimestamps, Random } from './clock.ts'
import type { ContentDesk } from './contents-due.ts'
import type { Author, PeerDecision } from './contract.ts'
import type { PeerIds } from './facts.ts'
import { isGroupBlocked, isGroupRequest } from './group-blocks.ts'
import type { Habits } from './habits.ts'
import { peerOf } from './ids.ts'
import { verifiedContent } from './own-account.ts'
import { peerAt } from './peers.ts'
import type { SyncMessage } from './proto/messages.ts'
import type { ReceiptDesk } from './receipts.ts'
import { groupSyncOf, isBlocked, syncOf } from './standing.ts'
import { makeStorageDue } from './storage-due.ts'
import { newSettings } from './told-habits.ts'

/** SyncMessage.FetchLatest: the storage service. */
export const fetchStorage = 2

export class Telling {
  readonly #receipts: ReceiptDesk
  readonly #contents: ContentDesk
  readonly #timestamps: OwnTimestamps
  readonly #habits: Habits
  readonly #random: Random
  readonly #own: string
  readonly #otherDevices: () => boolean
  readonly #fetch: () => void

  constructor(parts: {
    receipts: ReceiptDesk
    contents: ContentDesk
    timestamps: OwnTimestamps
    habits: Habits
    random: Random
    /** Our own ACI. */
    own: string
    otherDevices: () => boolean
    /** Writes what was decided to the storage service, among other things. */
    fetch: () => void
  }) {
    this.#receipts = parts.receipts
    this.#contents = parts.contents
    this.#timestamps = parts.timestamps
    this.#habits = parts.habits
    this.#random = parts.random
    this.#own = parts.own
    this.#otherDevices = parts.otherDevices
    this.#fetch = parts.fetch
  }

  /** Takes note that these messages were read: for our own other devices, and where wanted for their author. */
  async oweReadReceipts(
    transaction: DatabaseTransaction,
    author: Author,
    timestampsMs: readonly number[],
  ): Promise<void> {
    const { aci } = author
    if (aci === undefined) return
    const tellAuthor = await this.#mayKnow(author, transaction)
    for (const timestampMs of timestampsMs) {
      if (tellAuthor) await this.#receipts.owe(transaction, 'read', aci, timestampMs)
      if (this.#otherDevices()) await this.#receipts.owe(transaction, 'read-here', aci, timestampMs)
    }
  }

  /** Takes note that this message was looked at, or listened to: as `oweReadReceipts`. */
  async oweViewed(transaction: DatabaseTransaction, author: Author, timestampMs: number, once: boolean): Promise<void> {
    const { aci } = author
    if (aci === undefined) return
    const tellAuthor = await this.#mayKnow(author, transaction)
    if (tellAuthor) await this.#receipts.owe(transaction, 'viewed', aci, timestampMs)
    const kind = once ? 'opened-here' : 'viewed-here'
    if (this.#otherDevices()) await this.#receipts.owe(transaction, kind, aci, timestampMs)
  }

  /** Whoever was let in; in a group that was let in, its members. */
  async #mayKnow(author: Author, transaction: DatabaseTransaction): Promise<boolean> {
    if (author.aci === undefined || !(await this.#habits.readReceipts(transaction))) return false
    if (await isBlocked(transaction, author)) return false
    if (author.groupId === undefined) return (await peerAt(transaction, author.aci)).accepted
    return !(await isGroupBlocked(transaction, author.groupId)) && !(await isGroupRequest(transaction, author.groupId))
  }

  /** See `SignalAccount.decide`; the lists are written already. */
  async oweDecision(transaction: DatabaseTransaction, ids: Author, decision: PeerDecision): Promise<() => void> {
    const flush = await this.oweSync(transaction, await syncOf(transaction, ids, decision))
    if (decision.kind === 'accepted') {
      const readReceipts = await this.#habits.readReceipts(transaction)
      for (const { authorAci: aci = ids.aci, timestampMs, read } of decision.messages) {
        if (aci === undefined || (await isBlocked(transaction, peerOf(aci)))) continue
        await this.#receipts.owe(transaction, 'delivered', aci, timestampMs)
        if (read && readReceipts) await this.#receipts.owe(transaction, 'read', aci, timestampMs)
      }
    }
    return () => {
      flush()
      void this.#receipts.flush()
      this.#fetch()
    }
  }

  /** As `oweDecision`, of a group. */
  async oweGroupBlock(transaction: DatabaseTransaction, id: string, blocked: boolean): Promise<() => void> {
    const flush = await this.oweSync(transaction, await groupSyncOf(transaction, id, blocked))
    return () => {
      flush()
      this.#fetch()
    }
  }

  /** Notes what our own other devices are to know. Returned: what is to be called after the commit. */
  async oweSync(transaction: DatabaseTransaction, messages: readonly SyncMessage[]): Promise<() => void> {
    const to = peerOf(this.#own)
    for (const syncMessage of messages) {
      const timestampMs = this.#timestamps.next()
      await this.#contents.owe(transaction, { to, content: { syncMessage }, timestampMs, reference: undefined })
    }
    return () => void this.#contents.flush()
  }

  /** The username is another one. Returned: what is to be called after the commit. */
  async oweRenamed(transaction: DatabaseTransaction): Promise<() => void> {
    return await this.oweSync(transaction, this.#otherDevices() ? [{ usernameChange: {} }] : [])
  }

  /** A primary's settings are others than it has told: to our own other devices, and at the storage service. */
  async tellSettings(db: Database, nowMs: number): Promise<void> {
    const tell = await db.transaction().execute(async (transaction) => {
      const news = await newSettings(this.#habits, transaction, nowMs)
      if (news === undefined) return undefined
      return await this.oweSync(transaction, this.#otherDevices() ? [news] : [])
    })
    tell?.()
  }

  /** There is something new at the storage service. */
  async tellStored(db: Database): Promise<void> {
    if (!this.#otherDevices()) return
    const tell = await db
      .transaction()
      .execute((transaction) => this.oweSync(transaction, [{ fetchLatest: { type: fetchStorage } }]))
    tell()
  }

  /** See `SignalAccount.tellVerified`. */
  async tellVerified(ids: PeerIds, verified: boolean, transaction: DatabaseTransaction): Promise<() => void> {
    const content = await verifiedContent(transaction, ids, verified, this.#random)
    if (content === undefined) return () => undefined
    const to = peerOf(this.#own)
    await this.#contents.owe(transaction, { to, content, timestampMs: this.#timestamps.next(), reference: undefined })
    return () => void this.#contents.flush()
  }

  /** See `SignalAccount.tellNamed`. */
  async oweNames(transaction: DatabaseTransaction, nowMs: number): Promise<() => void> {
    await makeStorageDue(transaction, nowMs)
    return () => this.#fetch()
  }

  flushReceipts(): void {
    void this.#receipts.flush()
  }
}
