/**
 * The sending side of an account at work: who the recipient is on Signal, whether the service lets us write at present, the
 * message itself, what its fate says about the recipient, and the transcript for our own other devices.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { OutgoingMedia } from '../domain/media.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { ChallengeDesk } from './challenge.ts'
import type { Clock, Random } from './clock.ts'
import type { Composer } from './composing.ts'
import type { Directory } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { asCauseway, shortly, signalError } from './errors.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { isPni, serviceIdOctets } from './ids.ts'
import { Ongoing } from './ongoing.ts'
import type { DiscoveryUse } from './own-contract.ts'
import { findPeer, idsOf, learnPeer, type Peer, serviceIdOf, setTraits } from './peers.ts'
import type { Content, SyncSent } from './proto/messages.ts'
import type { Sender } from './sender.ts'
import { identityOf } from './trust.ts'

/** No client shows more of a text. */
const textOctetsMax = 64 * 1024
const transcriptPaddingOctets = 64

interface Outgoing {
  to: PeerIds
  content: Content
  timestampMs: number
  media?: readonly OutgoingMedia[]
  /** The small picture of what it quotes. */
  quoted?: OutgoingMedia | undefined
}

interface Delivered {
  sealed: boolean
  to: PeerIds
}

export class Delivery {
  readonly #db: Database
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #credentials: Credentials
  readonly #sender: Sender
  readonly #composer: Composer
  readonly #challenges: ChallengeDesk
  readonly #directory: Directory
  readonly #signal: AbortSignal
  readonly #otherDevices: () => boolean
  readonly #sink: SignalSink
  readonly #tell: (kind: 'unregistered', peer: PeerIds) => Promise<void>
  readonly #letIn: (aci: string | undefined) => void
  readonly #ongoing = new Ongoing()

  constructor(parts: {
    db: Database
    clock: Clock
    random: Random
    log: Log
    credentials: Credentials
    sender: Sender
    composer: Composer
    challenges: ChallengeDesk
    directory: Directory
    /** Aborts when the account stops. */
    signal: AbortSignal
    otherDevices: () => boolean
    sink: SignalSink
    tell: (kind: 'unregistered', peer: PeerIds) => Promise<void>
    /** Whom we wrote to for the first time. */
    letIn: (aci: string | undefined) => void
  }) {
    this.#db = parts.db
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
    this.#credentials = parts.credentials
    this.#sender = parts.sender
    this.#composer = parts.composer
    this.#challenges = parts.challenges
    this.#directory = parts.directory
    this.#signal = parts.signal
    this.#otherDevices = parts.otherDevices
    this.#sink = parts.sink
    this.#tell = parts.tell
    this.#letIn = parts.letIn
  }

  /** Encrypts and sends a message, or an edit of one, and tells our other devices. Errors as `SignalAccount.sendText`. */
  async deliver(outgoing: Outgoing): Promise<Delivered> {
    return await this.#ongoing.through(() => this.#deliver(outgoing))
  }

  /** Sends nothing more; resolves when what is being sent has failed or left. */
  async stop(): Promise<void> {
    await this.#ongoing.end()
    await this.#directory.stop?.()
  }

  async #deliver(outgoing: Outgoing): Promise<Delivered> {
    const { timestampMs } = outgoing
    if (outgoing.content.syncMessage !== undefined) {
      await this.#tellOwnDevices(outgoing.content, timestampMs)
      return { sealed: false, to: outgoing.to }
    }
    const peer = await this.resolve(outgoing.to)
    const serviceId = serviceIdOf(peer)
    if (serviceId === undefined) throw signalError('not-on-signal')
    this.#admit(serviceId, outgoing.content)
    return await this.#challenges.through(serviceId, () => this.#deliverTo(serviceId, peer, outgoing))
  }

  /** To members of a group, held up like a message to a person where the service asks for a captcha. */
  async toGroup<T>(groupId: string, send: () => Promise<T>): Promise<T> {
    return await this.#ongoing.through(() => this.#challenges.through(groupId, send))
  }

  async #deliverTo(serviceId: string, peer: Peer, outgoing: Outgoing): Promise<Delivered> {
    const { timestampMs } = outgoing
    try {
      const { media = [], quoted } = outgoing
      const content = await this.#composer.complete(outgoing.content, timestampMs, media, this.#signal, quoted)
      if (serviceId === this.#credentials.aci) {
        if (this.#otherDevices()) await this.#sendTranscript(serviceId, peer, content, timestampMs, false)
        return { sealed: false, to: idsOf(peer) }
      }
      const { sealed } = await this.#sender.send({
        to: serviceId,
        content: { ...content, ...this.#pniProof(peer) },
        timestampMs,
        urgent: true,
        hint: ContentHint.Resendable,
        log: true,
      })
      await this.#succeeded(serviceId, peer)
      await this.#transcribe(serviceId, peer, content, timestampMs, sealed)
      return { sealed, to: idsOf(peer) }
    } catch (error) {
      throw await this.#failed(serviceId, peer, asCauseway(error))
    }
  }

  /** Makes a content whole, whoever it is for; what is long or attached is uploaded first, once. */
  async compose({ content, timestampMs, media = [], quoted }: Omit<Outgoing, 'to'>): Promise<Content> {
    demandLength(content)
    return await this.#composer.complete(content, timestampMs, media, this.#signal, quoted)
  }

  /** Tells our own other devices what went to these members of a group; a failure does not undo the sending. */
  async transcribeToGroup(content: Content, timestampMs: number, acis: readonly string[]): Promise<void> {
    if (!this.#otherDevices() || this.#signal.aborted) return
    const unidentifiedStatus = acis.map((aci) => ({ unidentified: true, serviceIdBinary: serviceIdOctets(aci) }))
    await this.#quietly('telling our other devices', () =>
      this.#tellOtherDevices(content, timestampMs, { unidentifiedStatus }),
    )
  }

  /** What contact discovery was asked; undefined where nothing is rationed. */
  get discovery(): DiscoveryUse | undefined {
    return this.#directory.use
  }

  /** See `SignalAccount.lookUp`. */
  async lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    if (e164s.length === 0) return new Map()
    return await this.#ongoing.through(() => this.#lookUp(e164s, AbortSignal.any([signal, this.#signal])))
  }

  async #lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    const found = await this.#directory.lookUp(e164s, signal)
    const known = new Map<string, PeerIds>()
    await this.#db.transaction().execute(async (transaction) => {
      for (const [e164, ids] of found) {
        const { peer } = await learnPeer(transaction, ids)
        known.set(e164, idsOf(peer))
      }
    })
    return known
  }

  /** Who that is on Signal; asks the directory for a number of nobody we know. Errors: CausewayError `not-on-signal`, … */
  async resolve(ids: PeerIds): Promise<Peer> {
    const known = await findPeer(this.#db, ids)
    if (known?.unregistered === true && ids.e164 !== undefined) return await this.#resolveAnew(known, ids.e164)
    if (known !== undefined && serviceIdOf(known) !== undefined) return known
    if (serviceIdOf(ids) === undefined && ids.e164 !== undefined) await this.lookUp([ids.e164], this.#signal)
    else await this.#db.transaction().execute((transaction) => learnPeer(transaction, ids))
    const peer = await findPeer(this.#db, ids)
    if (peer === undefined) throw signalError('not-on-signal')
    return peer
  }

  /** The account that had this number is gone; the number may have a new one. */
  async #resolveAnew(known: Peer, e164: string): Promise<Peer> {
    await this.#quietly('looking for a new account', () => this.lookUp([e164], this.#signal))
    return (await findPeer(this.#db, { aci: undefined, pni: undefined, e164 })) ?? known
  }

  #admit(serviceId: string, content: Content): void {
    if (serviceId === `PNI:${this.#credentials.pni}`) {
      throw new CausewayError({ code: 'signal-to-self', message: 'This is our own Signal account.', retry: 'never' })
    }
    demandLength(content)
  }

  /** For somebody who wrote to our number: the proof that this account is that number’s. */
  #pniProof(peer: Peer): Pick<Content, 'pniSignatureMessage'> {
    if (!peer.needsPniSignature) return {}
    const { aci, pni } = this.#credentials.identities
    return {
      pniSignatureMessage: {
        pni: serviceIdOctets(`PNI:${this.#credentials.pni}`).subarray(1),
        signature: pni.keyPair.signAlternateIdentity(aci.keyPair.publicKey),
      },
    }
  }

  /** What our own other devices alone are to know. */
  async #tellOwnDevices(content: Content, timestampMs: number): Promise<void> {
    if (!this.#otherDevices()) return
    const hint = ContentHint.Resendable
    await this.#sender.send({ to: this.#credentials.aci, content, timestampMs, urgent: false, hint, log: true })
  }

  async #succeeded(serviceId: string, peer: Peer): Promise<void> {
    // Whom we write to is let in.
    if (!peer.accepted) {
      await setTraits(this.#db, serviceId, { accepted: true })
      this.#letIn(peer.aci)
    }
    if (!peer.unregistered) return
    await this.#db.transaction().execute(async (transaction) => {
      // What came from them meanwhile may have told it.
      const known = await findPeer(transaction, peer)
      if (known?.unregistered !== true) return
      await setTraits(transaction, serviceId, { unregisteredAtMs: null })
      await this.#sink.peer({ kind: 'registered', peer: idsOf(known), atMs: this.#clock.now() }, transaction)
    })
    this.#sink.committed()
  }

  async #failed(serviceId: string, peer: Peer, error: CausewayError): Promise<CausewayError> {
    if (error.code === 'not-on-signal') {
      await setTraits(this.#db, serviceId, { unregisteredAtMs: this.#clock.now() })
      await this.#tell('unregistered', peer)
    }
    return error
  }

  /** Tells our own other devices what was sent; a failure does not undo the sending. */
  async #transcribe(
    serviceId: string,
    peer: Peer,
    content: Content,
    timestampMs: number,
    sealed: boolean,
  ): Promise<void> {
    if (!this.#otherDevices()) return
    await this.#quietly('telling our other devices', () =>
      this.#sendTranscript(serviceId, peer, content, timestampMs, sealed),
    )
  }

  async #sendTranscript(
    serviceId: string,
    peer: Peer,
    content: Content,
    timestampMs: number,
    sealed: boolean,
  ): Promise<void> {
    const destination = serviceIdOctets(serviceId)
    await this.#tellOtherDevices(content, timestampMs, {
      destinationServiceIdBinary: destination,
      ...(peer.e164 === undefined ? {} : { destinationE164: peer.e164 }),
      unidentifiedStatus: [{ unidentified: sealed, serviceIdBinary: destination, ...(await this.#pniKey(serviceId)) }],
    })
  }

  async #pniKey(serviceId: string): Promise<{ destinationPniIdentityKey?: Uint8Array }> {
    const key = isPni(serviceId) ? await identityOf(this.#db, serviceId) : undefined
    return key === undefined ? {} : { destinationPniIdentityKey: key }
  }

  async #tellOtherDevices(
    { dataMessage, editMessage }: Content,
    timestampMs: number,
    whom: Partial<SyncSent>,
  ): Promise<void> {
    const sent = {
      ...whom,
      timestamp: timestampMs,
      ...((dataMessage?.expireTimer ?? 0) > 0 ? { expirationStartTimestamp: this.#clock.now() } : {}),
      ...(dataMessage === undefined ? {} : { message: dataMessage }),
      ...(editMessage === undefined ? {} : { editMessage }),
    }
    await this.#sender.send({
      to: this.#credentials.aci,
      content: { syncMessage: { sent, padding: this.#random(transcriptPaddingOctets) } },
      timestampMs,
      urgent: true,
      hint: ContentHint.Resendable,
      log: true,
    })
  }

  async #quietly(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.#signal.aborted) this.#log.warn({ cause: shortly(error) }, `${what} failed`)
    }
  }
}

function demandLength({ dataMessage, editMessage }: Content): void {
  const text = dataMessage?.body ?? editMessage?.dataMessage?.body ?? ''
  if (Buffer.byteLength(text) > textOctetsMax) throw signalError('signal-too-large')
}
