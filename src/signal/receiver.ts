/**
 * The receiving chain: one envelope after the other, each decrypted under the account lock, handed to the sink inside
 * the one transaction that also commits the ratchet and the mark "seen", acknowledged only after that.
 *
 *   envelope → open (collects writes) → transaction { ratchet · seen? · sink } → ack → receipts, retries
 *
 * Nothing an envelope holds can stop the chain: what cannot be read is quarantined through the sink and acknowledged.
 * Only when our own storage or the sink fails is an envelope left unacknowledged; then the connection is made anew and
 * the server delivers it again.
 */
import { createHash } from 'node:crypto'
import { PublicKey } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Clock } from './clock.ts'
import { words, wordsOf } from './content.ts'
import type { IncomingText, MessageChange, PeerIds, SignalSink } from './contract.ts'
import type { Credentials } from './credentials.ts'
import type { DeviceSync } from './device-sync.ts'
import type { GroupDesk, GroupMessage } from './groups/desk.ts'
import { nobody, peerOf, readServiceId } from './ids.ts'
import type { AccountLock } from './lock.ts'
import type { LongTexts } from './long-texts.ts'
import { type EnvelopeSender, type Opened, openEnvelope, type RetryCase, serverGuidOf, Unreadable } from './opening.ts'
import { findPeer, idsOf, learnPeer, learnProfileKey, type Peer, setTraits } from './peers.ts'
import type { Content, DataMessage, SyncSent } from './proto/messages.ts'
import type { ReceiptDesk } from './receipts.ts'
import type { RetryDesk } from './retries.ts'
import { firstTime, forgetSeen } from './seen.ts'
import { RatchetUnit } from './stores.ts'

/** The server has at most 256 un-acknowledged messages under way; what would come beyond this is left to it. */
const waitingMax = 1_024
/** The longest emoji are families of some twenty UTF-16 units; what is longer is no emoji. */
const emojiUnitsMax = 32
/** A sign of typing is repeated every ten seconds or so. */
const typingFreshMs = 15_000
const typingStarted = 0
/** How long `stop` waits for the envelope in work. */
const stopTimeoutMs = 5_000

/** What is left to do once a transaction has committed. */
interface Afterwards {
  receipts: boolean
  ask: RetryCase | undefined
  /** A contact list, the rest of a text or a group is to be fetched. */
  fetch: boolean
  answer: { aci: string; deviceId: number; timestampMs: number } | undefined
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
  readonly #groups: GroupDesk
  readonly #fetchGroups: () => Promise<void>
  readonly #storageFailed: () => void
  readonly #counts = { received: 0, undecryptable: 0, ignored: 0, refused: 0 }
  #chain: Promise<void> = Promise.resolve()
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
    groups: GroupDesk
    fetchGroups: () => Promise<void>
    /** An envelope could not be kept: the connection should be made anew after a while. */
    storageFailed: () => void
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
    this.#groups = parts.groups
    this.#fetchGroups = parts.fetchGroups
    this.#storageFailed = parts.storageFailed
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

  /** Takes nothing more, and resolves when the envelope in work is done (or after some seconds). */
  async stop(): Promise<void> {
    this.#stopped = true
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopTimeoutMs)
    })
    await Promise.race([this.#chain, timeout])
    clearTimeout(timer)
  }

  /** Forgets marks of messages that can no longer be delivered again. */
  async prune(): Promise<void> {
    await forgetSeen(this.#db, this.#clock.now())
  }

  async #handle(envelope: Uint8Array<ArrayBuffer>, serverTimestampMs: number, ack: () => void): Promise<void> {
    try {
      const afterwards = await this.#lock.run(() => this.#process(envelope, serverTimestampMs))
      acknowledge(ack)
      this.#sink.committed()
      this.#finish(afterwards)
    } catch (error) {
      this.#counts.refused += 1
      this.#log.error({ err: error }, 'an envelope could not be kept and stays with Signal’s server')
      this.#storageFailed()
    }
  }

  async #process(envelope: Uint8Array<ArrayBuffer>, serverTimestampMs: number): Promise<Afterwards> {
    const afterwards: Afterwards = { receipts: false, ask: undefined, fetch: false, answer: undefined }
    const unit = new RatchetUnit(this.#db, this.#clock.now())
    const context = { unit, credentials: this.#credentials, trustRoots: this.#trustRoots }
    try {
      const opened = await openEnvelope(envelope, serverTimestampMs, context)
      await this.#db.transaction().execute(async (transaction) => {
        await unit.commit(transaction)
        await this.#tellIdentities(unit, transaction)
        await this.#apply(opened, transaction, afterwards)
      })
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      await this.#quarantine(envelope, error, unit)
      afterwards.ask = error.retry
    }
    return afterwards
  }

  async #apply(opened: Opened, transaction: DatabaseTransaction, afterwards: Afterwards): Promise<void> {
    switch (opened.kind) {
      case 'nothing':
        this.#counts.ignored += 1
        this.#log.debug({ why: opened.why }, 'ignored an envelope')
        return
      case 'server-receipt': {
        const from = (await findPeer(transaction, opened.from)) ?? opened.from
        await this.#sink.receipt(
          {
            kind: 'delivered',
            from: idsOf(from),
            timestampsMs: [opened.timestampMs],
            atMs: opened.serverTimestampMs,
          },
          transaction,
        )
        return
      }
      case 'retry-request':
        if (opened.forThisDevice) {
          const { aci, deviceId } = opened.sender
          afterwards.answer = { aci, deviceId, timestampMs: opened.sentTimestampMs }
        }
        return
      case 'content': {
        this.#counts.received += 1
        const peer = await this.#meet(opened.sender, transaction)
        if (opened.own === 'pni') await setTraits(transaction, opened.sender.aci, { needsPniSignature: true })
        await this.#applyContent(opened, peer, transaction, afterwards)
        return
      }
    }
  }

  async #applyContent(
    opened: Opened & { kind: 'content' },
    peer: Peer,
    transaction: DatabaseTransaction,
    afterwards: Afterwards,
  ): Promise<void> {
    const { content, sender, timestampMs, serverTimestampMs } = opened
    const from = peerOf(sender.aci, sender.e164)
    const message = content.dataMessage ?? content.editMessage?.dataMessage
    const isOwn = sender.aci === this.#credentials.aci
    if (content.syncMessage !== undefined) {
      if (!isOwn) {
        throw new Unreadable('sync-from-stranger', 'a sync message that is not from our own account', {
          from,
          keepRatchet: true,
        })
      }
      const { sent } = content.syncMessage
      if (sent !== undefined) await this.#applyTranscript(opened, sent, transaction)
      else afterwards.fetch = await this.#sync.apply(content.syncMessage, transaction)
      return
    }
    if (await this.#isBlocked(sender.aci, transaction)) return
    if (content.receiptMessage !== undefined) {
      await this.#applyReceipt(content, peer, timestampMs, transaction)
      return
    }
    if (content.typingMessage !== undefined && !isOwn) await this.#applyTyping(opened, peer, transaction)
    if (message === undefined || isOwn) return
    if (message.timestamp !== timestampMs) {
      throw new Unreadable('timestamp-mismatch', 'a message whose time differs from its envelope’s', {
        from,
        keepRatchet: true,
      })
    }
    if (message.profileKey?.length === 32) await learnProfileKey(transaction, sender.aci, message.profileKey)
    await this.#receipts.owe(transaction, 'delivered', sender.aci, timestampMs)
    afterwards.receipts = true
    let groupId: string | undefined
    if (message.groupV2 !== undefined) {
      const place = await this.#groups.place(opened, message.groupV2, transaction)
      afterwards.fetch = true
      if (place.kind === 'full') throw new Unreadable('groups-waiting', 'too much waits for groups', { from })
      if (place.kind === 'refused') this.#log.warn({ why: place.why }, 'a message of a group is not shown')
      if (place.kind !== 'group') return
      groupId = place.id
    }
    if (await this.#show({ sender, content, timestampMs, serverTimestampMs }, peer, groupId, transaction)) {
      afterwards.fetch = true
    }
  }

  /** Shows what waited for a group that is known now, in the transaction that made it so. */
  async release(groupId: string, transaction: DatabaseTransaction): Promise<void> {
    for (const message of await this.#groups.release(groupId, transaction)) {
      const { peer } = await learnPeer(transaction, peerOf(message.sender.aci))
      const hasMore = await this.#show(message, peer, groupId, transaction)
      if (hasMore) void this.#texts.fetch()
    }
  }

  /** A message, or what it does to an earlier one, once. True when the rest of its text is to be fetched. */
  async #show(
    { sender, content, timestampMs, serverTimestampMs }: GroupMessage,
    peer: Peer,
    groupId: string | undefined,
    transaction: DatabaseTransaction,
  ): Promise<boolean> {
    const message = content.dataMessage ?? content.editMessage?.dataMessage
    if (message === undefined) return false
    const text = wordsOf(content)
    const change = this.#changeOf(content, message, sender.aci, timestampMs, groupId)
    if (text === undefined && change === undefined) return false
    if (!(await firstTime(transaction, sender, timestampMs, this.#clock.now()))) return false
    const hasMore = await this.#texts.owe(transaction, sender.aci, timestampMs, message)
    const by = idsOf(peer)
    if (change !== undefined && (await this.#sink.amend({ by, ...change }, transaction))) return hasMore
    // An edit of what is not here is shown as a message of its own.
    if (text === undefined) return hasMore
    const facts = { senderDevice: sender.deviceId, timestampMs, serverTimestampMs, text, sealed: sender.sealed }
    const quote = this.#quoteOf(message)
    await this.#sink.text({ ...facts, from: by, sentTo: undefined, quote, groupId }, transaction)
    return hasMore
  }

  /** What this does to an earlier message; undefined for a message in its own right. */
  #changeOf(
    content: Content,
    message: DataMessage,
    senderAci: string,
    timestampMs: number,
    groupId: string | undefined,
  ): Omit<MessageChange, 'by'> | undefined {
    const author = (authorAci: string | undefined) => (groupId === undefined ? {} : { authorAci })
    const { reaction, delete: deletion } = message
    const edited = content.editMessage?.targetSentTimestamp
    const text = words(message)
    if (edited !== undefined && text !== undefined) {
      const target = { ours: false, timestampMs: edited, ...author(senderAci) }
      return { target, timestampMs, groupId, change: { kind: 'edited', text } }
    }
    if (deletion?.targetSentTimestamp !== undefined) {
      const target = { ours: false, timestampMs: deletion.targetSentTimestamp, ...author(senderAci) }
      return { target, timestampMs, groupId, change: { kind: 'deleted' } }
    }
    const { emoji, targetSentTimestamp } = reaction ?? {}
    if (emoji === undefined || targetSentTimestamp === undefined) return undefined
    const targetAuthor = readServiceId(reaction?.targetAuthorAciBinary, reaction?.targetAuthorAci)
    const ours = targetAuthor === this.#credentials.aci
    if (!ours && targetAuthor !== senderAci && groupId === undefined) return undefined
    const change = {
      kind: 'reaction',
      emoji: emoji.slice(0, emojiUnitsMax),
      removed: reaction?.remove === true,
    } as const
    const target = { ours, timestampMs: targetSentTimestamp, ...author(targetAuthor) }
    return { target, timestampMs, groupId, change }
  }

  #quoteOf({ quote }: DataMessage): IncomingText['quote'] {
    if (quote?.id === undefined) return undefined
    const author = readServiceId(quote.authorAciBinary, quote.authorAci)
    return { ours: author === this.#credentials.aci, timestampMs: quote.id, text: quote.text ?? '' }
  }

  /** What another device of our own account sent to somebody. */
  async #applyTranscript(
    opened: Opened & { kind: 'content' },
    sent: SyncSent,
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const text = wordsOf({
      ...(sent.message === undefined ? {} : { dataMessage: sent.message }),
      ...(sent.editMessage === undefined ? {} : { editMessage: sent.editMessage }),
    })
    const to = readServiceId(sent.destinationServiceIdBinary, sent.destinationServiceId)
    if (text === undefined || sent.timestamp === undefined) return
    if (!(await firstTime(transaction, opened.sender, sent.timestamp, this.#clock.now()))) return
    const told = { ...(to === undefined ? nobody : peerOf(to)), e164: sent.destinationE164 }
    const sentTo = to === undefined ? told : (await learnPeer(transaction, told)).peer
    await this.#sink.text(
      {
        from: this.#ownIds(),
        senderDevice: opened.sender.deviceId,
        timestampMs: sent.timestamp,
        serverTimestampMs: opened.serverTimestampMs,
        text,
        sealed: opened.sender.sealed,
        sentTo: idsOf(sentTo),
        groupId: await this.#groups.named(sent.message?.groupV2, transaction),
        quote: sent.message === undefined ? undefined : this.#quoteOf(sent.message),
      },
      transaction,
    )
  }

  async #applyReceipt(content: Content, peer: Peer, atMs: number, transaction: DatabaseTransaction): Promise<void> {
    const kind = receiptKinds[content.receiptMessage?.type ?? 0]
    const timestampsMs = content.receiptMessage?.timestamp ?? []
    if (kind === undefined || timestampsMs.length === 0) return
    if (peer.needsPniSignature && peer.aci !== undefined) {
      await setTraits(transaction, peer.aci, { needsPniSignature: false })
    }
    await this.#sink.receipt({ kind, from: idsOf(peer), timestampsMs, atMs }, transaction)
  }

  async #applyTyping(
    { content, timestampMs, serverTimestampMs }: Opened & { kind: 'content' },
    peer: Peer,
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const { typingMessage } = content
    if (typingMessage?.timestamp !== timestampMs || peer.aci === undefined) return
    if (this.#clock.now() - serverTimestampMs > typingFreshMs) return
    const started = (typingMessage.action ?? 0) === typingStarted
    const named = typingMessage.groupId
    const groupId = named === undefined ? undefined : await this.#groups.typingIn(named, peer.aci, transaction)
    if (named !== undefined && groupId === undefined) return
    await this.#sink.typing({ from: idsOf(peer), started, atMs: timestampMs, groupId }, transaction)
  }

  /** Notes who wrote, and tells the sink what that says about them. */
  async #meet(sender: EnvelopeSender, transaction: DatabaseTransaction): Promise<Peer> {
    const ids = { aci: sender.aci, pni: sender.provenPni, e164: sender.e164 }
    const { peer, isNew, joined } = await learnPeer(transaction, ids)
    if (sender.aci === this.#credentials.aci) return peer
    const fact = { peer: idsOf(peer), atMs: this.#clock.now() }
    if (joined) await this.#sink.peer({ kind: 'linked', ...fact }, transaction)
    if (isNew || peer.unregistered) {
      await setTraits(transaction, sender.aci, { unregisteredAtMs: null })
      await this.#sink.peer({ kind: 'registered', ...fact }, transaction)
    }
    return peer
  }

  async #tellIdentities(unit: RatchetUnit, transaction: DatabaseTransaction): Promise<void> {
    for (const serviceId of unit.changedIdentities) {
      const ids = peerOf(serviceId)
      const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
      await this.#sink.peer({ kind: 'identity-changed', peer, atMs: unit.nowMs }, transaction)
    }
  }

  async #isBlocked(aci: string, transaction: DatabaseTransaction): Promise<boolean> {
    const row = await transaction.selectFrom('signal_blocked').select('aci').where('aci', '=', aci).executeTakeFirst()
    return row !== undefined
  }

  async #quarantine(envelope: Uint8Array, reason: Unreadable, unit: RatchetUnit): Promise<void> {
    this.#counts.undecryptable += 1
    this.#log.warn({ code: reason.code, counts: this.#counts }, 'received an envelope that cannot be read')
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
    const { receipts, ask, answer, fetch } = afterwards
    if (receipts) void this.#receipts.flush()
    if (fetch) void this.#sync.fetch()
    if (fetch) void this.#texts.fetch()
    if (fetch) void this.#fetchGroups()
    if (ask !== undefined) void this.#retries.ask(ask)
    if (answer !== undefined) void this.#retries.answer(answer.aci, answer.deviceId, answer.timestampMs)
  }

  #ownIds(): PeerIds {
    const { aci, pni, e164 } = this.#credentials
    return { aci, pni, e164 }
  }
}

const receiptKinds: Readonly<Record<number, 'delivered' | 'read'>> = { 0: 'delivered', 1: 'read', 2: 'read' }

/** The connection may be gone by now: then the server delivers again, and the message is recognised. */
function acknowledge(ack: () => void): void {
  try {
    ack()
  } catch {
    // Nothing to do: an acknowledgement that cannot be sent is the same as none.
  }
}
