/**
 * What our own devices learn from each other. A linked one asks the phone once for contacts, blocked people, settings and keys, and takes the
 * answers whenever they come. A contact list lies at the content server; that it is still to be fetched is on record,
 * so that neither a restart nor a lost connection forgets it.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { openAttachment } from './attachments.ts'
import type { Clock, OwnTimestamps } from './clock.ts'
import { type ListedContact, readContactList } from './contact-list.ts'
import type { ContentServer } from './content-server.ts'
import type { Credentials } from './credentials.ts'
import { asCauseway } from './errors.ts'
import type { SignalSink } from './facts.ts'
import { peerOf, readServiceId } from './ids.ts'
import { Ongoing } from './ongoing.ts'
import { idsOf, learnPeer } from './peers.ts'
import { attachmentPointerCodec, type SyncMessage } from './proto/messages.ts'
import { applyRemovals } from './removals.ts'
import { pruneRemovedFiles } from './removed-files.ts'
import type { Sender } from './sender.ts'
import { applyBlocked, applyResponse } from './standing.ts'
import { makeStorageDue } from './storage-due.ts'
import type { StorageService } from './storage-service.ts'
import type { SyncAnswers } from './sync-answers.ts'
import { fetchStorage } from './telling.ts'
import { identityOf } from './trust.ts'
import { noteVerdict } from './verdicts.ts'

/** SyncMessage.Request types: contacts, blocked, configuration, keys. */
const requestTypes = [1, 3, 4, 5] as const
/** SyncMessage.FetchLatest: another device has published our profile. */
const fetchProfile = 1
/** Verified.State. */
const verifiedState = 1
const contactListOctetsMax = 32 * 1024 * 1024
/** People told of in one transaction, so that messages come in between. */
const contactsPerTransaction = 100

export class DeviceSync {
  readonly #db: Database
  readonly #sender: Sender
  readonly #server: ContentServer
  readonly #sink: SignalSink
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #timestamps: OwnTimestamps
  readonly #log: Log
  readonly #storage: StorageService
  readonly #stored: () => Promise<void>
  readonly #answers: SyncAnswers
  readonly #learnProfile: () => Promise<void>
  readonly #regrouped: (id: string, transaction: DatabaseTransaction) => Promise<void>
  /** Whether the phone has told of another profile; at each connection it is looked at anyway. */
  #profileTold = false
  readonly #stopping = new AbortController()
  readonly #ongoing = new Ongoing()
  readonly #rounds: Rounds

  constructor(parts: {
    db: Database
    sender: Sender
    server: ContentServer
    sink: SignalSink
    credentials: Credentials
    clock: Clock
    timestamps: OwnTimestamps
    log: Log
    storage: StorageService
    /** What the storage service says of the account itself may be other now. Never throws. */
    stored: () => Promise<void>
    answers: SyncAnswers
    learnProfile: () => Promise<void>
    /** The owner keeps this group out by now, or no longer. */
    regrouped: (id: string, transaction: DatabaseTransaction) => Promise<void>
  }) {
    this.#db = parts.db
    this.#sender = parts.sender
    this.#server = parts.server
    this.#sink = parts.sink
    this.#credentials = parts.credentials
    this.#clock = parts.clock
    this.#timestamps = parts.timestamps
    this.#log = parts.log
    this.#storage = parts.storage
    this.#stored = parts.stored
    this.#answers = parts.answers
    this.#learnProfile = parts.learnProfile
    this.#regrouped = parts.regrouped
    this.#rounds = new Rounds(
      () => this.#fetchOne(),
      (error) => this.#log.info({ code: asCauseway(error).code }, 'the phone’s contact list waits'),
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#storage.stop()
    await this.#answers.stop()
    await this.#rounds.stop()
    await this.#ongoing.end()
  }

  /** Forgets what was said of messages that do not come any more. */
  async prune(): Promise<void> {
    await pruneRemovedFiles(this.#db, this.#clock.now())
  }

  /** Asks the phone, unless that was done since linking. Nothing on a primary, which has nobody to ask. */
  async ask(): Promise<void> {
    if (this.#credentials.deviceId === 1) return
    const row = await this.#db.selectFrom('signal_account').select('sync_requested_at_ms').executeTakeFirst()
    if (row === undefined || row.sync_requested_at_ms !== null) return
    for (const type of requestTypes) {
      await this.#sender.send({
        to: this.#credentials.aci,
        content: { syncMessage: { request: { type } } },
        timestampMs: this.#timestamps.next(),
        urgent: true,
        hint: ContentHint.Resendable,
        log: true,
      })
    }
    await this.#db.updateTable('signal_account').set({ sync_requested_at_ms: this.#clock.now() }).execute()
  }

  /** Keeps what the phone tells, inside the receiver's transaction. True when something is left to be fetched. */
  async apply(sync: SyncMessage, transaction: DatabaseTransaction): Promise<boolean> {
    const { contacts, blocked, configuration, keys, fetchLatest } = sync
    // Only a primary has the answers.
    if (sync.request !== undefined && this.#credentials.deviceId === 1) {
      return await this.#answers.take(sync.request.type, transaction)
    }
    const now = this.#clock.now()
    if (blocked !== undefined) {
      for (const id of await applyBlocked(transaction, this.#sink, blocked, now)) await this.#regrouped(id, transaction)
    }
    if (sync.deleteForMe !== undefined) {
      await applyRemovals(this.#sink, sync.deleteForMe, { own: this.#credentials.aci, atMs: now }, transaction)
    }
    if (sync.messageRequestResponse !== undefined) {
      const id = await applyResponse(transaction, this.#sink, sync.messageRequestResponse, now)
      if (id !== undefined) await this.#regrouped(id, transaction)
    }
    if (sync.verified !== undefined) await this.#applyVerified(sync.verified, transaction)
    if (configuration?.typingIndicators !== undefined) {
      await transaction
        .updateTable('signal_account')
        .set({ typing_indicators: configuration.typingIndicators ? 1 : 0 })
        .execute()
    }
    if (configuration?.readReceipts !== undefined) {
      await transaction
        .updateTable('signal_account')
        .set({ read_receipts: configuration.readReceipts ? 1 : 0 })
        .execute()
    }
    if (keys?.accountEntropyPool) {
      await transaction.updateTable('signal_account').set({ entropy_pool: keys.accountEntropyPool }).execute()
      await makeStorageDue(transaction, this.#clock.now())
      return true
    }
    if (fetchLatest?.type === fetchProfile) {
      this.#profileTold = true
      return true
    }
    // A primary has set it by itself.
    const isRenamed = sync.usernameChange !== undefined && this.#credentials.deviceId !== 1
    if (fetchLatest?.type === fetchStorage || isRenamed) {
      await makeStorageDue(transaction, this.#clock.now())
      return true
    }
    // Whom they have shut out does not keep the key to our profile.
    const isShutOut = blocked !== undefined || sync.messageRequestResponse !== undefined
    if (contacts?.blob === undefined) return isShutOut
    const pointer = attachmentPointerCodec.encode(contacts.blob)
    await transaction.insertInto('signal_contact_list_due').orReplace().values({ id: 1, pointer }).execute()
    return true
  }

  /** Fetches a contact list that is due, and what the storage service has. Never throws; what the network kept from being fetched stays due. */
  async fetch(): Promise<void> {
    const profile = async () => {
      if (!this.#profileTold) return
      this.#profileTold = false
      await this.#learnProfile()
    }
    const answers = () => this.#answers.flush()
    const storage = () => this.#storage.sync()
    const contacts = () => this.#rounds.run()
    for (const step of [profile, answers, storage, this.#stored, contacts]) await this.#ongoing.unlessEnded(step)
  }

  /** False when nothing is due. */
  async #fetchOne(): Promise<boolean> {
    const due = await this.#db.selectFrom('signal_contact_list_due').select('pointer').executeTakeFirst()
    if (due === undefined) return false
    try {
      const pointer = attachmentPointerCodec.decode(due.pointer)
      const blob = await this.#server.download(pointer, contactListOctetsMax, this.#stopping.signal)
      const contacts = readContactList(openAttachment(blob, pointer))
      for (let from = 0; from < contacts.length; from += contactsPerTransaction) {
        await this.#tell(contacts.slice(from, from + contactsPerTransaction))
      }
    } catch (error) {
      const isHopeless = error instanceof RangeError || (CausewayError.is(error) && error.retry === 'never')
      if (!isHopeless) throw error
      this.#log.warn({ cause: error.message }, 'the phone’s contact list cannot be used')
    }
    await this.#db.deleteFrom('signal_contact_list_due').where('pointer', '=', due.pointer).execute()
    return true
  }

  async #tell(contacts: readonly ListedContact[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const { ids, name } of contacts) {
        if (ids.aci === this.#credentials.aci) continue
        const { peer } = await learnPeer(transaction, ids)
        if (name === undefined) continue
        await this.#sink.peer({ kind: 'named', peer: idsOf(peer), name, atMs: this.#clock.now() }, transaction)
      }
    })
    this.#sink.committed()
  }

  /** Counts for the key that was compared alone: another one that we have since is not it. */
  async #applyVerified(
    verified: NonNullable<SyncMessage['verified']>,
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const aci = readServiceId(verified.destinationAciBinary, verified.destinationAci)
    const known = aci === undefined ? undefined : await identityOf(transaction, aci)
    const { identityKey, state = 0 } = verified
    if (aci === undefined || known === undefined || identityKey === undefined) return
    if (Buffer.compare(known, identityKey) !== 0) return
    const { peer } = await learnPeer(transaction, peerOf(aci))
    await noteVerdict(transaction, peer, state === verifiedState)
    const fact = { peer: idsOf(peer), verified: state === verifiedState, atMs: this.#clock.now() }
    await this.#sink.peer({ kind: 'verified', ...fact }, transaction)
  }
}
