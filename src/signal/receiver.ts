/**
 * The receiving chain: one envelope after the other, each decrypted under the account lock, handed to the sink inside
 * the one transaction that also commits the ratchet and the mark "seen", acknowledged only after that.
 *
 *   envelope → open (collects writes) → transaction { ratchet · seen? · sink } → on the disk → ack → receipts, retries
 *
 * Nothing an envelope holds can stop the chain: what cannot be read is quarantined through the sink and acknowledged.
 * Only when our own storage or the sink fails is an envelope left unacknowledged; then the connection is made anew and
 * the server delivers it again.
 */
import { createHash } from 'node:crypto'
import { PublicKey } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import { type Database, type DatabaseTransaction, onDisk, withoutWaiting } from '../store/database.ts'
import type { Clock } from './clock.ts'
import type { SignalSink } from './contract.ts'
import type { Credentials } from './credentials.ts'
import type { DeviceSync } from './device-sync.ts'
import { type Afterwards, Dispatch } from './dispatch.ts'
import type { GroupDesk } from './groups/desk.ts'
import type { Habits } from './habits.ts'
import { peerOf } from './ids.ts'
import type { AccountLock } from './lock.ts'
import type { LongTexts } from './long-texts.ts'
import { openEnvelope, serverGuidOf, Unreadable } from './opening.ts'
import { findPeer, idsOf } from './peers.ts'
import type { ProfileDesk } from './profiles.ts'
import type { ReceiptDesk } from './receipts.ts'
import type { RetryDesk } from './retries.ts'
import { forgetSeen } from './seen.ts'
import { RatchetUnit } from './stores.ts'

/** The server has at most 256 un-acknowledged messages under way; what would come beyond this is left to it. */
const waitingMax = 1_024
/** How long `stop` waits for the envelope in work. */
const stopTimeoutMs = 5_000

export class Receiver {
  readonly #db: Database
  readonly #lock: AccountLock
  readonly #clock: Clock
  readonly #log: Log
  readonly #sink: SignalSink
  readonly #credentials: Credentials
  readonly #trustRoots: PublicKey[]
  readonly #receipts: ReceiptDesk
  readonly #retries: RetryDesk
  readonly #sync: DeviceSync
  readonly #texts: LongTexts
  readonly #profiles: ProfileDesk
  readonly #fetchGroups: () => Promise<void>
  readonly #storageFailed: () => void
  readonly #moved: () => void
  #refused = 0
  /** How many could not be read, by what was wrong with them. The codes are of `opening.ts` and `dispatch.ts`: a score of them. */
  readonly #unreadable = new Map<string, number>()
  readonly #dispatch: Dispatch
  #chain: Promise<void> = Promise.resolve()
  /** Of what was committed: its acknowledgements, in their order. */
  #acks: Promise<void> = Promise.resolve()
  #waiting = 0
  #stopped = false

  constructor(parts: {
    db: Database
    lock: AccountLock
    clock: Clock
    log: Log
    sink: SignalSink
    credentials: Credentials
    trustRoots: readonly Uint8Array<ArrayBuffer>[]
    receipts: ReceiptDesk
    retries: RetryDesk
    sync: DeviceSync
    texts: LongTexts
    profiles: ProfileDesk
    habits: Habits
    groups: GroupDesk
    fetchGroups: () => Promise<void>
    /** An envelope could not be kept: the connection should be made anew after a while. */
    storageFailed: () => void
    /** The credentials in the database are others now. */
    moved: () => void
  }) {
    this.#db = parts.db
    this.#lock = parts.lock
    this.#clock = parts.clock
    this.#log = parts.log
    this.#sink = parts.sink
    this.#credentials = parts.credentials
    this.#trustRoots = parts.trustRoots.map((root) => PublicKey.deserialize(root))
    this.#receipts = parts.receipts
    this.#retries = parts.retries
    this.#sync = parts.sync
    this.#texts = parts.texts
    this.#profiles = parts.profiles
    this.#fetchGroups = parts.fetchGroups
    this.#dispatch = new Dispatch(parts)
    this.#storageFailed = parts.storageFailed
    this.#moved = parts.moved
  }

  /** Takes an envelope into the chain. `ack` is called after it was committed, or never. */
  take(envelope: Uint8Array<ArrayBuffer>, serverTimestampMs: number, ack: () => void): void {
    if (this.#stopped || this.#waiting >= waitingMax) return
    this.#waiting += 1
    this.#chain = this.#chain.then(async () => {
      this.#waiting -= 1
      if (this.#stopped) return
      await this.#handle(envelope, serverTimestampMs, ack)
    })
  }

  /** What became of the envelopes since the start, by kind: each is in exactly one, those that came twice twice. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#dispatch.counts, ...Object.fromEntries(this.#unreadable), refused: this.#refused }
  }

  /** Takes nothing more, and resolves when the envelope in work is done (or after some seconds). */
  async stop(): Promise<void> {
    this.#stopped = true
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopTimeoutMs)
    })
    await Promise.race([this.#chain.then(() => this.#acks), timeout])
    clearTimeout(timer)
  }

  /** Forgets marks of messages that can no longer be delivered again. */
  async prune(): Promise<void> {
    await forgetSeen(this.#db, this.#clock.now())
  }

  /** Shows what waited for a group that is known now, in the transaction that made it so. */
  async release(groupId: string, transaction: DatabaseTransaction): Promise<void> {
    if (await this.#dispatch.release(groupId, transaction)) void this.#texts.fetch()
  }

  async #handle(envelope: Uint8Array<ArrayBuffer>, serverTimestampMs: number, ack: () => void): Promise<void> {
    try {
      const afterwards = await this.#lock.run(() => this.#process(envelope, serverTimestampMs))
      // What is behind it is not read with credentials of before: it stays un-acknowledged, and comes again.
      if (afterwards.moved) this.#stopped = true
      const kept = onDisk(this.#db)
      // Looked at in its turn below; until then it is not for the process to end on.
      kept.catch(() => {})
      // The next envelope need not wait for the disk, only this one's acknowledgement; many share one sync. The server
      // has at most 256 of them under way.
      this.#acks = this.#acks.then(() => this.#settle(kept, ack, afterwards))
    } catch (error) {
      this.#refuse(error)
    }
  }

  async #settle(kept: Promise<void>, ack: () => void, afterwards: Afterwards): Promise<void> {
    try {
      await kept
    } catch (error) {
      this.#refuse(error)
      return
    }
    acknowledge(ack)
    this.#sink.committed()
    this.#finish(afterwards)
  }

  #refuse(error: unknown): void {
    this.#refused += 1
    this.#log.error({ err: error }, 'an envelope could not be kept and stays with Signal’s server')
    this.#storageFailed()
  }

  async #process(envelope: Uint8Array<ArrayBuffer>, serverTimestampMs: number): Promise<Afterwards> {
    const afterwards: Afterwards = {
      receipts: false,
      ask: undefined,
      fetch: false,
      answer: undefined,
      profile: false,
      moved: false,
    }
    const unit = new RatchetUnit(this.#db, this.#clock.now())
    const context = { unit, credentials: this.#credentials, trustRoots: this.#trustRoots }
    try {
      const opened = await openEnvelope(envelope, serverTimestampMs, context)
      await withoutWaiting(this.#db)
        .transaction()
        .execute(async (transaction) => {
          await unit.commit(transaction)
          await this.#tellIdentities(unit, transaction)
          await this.#dispatch.apply(opened, transaction, afterwards)
        })
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      await this.#quarantine(envelope, error, unit)
      afterwards.ask = error.retry
    }
    return afterwards
  }

  async #tellIdentities(unit: RatchetUnit, transaction: DatabaseTransaction): Promise<void> {
    for (const serviceId of unit.changedIdentities) {
      const ids = peerOf(serviceId)
      const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
      await this.#sink.peer({ kind: 'identity-changed', peer, atMs: unit.nowMs }, transaction)
    }
  }

  async #quarantine(envelope: Uint8Array, reason: Unreadable, unit: RatchetUnit): Promise<void> {
    this.#unreadable.set(reason.code, (this.#unreadable.get(reason.code) ?? 0) + 1)
    this.#log.warn({ code: reason.code, counts: this.counts }, 'received an envelope that cannot be read')
    await this.#db.transaction().execute(async (transaction) => {
      if (reason.keepRatchet) await unit.commit(transaction)
      const from = reason.from === undefined ? undefined : await findPeer(transaction, reason.from)
      await this.#sink.undecryptable(
        {
          envelope,
          code: reason.code,
          detail: reason.message,
          from: from === undefined ? reason.from : idsOf(from),
          serverGuid: serverGuidOf(envelope) ?? `sha256:${createHash('sha256').update(envelope).digest('hex')}`,
        },
        transaction,
      )
    })
  }

  #finish(afterwards: Afterwards): void {
    const { receipts, ask, answer, fetch, profile, moved } = afterwards
    if (moved) this.#moved()
    if (profile) void this.#profiles.fetch()
    if (receipts) void this.#receipts.flush()
    if (fetch) void this.#sync.fetch()
    if (fetch) void this.#texts.fetch()
    if (fetch) void this.#fetchGroups()
    if (ask !== undefined) void this.#retries.ask(ask)
    if (answer !== undefined) void this.#retries.answer(answer.aci, answer.deviceId, answer.timestampMs)
  }
}

/** The connection may be gone by now: then the server delivers again, and the message is recognised. */
function acknowledge(ack: () => void): void {
  try {
    ack()
  } catch {
    // Nothing to do: an acknowledgement that cannot be sent is the same as none.
  }
}
