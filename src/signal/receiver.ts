/**
 * The receiving chain: envelopes in their order, each decrypted under the account lock, handed to the sink inside the
 * transaction that also commits the ratchet and the mark "seen", acknowledged only after that. What has come by the time
 * that the chain is free is kept together, in one transaction, on one sync of the disk.
 *
 *   envelopes → open each (collects writes) → transaction { ratchets · each: seen? · sink } → on the disk → acks → receipts
 *
 * Nothing an envelope holds can stop the chain or spoil those kept together with it: what cannot be read is quarantined
 * through the sink and acknowledged. Only when our own storage or the sink fails is an envelope left unacknowledged (those
 * kept with it are kept one by one then); the connection is made anew and the server delivers it again.
 */
import { createHash } from 'node:crypto'
import { PublicKey } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import { type Database, type DatabaseTransaction, onDisk, undoneAlone, withoutWaiting } from '../store/database.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import type { DeviceSync } from './device-sync.ts'
import { type Afterwards, type Count, Dispatch } from './dispatch.ts'
import type { SignalSink } from './facts.ts'
import type { GroupDesk } from './groups/desk.ts'
import type { Habits } from './habits.ts'
import { peerOf } from './ids.ts'
import type { AccountLock } from './lock.ts'
import type { LongTexts } from './long-texts.ts'
import { type Opened, openEnvelope, serverGuidOf, Unreadable } from './opening.ts'
import { findPeer, idsOf } from './peers.ts'
import type { ProfileDesk } from './profiles.ts'
import type { ReceiptDesk } from './receipts.ts'
import type { RetryDesk } from './retries.ts'
import { forgetSeen } from './seen.ts'
import { RatchetUnit } from './stores.ts'

/** The server has at most 256 un-acknowledged messages under way; what would come beyond this is left to it. */
const waitingMax = 1_024
/**
 * Kept in one transaction, of what waits by then: one alone when messages come singly, and so many in a storm. What that
 * writes of each page of the database and of each session is written once for all of them; more would keep others waiting
 * for the database and for the account's lock.
 */
const togetherMax = 64
/** How long `stop` waits for the envelope in work. */
const stopTimeoutMs = 5_000

/** An envelope as it came, and what is to be called when it is kept. */
interface Arrived {
  envelope: Uint8Array<ArrayBuffer>
  serverTimestampMs: number
  ack: () => void
}

/** Of one envelope, until it is in the database. */
interface InWork {
  arrived: Arrived
  unit: RatchetUnit
  opened: Opened | Unreadable
}

interface Kept {
  ack: () => void
  /** What it was; of those that cannot be read, what was wrong. */
  count: Count | Unreadable
  afterwards: Afterwards
}

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
  readonly #counts: Record<Count, number> = {
    received: 0,
    ignored: 0,
    blocked: 0,
    'server-receipt': 0,
    'retry-request': 0,
  }
  readonly #dispatch: Dispatch
  readonly #waiting: Arrived[] = []
  /** Goes on for as long as anything waits. */
  #chain: Promise<void> | undefined
  /** Of what was committed: its acknowledgements, in their order. */
  #acks: Promise<void> = Promise.resolve()
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
    if (this.#stopped || this.#waiting.length >= waitingMax) return
    this.#waiting.push({ envelope, serverTimestampMs, ack })
    this.#chain ??= this.#work()
  }

  /** What became of the envelopes since the start, by kind: each is in exactly one, those that came twice twice. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, ...Object.fromEntries(this.#unreadable), refused: this.#refused }
  }

  /** Takes nothing more, and resolves when the envelopes in work are done (or after some seconds). */
  async stop(): Promise<void> {
    this.#stopped = true
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopTimeoutMs)
    })
    await Promise.race([Promise.resolve(this.#chain).then(() => this.#acks), timeout])
    clearTimeout(timer)
  }

  /** Forgets marks of messages that can no longer be delivered again. */
  async prune(): Promise<void> {
    await forgetSeen(this.#db, this.#clock.now())
  }

  /** Shows what waited for a group that is known now, in the transaction that made it so. */
  async release(groupId: string, transaction: DatabaseTransaction): Promise<void> {
    const due = await this.#dispatch.release(groupId, transaction)
    if (due.texts) void this.#texts.fetch()
    if (due.receipts) this.#receipts.flushSoon()
  }

  async #work(): Promise<void> {
    // Those that come in the same breath are taken together: each is handed over by a call of its own.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0 && !this.#stopped) await this.#handle(this.#waiting.splice(0, togetherMax))
    this.#waiting.length = 0
    this.#chain = undefined
  }

  async #handle(arrived: Arrived[]): Promise<void> {
    for (const error of await this.#take(arrived)) this.#refuse(error)
  }

  /** Together, or one by one where that failed. What became of those that could not be kept. */
  async #take(arrived: Arrived[]): Promise<unknown[]> {
    try {
      const keeping = await this.#lock.run(() => this.#keep(arrived))
      this.#waiting.unshift(...arrived.slice(keeping.length))
      // What is behind it is not read with credentials of before: it stays un-acknowledged, and comes again.
      if (keeping.some(({ afterwards }) => afterwards.moved)) this.#stopped = true
      const safe = onDisk(this.#db)
      // Looked at in its turn below; until then it is not for the process to end on.
      safe.catch(() => {})
      // The next ones need not wait for the disk, only these acknowledgements. The server has at most 256 under way.
      this.#acks = this.#acks.then(() => this.#settle(safe, keeping))
      return []
    } catch (error) {
      if (arrived.length === 1) return [error]
      const errors: unknown[] = []
      for (const one of arrived) if (!this.#stopped) errors.push(...(await this.#take([one])))
      return errors
    }
  }

  async #settle(safe: Promise<void>, kept: readonly Kept[]): Promise<void> {
    try {
      await safe
    } catch (error) {
      for (const _ of kept) this.#refuse(error)
      return
    }
    for (const { ack } of kept) acknowledge(ack)
    this.#sink.committed()
    this.#finish(kept.map(({ afterwards }) => afterwards))
  }

  #refuse(error: unknown): void {
    this.#refused += 1
    this.#log.error({ err: error }, 'an envelope could not be kept and stays with Signal’s server')
    // Not before what was kept is acknowledged, or it would come again, and again, with what cannot be kept.
    this.#acks = this.#acks.then(() => this.#storageFailed())
  }

  /** Keeps these, or the first of them: what our own devices say of keys and numbers is settled before more is read. */
  async #keep(arrived: readonly Arrived[]): Promise<Kept[]> {
    const all = new RatchetUnit(this.#db, this.#clock.now())
    const items: InWork[] = []
    for (const one of arrived) {
      const unit = new RatchetUnit(this.#db, all.nowMs, all)
      const opened = await this.#open(one, unit)
      items.push({ arrived: one, unit, opened })
      if (!(opened instanceof Unreadable) || opened.keepRatchet) unit.merge()
      if (changesAccount(opened)) break
    }
    const kept = await this.#commit(all, items).catch((error: unknown) => {
      if (!(error instanceof Unreadable)) throw error
      return this.#commit(all, items, undoneAlone)
    })
    for (const { count } of kept) this.#tally(count)
    return kept
  }

  /**
   * `alone`: how what means nothing is undone without those that are kept with it. That costs each of them something, and is
   * rare: without it the first such throws `Unreadable`, and nothing is kept.
   */
  async #commit(all: RatchetUnit, items: readonly InWork[], alone?: typeof undoneAlone): Promise<Kept[]> {
    return await withoutWaiting(this.#db)
      .transaction()
      .execute(async (transaction) => {
        await all.commit(transaction)
        const done: Kept[] = []
        for (const item of items) done.push(await this.#apply(item, transaction, alone))
        return done
      })
  }

  async #open({ envelope, serverTimestampMs }: Arrived, unit: RatchetUnit): Promise<Opened | Unreadable> {
    const context = { unit, credentials: this.#credentials, trustRoots: this.#trustRoots }
    try {
      return await openEnvelope(envelope, serverTimestampMs, context)
    } catch (error) {
      if (error instanceof Unreadable) return error
      throw error
    }
  }

  async #apply(
    { arrived, unit, opened }: InWork,
    transaction: DatabaseTransaction,
    alone: typeof undoneAlone | undefined,
  ): Promise<Kept> {
    const afterwards = untouched()
    const { ack } = arrived
    const unreadable = async (reason: Unreadable): Promise<Kept> => {
      await this.#quarantine(arrived.envelope, reason, transaction)
      return { ack, count: reason, afterwards: { ...untouched(), ask: reason.retry } }
    }
    if (opened instanceof Unreadable) return await unreadable(opened)
    await this.#tellIdentities(unit, transaction)
    const apply = () => this.#dispatch.apply(opened, transaction, afterwards)
    if (alone === undefined) return { ack, count: await apply(), afterwards }
    try {
      return { ack, count: await alone(transaction, apply), afterwards }
    } catch (error) {
      // Decrypted it was: its message key is used up, whatever it says.
      if (error instanceof Unreadable) return await unreadable(error)
      throw error
    }
  }

  #tally(count: Kept['count']): void {
    if (!(count instanceof Unreadable)) {
      this.#counts[count] += 1
      return
    }
    this.#unreadable.set(count.code, (this.#unreadable.get(count.code) ?? 0) + 1)
    this.#log.warn({ code: count.code, counts: this.counts }, 'received an envelope that cannot be read')
  }

  async #tellIdentities(unit: RatchetUnit, transaction: DatabaseTransaction): Promise<void> {
    for (const serviceId of unit.changedIdentities) {
      const ids = peerOf(serviceId)
      const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
      await this.#sink.peer({ kind: 'identity-changed', peer, atMs: unit.nowMs }, transaction)
    }
  }

  async #quarantine(envelope: Uint8Array, reason: Unreadable, transaction: DatabaseTransaction): Promise<void> {
    const { retry } = reason
    const from = reason.from === undefined ? undefined : await findPeer(transaction, reason.from)
    const serverGuid = serverGuidOf(envelope) ?? `sha256:${createHash('sha256').update(envelope).digest('hex')}`
    await this.#sink.undecryptable(
      {
        envelope,
        code: reason.code,
        detail: reason.message,
        from: from === undefined ? reason.from : idsOf(from),
        serverGuid,
        missing: retry?.isMessage === true && retry.aci !== this.#credentials.aci ? retry : undefined,
      },
      transaction,
    )
  }

  #finish(all: readonly Afterwards[]): void {
    if (all.some(({ moved }) => moved)) this.#moved()
    if (all.some(({ profile }) => profile)) void this.#profiles.fetch()
    if (all.some(({ receipts }) => receipts)) this.#receipts.flushSoon()
    if (all.some(({ fetch }) => fetch)) {
      void this.#sync.fetch()
      void this.#texts.fetch()
      void this.#fetchGroups()
    }
    for (const { ask, answer } of all) {
      if (ask !== undefined) void this.#retries.ask(ask)
      if (answer !== undefined) void this.#retries.answer(answer.aci, answer.deviceId, answer.timestampMs)
    }
  }
}

/** Nothing is left to do. */
function untouched(): Afterwards {
  return { receipts: false, ask: undefined, fetch: false, answer: undefined, profile: false, moved: false }
}

/** Word of our own devices that is more than what was sent and read. */
function changesAccount(opened: Opened | Unreadable): boolean {
  if (opened instanceof Unreadable || opened.kind !== 'content') return false
  const { syncMessage } = opened.content
  if (syncMessage === undefined) return false
  const { sent, read = [], viewed = [], pniChangeNumber } = syncMessage
  return pniChangeNumber !== undefined || (sent === undefined && read.length + viewed.length === 0)
}

/** The connection may be gone by now: then the server delivers again, and the message is recognised. */
function acknowledge(ack: () => void): void {
  try {
    ack()
  } catch {
    // Nothing to do: an acknowledgement that cannot be sent is the same as none.
  }
}
