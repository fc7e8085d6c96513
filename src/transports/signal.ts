/**
 * The Signal account as a transport of the house: maps texts, receipts and facts between `src/signal` (which knows no
 * conversations) and `src/domain` (which knows no protocol). Decides nothing.
 */
import { CausewayError } from '../domain/errors.ts'
import type { MediaTarget, StoredBlob } from '../domain/media.ts'
import type { OwnRemoval, StandingDecision } from '../domain/own-decisions.ts'
import type { CapabilityFact, MirroredMessage, TransportSink } from '../domain/sink.ts'
import type {
  AttemptJournal,
  Lane,
  OutgoingAttempt,
  OutgoingChange,
  Reach,
  Recipient,
  SendOutcome,
  Transport,
  UnitOfWork,
} from '../domain/transport.ts'
import type { OutgoingAction, SignalAccount } from '../signal/contract.ts'
import type { IncomingText, PeerFact, PeerIds, SignalSink } from '../signal/facts.ts'

/** What Signal says where there is nothing to leave (any more). */
const outAlready = ['group-forbidden', 'group-not-found', 'group-ended', 'unknown-group', 'signal-no-account']

/** The one lane of the one account. */
const SIGNAL_LANE = 'signal'

/** The transaction in which the ratchet is committed, as the domain passes it on unseen. */
function asUnit(transaction: object): UnitOfWork {
  return transaction as UnitOfWork
}

/** The domain's unit of work, as the account may write into it. */
function asTransaction(unit: UnitOfWork): Parameters<SignalAccount['markRead']>[2] {
  return unit as unknown as Parameters<SignalAccount['markRead']>[2]
}

/** Facts from the account into the house. Built before the account, since the account wants it at construction. */
export function signalSink(sink: TransportSink, clock: () => number): SignalSink {
  return {
    async text(message, transaction) {
      if (message.sentTo === undefined) await sink.message(inbound(message, clock()), asUnit(transaction))
      else await sink.mirror(mirrored(message, message.sentTo), asUnit(transaction))
    },
    async receipt(receipt, transaction) {
      if (receipt.from.aci === undefined) return
      await sink.receipt(
        {
          transport: 'signal',
          kind: receipt.kind,
          fromAci: receipt.from.aci,
          timestampsMs: receipt.timestampsMs,
          atMs: receipt.atMs,
        },
        asUnit(transaction),
      )
    },
    async call({ from, timestampMs, video, request }, transaction) {
      const times = {
        startedAtMs: timestampMs,
        receivedAtMs: clock(),
        dedupeKey: `signal-call:${from.aci}:${timestampMs}`,
      }
      const signal = { aci: from.aci, pni: from.pni, video, request }
      const call = { lane: SIGNAL_LANE, fromAddress: from.e164, withheld: false, hungUp: false, ...times, signal }
      await sink.call(call, asUnit(transaction))
    },
    async peer(fact, transaction) {
      await sink.capability(capability(fact), asUnit(transaction))
    },
    async undecryptable(item, transaction) {
      await sink.quarantine(
        {
          transport: 'signal',
          lane: SIGNAL_LANE,
          raw: Buffer.from(item.envelope).toString('hex'),
          code: item.code,
          detail: item.detail,
          dedupeKey: `signal-envelope:${item.serverGuid}`,
          receivedAtMs: clock(),
        },
        asUnit(transaction),
      )
      const { from, missing } = item
      if (missing === undefined || from?.aci === undefined) return
      await sink.unreadable(
        { from: { ...from, aci: from.aci }, timestampMs: missing.timestampMs, groupId: missing.groupId },
        asUnit(transaction),
      )
    },
    async amend(amendment, transaction) {
      return await sink.amend({ transport: 'signal', ...amendment }, asUnit(transaction))
    },
    async readElsewhere(read, transaction) {
      await sink.readElsewhere(read, asUnit(transaction))
    },
    async timer(change, transaction) {
      await sink.timer(change, asUnit(transaction))
    },
    async knows(peer, transaction) {
      return await sink.knows(peer, asUnit(transaction))
    },
    async addressBook(countMax) {
      return await sink.addressBook(countMax)
    },
    async removed(removal, transaction) {
      await sink.removed(removal, asUnit(transaction))
    },
    async settled({ timestampMs, failure, atMs }, transaction) {
      await sink.changed({ timestampMs, failure, atMs }, asUnit(transaction))
    },
    async typing(fact, transaction) {
      await sink.typing(fact, asUnit(transaction))
    },
    async group(fact, transaction) {
      await sink.group(fact, asUnit(transaction))
    },
    committed: () => sink.committed(),
  }
}

/** The account as the router sees it. */
export class SignalTransport implements Transport {
  readonly name = 'signal'
  readonly #account: SignalAccount

  constructor(account: SignalAccount) {
    this.#account = account
  }

  lanes(): readonly Lane[] {
    const { state, reason, e164, aci } = this.#account.status()
    if (state === 'none') return []
    const available = state === 'connected'
    return [
      {
        id: SIGNAL_LANE,
        transport: 'signal',
        available,
        reason: available ? undefined : (reason ?? 'no connection to Signal'),
        ownNumber: e164,
        ownAci: aci,
      },
    ]
  }

  onLanes(listener: () => void): () => void {
    return this.#account.onStatus(() => listener())
  }

  async reach(recipients: readonly Recipient[], signal: AbortSignal): Promise<readonly Reach[]> {
    const numbers = [...new Set(recipients.flatMap(({ e164 }) => (e164 === undefined ? [] : [e164])))]
    let found: ReadonlyMap<string, PeerIds>
    try {
      found = numbers.length === 0 ? new Map() : await this.#account.lookUp(numbers, signal)
    } catch (error) {
      const unknown: Reach = {
        kind: 'unknown',
        reason: error instanceof Error ? error.message : String(error),
        retryAfterMs: CausewayError.is(error) ? error.retryAfterMs : undefined,
      }
      return recipients.map(() => unknown)
    }
    return recipients.map((recipient): Reach => {
      if (recipient.e164 === undefined) return { kind: 'registered', aci: recipient.aci, pni: recipient.pni }
      const ids = found.get(recipient.e164)
      return ids === undefined
        ? { kind: 'not-registered' }
        : { kind: 'registered', aci: ids.aci ?? recipient.aci, pni: ids.pni ?? recipient.pni }
    })
  }

  async send(attempt: OutgoingAttempt, _journal: AttemptJournal): Promise<SendOutcome> {
    const { groupId } = attempt.recipient
    if (groupId !== undefined) return await this.#sendToGroup(groupId, attempt)
    const { sealed, to } = await this.#account.sendText({
      to: attempt.recipient,
      text: attempt.text,
      timestampMs: attempt.timestampMs,
      quote: attempt.quote,
      timer: attempt.timer,
      ranges: attempt.ranges,
      attachments: attempt.media ?? [],
    })
    if (to.aci !== undefined && to.aci === this.#account.status().aci) {
      const detail = 'a note to yourself, for your own devices alone'
      return { kind: 'accepted', detail, encrypted: true, expectsReceipt: false }
    }
    return {
      kind: 'accepted',
      detail: sealed ? 'accepted by Signal, sender sealed' : 'accepted by Signal',
      encrypted: true,
      expectsReceipt: true,
    }
  }

  async #sendToGroup(groupId: string, attempt: OutgoingAttempt): Promise<SendOutcome> {
    const { text, timestampMs, quote, timer, ranges, media: attachments = [] } = attempt
    const message = { groupId, text, timestampMs, quote, timer, ranges, attachments }
    const recipients = await this.#account.groups().send(message)
    const sent = recipients.filter(({ outcome }) => outcome === 'sent').length
    return {
      kind: 'accepted',
      detail: `accepted by Signal for ${sent} of ${recipients.length} members`,
      encrypted: true,
      expectsReceipt: sent > 0,
      recipients,
    }
  }

  async fetch(pointer: Uint8Array, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob> {
    return await this.#account.fetchAttachment(pointer, target, signal)
  }

  async approveIdentity(recipient: Recipient): Promise<void> {
    const { groupId } = recipient
    if (groupId !== undefined) {
      await this.#account.groups().approveIdentities(groupId)
      return
    }
    await this.#account.approveIdentity(recipient)
  }

  async tellVerified(recipient: Recipient, verified: boolean, unit: UnitOfWork): Promise<() => void> {
    return await this.#account.tellVerified(recipient, verified, asTransaction(unit))
  }

  async tellNamed(unit: UnitOfWork): Promise<() => void> {
    return await this.#account.tellNamed(asTransaction(unit))
  }

  async markRead(author: Recipient, timestampsMs: readonly number[], unit: UnitOfWork): Promise<() => void> {
    return await this.#account.markRead(author, timestampsMs, asTransaction(unit))
  }

  async markViewed(author: Recipient, timestampMs: number, once: boolean, unit: UnitOfWork): Promise<() => void> {
    return await this.#account.markViewed(author, timestampMs, once, asTransaction(unit))
  }

  async decide(recipient: Recipient, decision: StandingDecision, unit: UnitOfWork): Promise<() => void> {
    return await this.#account.decide(recipient, decision, asTransaction(unit))
  }

  async leaveGroup(groupId: string): Promise<void> {
    try {
      await this.#account.groups().leave(groupId)
    } catch (error) {
      if (!CausewayError.is(error) || !outAlready.includes(error.code)) throw error
    }
  }

  async tellRemoved(recipient: Recipient, removal: OwnRemoval, unit: UnitOfWork): Promise<() => void> {
    return await this.#account.tellRemoved(recipient, removal, asTransaction(unit))
  }

  async forgetPerson(recipient: Recipient, needed: boolean, unit: UnitOfWork): Promise<() => void> {
    return await this.#account.forgetPerson(recipient, needed, asTransaction(unit))
  }

  async typing(recipient: Recipient, started: boolean): Promise<void> {
    await this.#account.typing(recipient, started)
  }

  async forget(
    messages: { with: Recipient; ours: boolean; timestampsMs: readonly number[] },
    unit: UnitOfWork,
  ): Promise<void> {
    await this.#account.forget(messages, asTransaction(unit))
  }

  async change(change: OutgoingChange, unit: UnitOfWork): Promise<() => void> {
    return await this.#account.owe(action(change), asTransaction(unit))
  }
}

function action({ recipient: to, timestampMs, change }: OutgoingChange): OutgoingAction {
  return { to, timestampMs, reference: 'change', action: change }
}

function inbound(message: IncomingText, receivedAtMs: number) {
  return {
    transport: 'signal' as const,
    lane: SIGNAL_LANE,
    from: { address: message.from.e164, aci: message.from.aci, pni: message.from.pni, name: undefined },
    text: message.text,
    sentAtMs: message.timestampMs,
    receivedAtMs,
    encrypted: true,
    quote: message.quote,
    groupId: message.groupId,
    media: message.attachments,
    viewOnce: message.viewOnce,
    timerS: message.timerS,
    timer: message.timer,
    ranges: message.ranges,
    preview: message.preview,
    request: message.request,
    dedupeKey: dedupeKey(message),
  }
}

function mirrored(message: IncomingText, to: PeerIds): MirroredMessage {
  const { text, quote, ranges, preview, timerS, startedAtMs, timestampMs: sentAtMs, groupId, members } = message
  const toSelf = to.aci !== undefined && to.aci === message.from.aci
  const shown = {
    to: { ...to, groupId },
    toSelf,
    members,
    text,
    sentAtMs,
    quote,
    ranges,
    preview,
    timerS,
    startedAtMs,
    media: message.attachments,
    viewOnce: message.viewOnce,
    dedupeKey: dedupeKey(message),
  }
  return { transport: 'signal', lane: SIGNAL_LANE, ...shown }
}

/** Author and sent timestamp are a Signal message's identity everywhere. */
function dedupeKey({ from, timestampMs }: IncomingText): string {
  return `signal:${from.aci ?? from.pni}:${timestampMs}`
}

function capability(fact: PeerFact): CapabilityFact {
  const { peer: recipient, atMs } = fact
  if (fact.kind === 'blocked') return { transport: 'signal', kind: fact.kind, recipient, blocked: fact.blocked, atMs }
  if (fact.kind === 'verified')
    return { transport: 'signal', kind: fact.kind, recipient, verified: fact.verified, atMs }
  if (fact.kind === 'avatar') return { transport: 'signal', kind: fact.kind, recipient, picture: fact.picture, atMs }
  if (fact.kind === 'named' || fact.kind === 'profile') {
    return { transport: 'signal', kind: fact.kind, recipient, name: fact.name, atMs }
  }
  return { transport: 'signal', kind: fact.kind, recipient, atMs }
}
