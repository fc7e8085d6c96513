/**
 * What an opened envelope means: who sent it, which rule applies first, and which fact goes to the sink or which desk takes
 * note. Runs inside the receiver's transaction; what is left to do after its commit is collected in `Afterwards`.
 */
import type { Log } from '../log.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { mediaOf } from './attachments-in.ts'
import type { Clock } from './clock.ts'
import { happeningIn, wordsOf } from './content.ts'
import type { Credentials } from './credentials.ts'
import type { DeviceSync } from './device-sync.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import type { GroupDesk, GroupMessage } from './groups/desk.ts'
import type { Habits } from './habits.ts'
import { nobody, peerOf } from './ids.ts'
import { changeOf, isTime, quoteOf, timerIn, timerOf } from './incoming.ts'
import type { LongTexts } from './long-texts.ts'
import { applyNumberChange } from './number-change.ts'
import { type EnvelopeSender, type Opened, type RetryCase, Unreadable } from './opening.ts'
import { findPeer, idsOf, learnPeer, learnProfileKey, type Peer, setTraits } from './peers.ts'
import { hasProof } from './pni-proof.ts'
import type { GroupContext } from './proto/data-message.ts'
import type { Content, SyncSent } from './proto/messages.ts'
import { previewIn, rangesIn } from './ranges.ts'
import type { ReceiptDesk } from './receipts.ts'
import { dropRemovedFiles } from './removed-files.ts'
import { firstTime } from './seen.ts'
import { isBlocked, isLetIn } from './standing.ts'
import { applyReads, applyTranscript, groupTranscript } from './transcripts.ts'

/** A sign of typing is repeated every ten seconds or so. */
const typingFreshMs = 15_000
const typingStarted = 0
/** CallMessage.Offer.Type. */
const videoOffer = 1

/** What an envelope was, of those that could be read. */
export type Count = 'received' | 'ignored' | 'blocked' | 'server-receipt' | 'retry-request'

/** What is left to do once a transaction has committed. */
export interface Afterwards {
  receipts: boolean
  ask: RetryCase | undefined
  /** A contact list, the rest of a text or a group is to be fetched. */
  fetch: boolean
  answer: { aci: string; deviceId: number; timestampMs: number } | undefined
  /** A profile key is a new one. */
  profile: boolean
  /** Our number, and with it our phone-number identity, is another one: nothing more is read with the old one. */
  moved: boolean
}

export class Dispatch {
  readonly #clock: Clock
  readonly #log: Log
  readonly #sink: SignalSink
  readonly #credentials: Credentials
  readonly #receipts: ReceiptDesk
  readonly #sync: DeviceSync
  readonly #texts: LongTexts
  readonly #habits: Habits
  readonly #groups: GroupDesk

  constructor(parts: {
    clock: Clock
    log: Log
    sink: SignalSink
    credentials: Credentials
    receipts: ReceiptDesk
    sync: DeviceSync
    texts: LongTexts
    habits: Habits
    groups: GroupDesk
  }) {
    this.#clock = parts.clock
    this.#log = parts.log
    this.#sink = parts.sink
    this.#credentials = parts.credentials
    this.#receipts = parts.receipts
    this.#sync = parts.sync
    this.#texts = parts.texts
    this.#habits = parts.habits
    this.#groups = parts.groups
  }

  /** Everything that an opened envelope means, inside the transaction that keeps its ratchet. Throws `Unreadable`. */
  async apply(opened: Opened, transaction: DatabaseTransaction, afterwards: Afterwards): Promise<Count> {
    switch (opened.kind) {
      case 'nothing':
        this.#log.debug({ why: opened.why }, 'ignored an envelope')
        return 'ignored'
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
        return opened.kind
      }
      case 'retry-request':
        if (opened.forThisDevice && !(await isBlocked(transaction, peerOf(opened.sender.aci)))) {
          const { aci, deviceId } = opened.sender
          afterwards.answer = { aci, deviceId, timestampMs: opened.sentTimestampMs }
        }
        return opened.kind
      case 'content': {
        const { aci, e164 } = opened.sender
        if (await isBlocked(transaction, peerOf(aci, e164))) return 'blocked'
        const peer = await this.#meet(opened.sender, transaction)
        if (opened.own === 'pni') await setTraits(transaction, opened.sender.aci, { needsPniSignature: true })
        await this.#applyContent(opened, peer, transaction, afterwards)
        return 'received'
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
      const { sent, read = [], viewed = [], viewOnceOpen, pniChangeNumber } = content.syncMessage
      if (pniChangeNumber !== undefined) {
        const given = { ...opened, credentials: this.#credentials, nowMs: this.#clock.now() }
        await applyNumberChange(pniChangeNumber, given, transaction)
        afterwards.moved = true
        return
      }
      // While we were off it was read all the same, and has begun to disappear.
      const readAtMs = Math.min(this.#clock.now(), timestampMs)
      await applyReads(this.#sink, [...read, ...viewed], readAtMs, transaction)
      if (viewOnceOpen !== undefined) await applyReads(this.#sink, [viewOnceOpen], readAtMs, transaction, true)
      if (sent !== undefined) afterwards.fetch = await this.#applyTranscript(opened, sent, transaction)
      else afterwards.fetch = await this.#sync.apply(content.syncMessage, transaction)
      return
    }
    if (content.receiptMessage !== undefined) {
      await this.#applyReceipt(content, peer, timestampMs, transaction)
      return
    }
    if (content.typingMessage !== undefined && !isOwn) await this.#applyTyping(opened, peer, transaction)
    if (content.callMessage !== undefined && !isOwn) await this.#applyCall(content, peer, timestampMs, transaction)
    if (message === undefined || isOwn) return
    if (message.timestamp !== timestampMs) {
      throw new Unreadable('timestamp-mismatch', 'a message whose time differs from its envelope’s', {
        from,
        keepRatchet: true,
      })
    }
    const { profileKey } = message
    if (
      profileKey?.length === 32 &&
      (peer.profileKey === undefined || Buffer.compare(peer.profileKey, profileKey) !== 0)
    ) {
      afterwards.profile = await learnProfileKey(transaction, sender.aci, profileKey)
    }
    // A group lets its members in; whoever else is a stranger gets no answer until the owner has let them in.
    const request = message.groupV2 === undefined && !(await isLetIn(transaction, this.#sink, peer))
    const written = { sender, content, timestampMs, serverTimestampMs }
    let isWelcome = !request
    if (message.groupV2 !== undefined) {
      afterwards.fetch = true
      isWelcome = await this.#showInGroup(written, message.groupV2, peer, transaction)
    } else if (await this.#show(written, peer, { request }, transaction)) afterwards.fetch = true
    if (!isWelcome) return
    await this.#receipts.owe(transaction, 'delivered', sender.aci, timestampMs)
    afterwards.receipts = true
  }

  /** Now, or when the group was fetched. Whether its author may know at once that it is here. */
  async #showInGroup(
    written: GroupMessage,
    context: GroupContext,
    peer: PeerIds,
    transaction: DatabaseTransaction,
  ): Promise<boolean> {
    const place = await this.#groups.place(written, context, transaction)
    if (place.kind === 'full') {
      const from = peerOf(written.sender.aci)
      throw new Unreadable('groups-waiting', 'too much waits for groups', { from })
    }
    if (place.kind === 'refused') this.#log.warn({ why: place.why }, 'a message of a group is not shown')
    if (place.kind !== 'group') return false
    const { id: groupId, request, byAdmin } = place
    await this.#show(written, peer, { groupId, request, byAdmin }, transaction)
    return !place.request
  }

  /** Shows what waited for a group that is known now: whether receipts are owed for it, and the rest of a text is to be fetched. */
  async release(groupId: string, transaction: DatabaseTransaction): Promise<{ receipts: boolean; texts: boolean }> {
    const { messages, request } = await this.#groups.release(groupId, transaction)
    const due = { receipts: false, texts: false }
    for (const message of messages) {
      const { sender, timestampMs, own, byAdmin } = message
      const { peer } = await learnPeer(transaction, peerOf(sender.aci))
      if (await this.#show(message, peer, { groupId, request, byAdmin }, transaction)) due.texts = true
      if (request || own !== undefined) continue
      await this.#receipts.owe(transaction, 'delivered', sender.aci, timestampMs)
      due.receipts = true
    }
    return due
  }

  /** A message, or what it does to an earlier one, once. True when the rest of its text is to be fetched. */
  async #show(
    { sender, content, timestampMs, serverTimestampMs, own: mirrored }: GroupMessage,
    peer: PeerIds,
    { groupId, request = false, byAdmin = false }: { groupId?: string; request?: boolean; byAdmin?: boolean },
    transaction: DatabaseTransaction,
  ): Promise<boolean> {
    const message = content.dataMessage ?? content.editMessage?.dataMessage
    if (message === undefined) return false
    const own = this.#credentials.aci
    const text = wordsOf(content)
    const change = changeOf(content, message, { author: sender.aci, own, timestampMs, groupId, byAdmin })
    const happening = content.dataMessage === undefined ? undefined : happeningIn(message)
    // A group has its timer in its state.
    const timer = content.dataMessage === undefined || groupId !== undefined ? undefined : timerIn(message)
    if (text === undefined && change === undefined && timer === undefined && happening === undefined) return false
    if (!(await firstTime(transaction, sender, timestampMs, this.#clock.now()))) return false
    // In a group there is nobody else to name.
    const sentTo = mirrored === undefined ? undefined : nobody
    const hasMore = await this.#texts.owe(transaction, sender.aci, timestampMs, message, sentTo)
    const by = idsOf(peer)
    if (happening !== undefined) {
      await this.#sink.happened({ by, ours: mirrored !== undefined, groupId, ...happening }, transaction)
    }
    // A message in its own right says the timer with itself.
    const alone = text === undefined || change !== undefined
    if (timer !== undefined && alone) await this.#sink.timer({ with: by, byUs: false, ...timer }, transaction)
    if (change !== undefined && (await this.#sink.amend({ by, with: sentTo, ...change }, transaction))) return hasMore
    // An edit of what is not here is shown as a message of its own.
    if (text === undefined) return hasMore
    const facts = {
      senderDevice: sender.deviceId,
      timestampMs,
      serverTimestampMs,
      text,
      sealed: sender.sealed,
      groupId,
    }
    const quote = quoteOf(message, own)
    const more = {
      timerS: timerOf(message),
      timer: alone ? undefined : timer,
      startedAtMs: mirrored?.startedAtMs ?? timestampMs,
      members: mirrored?.members,
      ranges: rangesIn(message, text, own),
      preview: previewIn(message),
      request,
    }
    const media = mediaOf(message)
    await this.#sink.text({ ...facts, ...more, ...media, from: by, sentTo, quote }, transaction)
    if (media.attachments.length > 0) {
      const ours = sender.aci === own
      const named = { ours, timestampMs, ...(groupId === undefined || ours ? {} : { authorAci: sender.aci }) }
      const place = groupId === undefined ? by : { ...nobody, groupId }
      await dropRemovedFiles(transaction, this.#sink, { ...named, author: sender.aci, with: place })
    }
    return hasMore
  }

  async #applyTranscript(
    { sender, serverTimestampMs }: Opened & { kind: 'content' },
    sent: SyncSent,
    transaction: DatabaseTransaction,
  ): Promise<boolean> {
    const { aci, pni, e164 } = this.#credentials
    const facts = { own: { aci, pni, e164 }, senderDevice: sender.deviceId, serverTimestampMs, sealed: sender.sealed }
    const inGroup = groupTranscript(sent, facts)
    if (inGroup !== undefined) {
      await this.#showInGroup(inGroup.message, inGroup.context, facts.own, transaction)
      return true
    }
    const isFirst = (timestampMs: number) => firstTime(transaction, sender, timestampMs, this.#clock.now())
    return await applyTranscript({ sink: this.#sink, texts: this.#texts, firstTime: isFirst }, sent, facts, transaction)
  }

  async #applyReceipt(content: Content, peer: Peer, atMs: number, transaction: DatabaseTransaction): Promise<void> {
    const kind = receiptKinds[content.receiptMessage?.type ?? 0]
    const timestampsMs = (content.receiptMessage?.timestamp ?? []).filter(isTime)
    if (kind === undefined || timestampsMs.length === 0) return
    if (peer.needsPniSignature && peer.aci !== undefined && (await hasProof(transaction, peer.aci, timestampsMs))) {
      await setTraits(transaction, peer.aci, { needsPniSignature: false })
    }
    // Who tells nobody what they have read is not told either; that it arrived is true all the same.
    const shown = kind === 'read' && !(await this.#habits.readReceipts(transaction)) ? 'delivered' : kind
    await this.#sink.receipt({ kind: shown, from: idsOf(peer), timestampsMs, atMs }, transaction)
  }

  /** That somebody calls; what else belongs to a call is for those who can answer. */
  async #applyCall(content: Content, peer: Peer, timestampMs: number, transaction: DatabaseTransaction): Promise<void> {
    const { offer, destinationDeviceId: device = this.#credentials.deviceId } = content.callMessage ?? {}
    if (offer === undefined || peer.aci === undefined || device !== this.#credentials.deviceId) return
    const request = !(await isLetIn(transaction, this.#sink, peer))
    const from = { ...idsOf(peer), aci: peer.aci }
    await this.#sink.call({ from, timestampMs, video: offer.type === videoOffer, request }, transaction)
  }

  /** What is old says nothing of now; in a group, it is for its members. */
  async #applyTyping(
    { content, timestampMs, serverTimestampMs }: Opened & { kind: 'content' },
    peer: Peer,
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const { typingMessage } = content
    if (typingMessage?.timestamp !== timestampMs || peer.aci === undefined) return
    if (this.#clock.now() - serverTimestampMs > typingFreshMs) return
    if (!(await this.#habits.typing(transaction))) return
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
}

const receiptKinds: Readonly<Record<number, 'delivered' | 'read'>> = { 0: 'delivered', 1: 'read', 2: 'read' }
