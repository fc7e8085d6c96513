/**
 * A registered account at work: connection, sending, receiving, keys, directory, and what the service holds against us
 * for the moment. `account.ts` makes one when there are credentials and throws it away when they change.
 */
import { ContentHint, type Net } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { SenderCertificates } from './certificates.ts'
import { type Challenge, ChallengeDesk } from './challenge.ts'
import { Chat, type ChatState } from './chat.ts'
import { type Clock, OwnTimestamps, type Random } from './clock.ts'
import type { ServiceParameters } from './constants.ts'
import { ContentServer } from './content-server.ts'
import type { PeerIds, SignalGroups, SignalSink } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { DeviceSync } from './device-sync.ts'
import { type Directory, openDirectory } from './directory.ts'
import { asCauseway, shortly, signalError } from './errors.ts'
import { GroupCommands } from './groups/commands.ts'
import type { MemberOutcome } from './groups/contract.ts'
import { Groups } from './groups/groups.ts'
import { peerOf, serviceIdOctets } from './ids.ts'
import { AccountLock } from './lock.ts'
import { LongTexts } from './long-texts.ts'
import { findPeer, idsOf, learnPeer, type Peer, serviceIdOf, setTraits } from './peers.ts'
import { PreKeyKeeper } from './prekeys.ts'
import { publishProfile } from './profile.ts'
import type { Content, DataMessage, SyncSent } from './proto/messages.ts'
import { ReceiptDesk } from './receipts.ts'
import { Receiver } from './receiver.ts'
import { request } from './rest.ts'
import { RetryDesk } from './retries.ts'
import { Sender } from './sender.ts'
import type { SignalServer } from './server.ts'
import { SessionKeeper } from './sessions.ts'
import { approveIdentity, safetyNumber } from './trust.ts'

const maintainEveryMs = 6 * 3600_000
/** No client shows more of a text. */
const textOctetsMax = 64 * 1024
const transcriptPaddingOctets = 64

export class LiveAccount {
  readonly credentials: Credentials
  readonly #db: Database
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #sink: SignalSink
  readonly #changed: () => void
  readonly #chat: Chat
  readonly #lock = new AccountLock()
  readonly #timestamps: OwnTimestamps
  readonly #sessions: SessionKeeper
  readonly #sender: Sender
  readonly #receipts: ReceiptDesk
  readonly #retries: RetryDesk
  readonly #sync: DeviceSync
  readonly #texts: LongTexts
  readonly #groups: Groups
  readonly groupCommands: SignalGroups
  readonly #receiver: Receiver
  readonly #keys: PreKeyKeeper
  readonly #directory: Directory
  readonly #stopping = new AbortController()
  readonly #challenges: ChallengeDesk
  #state: ChatState = { state: 'disconnected', reason: 'not started' }
  #otherDevices: boolean

  constructor(parts: {
    db: Database
    net: Net.Net
    server: SignalServer
    parameters: ServiceParameters
    log: Log
    clock: Clock
    random: Random
    sink: SignalSink
    credentials: Credentials
    changed: () => void
  }) {
    const { db, clock, log, credentials, random, sink } = parts
    this.credentials = credentials
    this.#db = db
    this.#clock = clock
    this.#random = random
    this.#log = log
    this.#sink = sink
    this.#changed = parts.changed
    this.#otherDevices = credentials.deviceId !== 1
    this.#challenges = new ChallengeDesk(clock, log)
    this.#timestamps = new OwnTimestamps(clock)
    const timestamps = this.#timestamps
    const chat = new Chat({
      net: parts.net,
      clock,
      random,
      log,
      events: {
        envelope: (envelope, serverTimestampMs, ack) => this.#receiver.take(envelope, serverTimestampMs, ack),
        state: (state) => this.#onChat(state),
      },
    })
    this.#chat = chat
    const identityChanged = (serviceId: string) => this.#tell('identity-changed', peerOf(serviceId))
    const lock = this.#lock
    this.#sessions = new SessionKeeper({ db, chat, lock, clock, credentials, identityChanged })
    const certificates = new SenderCertificates(chat, clock)
    const sessions = this.#sessions
    const sender = new Sender({ db, chat, lock, clock, log, credentials, sessions, certificates })
    this.#sender = sender
    this.#receipts = new ReceiptDesk({ db, sender, clock, timestamps, log, self: credentials.aci })
    this.#retries = new RetryDesk({ db, sender, clock, timestamps, random, log })
    const contentServer = new ContentServer(parts.parameters)
    this.#sync = new DeviceSync({ db, sender, server: contentServer, sink, credentials, clock, timestamps, log })
    this.#texts = new LongTexts({ db, chat, server: contentServer, sink, clock, random, log })
    const groups = new Groups({
      db,
      chat,
      lock,
      clock,
      random,
      log,
      sink,
      credentials,
      parameters: parts.parameters,
      certificates,
      sender,
      sessions,
      timestamps,
    })
    this.#groups = groups
    groups.keeper.onReady = (id, transaction) => this.#receiver.release(id, transaction)
    this.groupCommands = new GroupCommands({
      db,
      groups,
      resolve: (ids) => this.#resolve(ids),
      pack: async (text, timestampMs) => {
        if (Buffer.byteLength(text) > textOctetsMax) throw signalError('signal-too-large')
        return await this.#pack(text, timestampMs)
      },
      transcribe: (message, timestampMs, outcomes) => this.#transcribeGroup(message, timestampMs, outcomes),
      approve: (ids) => this.approveIdentity(ids),
    })
    this.#receiver = new Receiver({
      db,
      lock,
      clock,
      log,
      sink,
      credentials,
      trustRoots: parts.parameters.trustRoots,
      receipts: this.#receipts,
      retries: this.#retries,
      sync: this.#sync,
      texts: this.#texts,
      groups: groups.desk,
      fetchGroups: () => groups.keeper.fetchDue(),
      storageFailed: () => chat.reconnect('an envelope could not be kept'),
    })
    this.#keys = new PreKeyKeeper({ db, chat, credentials, clock, random, log })
    this.#directory = openDirectory(parts.server, { db, chat, now: () => clock.now() })
  }

  get state(): ChatState {
    return this.#state
  }

  /** A captcha that the service asks for before more may be sent. */
  get challenge(): Challenge | undefined {
    return this.#challenges.present
  }

  start(): void {
    const { aci, deviceId, password } = this.credentials
    this.#chat.start(`${aci}.${deviceId}`, password)
    void this.#maintainForEver()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#receiver.stop()
    await this.#sync.stop()
    await this.#texts.stop()
    await this.#groups.keeper.stop()
    await this.#chat.stop()
  }

  /** See `SignalAccount.sendText`. */
  async sendText(message: {
    to: PeerIds
    text: string
    timestampMs: number
  }): Promise<{ sealed: boolean; to: PeerIds }> {
    const peer = await this.#resolve(message.to)
    const serviceId = serviceIdOf(peer)
    if (serviceId === undefined) throw signalError('not-on-signal')
    this.#admit(serviceId, message.text)
    try {
      const dataMessage = await this.#pack(message.text, message.timestampMs)
      const { sealed } = await this.#sender.send({
        to: serviceId,
        content: { dataMessage, ...this.#pniProof(peer) },
        timestampMs: message.timestampMs,
        urgent: true,
        hint: ContentHint.Resendable,
        log: true,
      })
      await this.#succeeded(serviceId, peer)
      await this.#transcribe(serviceId, peer, dataMessage, message.timestampMs, sealed)
      return { sealed, to: idsOf(peer) }
    } catch (error) {
      throw await this.#failed(serviceId, peer, asCauseway(error))
    }
  }

  /** A message of this text; a long one is uploaded first. */
  async #pack(text: string, timestamp: number): Promise<DataMessage> {
    const profileKey = this.credentials.profileKey.serialize()
    return { ...(await this.#texts.pack(text)), timestamp, profileKey, requiredProtocolVersion: 0 }
  }

  /** See `SignalAccount.lookUp`. */
  async lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    if (e164s.length === 0) return new Map()
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

  /** Takes note that these messages were read: for our own other devices, and where wanted for their author. */
  async oweReadReceipts(
    transaction: DatabaseTransaction,
    aci: string,
    timestampsMs: readonly number[],
    tellAuthor: boolean,
  ): Promise<void> {
    const account = await transaction.selectFrom('signal_account').select('read_receipts').executeTakeFirst()
    for (const timestampMs of timestampsMs) {
      if (tellAuthor && account?.read_receipts === 1) await this.#receipts.owe(transaction, 'read', aci, timestampMs)
      if (this.#otherDevices) await this.#receipts.owe(transaction, 'read-here', aci, timestampMs)
    }
  }

  flushReceipts(): void {
    void this.#receipts.flush()
  }

  /** See `SignalAccount.approveIdentity`. */
  async approveIdentity(ids: PeerIds): Promise<void> {
    await this.#lock.run(() => approveIdentity(this.#db, ids))
  }

  /** See `SignalAccount.safetyNumber`. */
  async safetyNumber(ids: PeerIds): Promise<string | undefined> {
    return await safetyNumber(this.#db, this.credentials, ids)
  }

  /** Hands over a captcha token for the present challenge. Throws CausewayError `signal-captcha-refused`. */
  async solveChallenge(captcha: string): Promise<void> {
    await this.#challenges.solve(this.#chat.authenticated(), captcha)
    this.#changed()
  }

  #onChat(state: ChatState): void {
    this.#state = state
    this.#changed()
    if (state.state === 'connected') void this.#afterConnecting()
    if (state.state === 'signed-out') {
      void this.#quietly('noting the sign-out', () =>
        this.#db.updateTable('signal_account').set({ signed_out_at_ms: this.#clock.now() }).execute(),
      )
    }
  }

  async #afterConnecting(): Promise<void> {
    await this.#quietly('sending receipts', () => this.#receipts.flush())
    await this.#quietly('looking after pre-keys', () => this.#keys.maintain())
    await this.#quietly('asking the phone for its contacts', () => this.#sync.ask())
    await this.#quietly('fetching the phone’s contacts', () => this.#sync.fetch())
    await this.#quietly('fetching long texts', () => this.#texts.fetch())
    await this.#quietly('looking for who asks to join', () => this.#groups.keeper.lookForRequests())
    await this.#quietly('fetching groups', () => this.#groups.keeper.fetchDue())
    await this.#quietly('publishing the profile', () => this.#publishProfile())
    await this.#quietly('asking for our other devices', () => this.#countDevices())
  }

  /** On a linked device the profile is the phone's. */
  async #publishProfile(): Promise<void> {
    if (this.credentials.deviceId !== 1) return
    await publishProfile({
      db: this.#db,
      chat: this.#chat,
      credentials: this.credentials,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
    })
  }

  async #maintainForEver(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#quietly('pruning', async () => {
        await this.#retries.prune()
        await this.#receiver.prune()
        await this.#groups.desk.prune(this.#db)
        await this.#groups.keeper.prune()
      })
      await this.#clock.wait(maintainEveryMs, signal).catch(() => undefined)
      if (!signal.aborted && this.#state.state === 'connected') await this.#afterConnecting()
    }
  }

  /** A linked device always has the phone beside it; a primary asks. */
  async #countDevices(): Promise<void> {
    if (this.credentials.deviceId !== 1) return
    const answer = await request(this.#chat.authenticated(), 'GET', '/v1/devices')
    const { devices } = (answer.json ?? {}) as { devices?: unknown[] }
    if (answer.status === 200 && devices !== undefined) this.#otherDevices = devices.length > 1
  }

  async #resolve(ids: PeerIds): Promise<Peer> {
    const known = await findPeer(this.#db, ids)
    if (known?.unregistered === true && ids.e164 !== undefined) return await this.#resolveAnew(known, ids.e164)
    if (known !== undefined && serviceIdOf(known) !== undefined) return known
    if (serviceIdOf(ids) === undefined && ids.e164 !== undefined) await this.lookUp([ids.e164], this.#stopping.signal)
    else await this.#db.transaction().execute((transaction) => learnPeer(transaction, ids))
    const peer = await findPeer(this.#db, ids)
    if (peer === undefined) throw signalError('not-on-signal')
    return peer
  }

  /** The account that had this number is gone; the number may have a new one. */
  async #resolveAnew(known: Peer, e164: string): Promise<Peer> {
    await this.#quietly('looking for a new account', () => this.lookUp([e164], this.#stopping.signal))
    return (await findPeer(this.#db, { aci: undefined, pni: undefined, e164 })) ?? known
  }

  #admit(serviceId: string, text: string): void {
    if (serviceId === this.credentials.aci || serviceId === `PNI:${this.credentials.pni}`) {
      throw new CausewayError({ code: 'signal-to-self', message: 'This is our own Signal account.', retry: 'never' })
    }
    if (Buffer.byteLength(text) > textOctetsMax) throw signalError('signal-too-large')
    this.#challenges.admit(serviceId)
  }

  /** For somebody who wrote to our number: the proof that this account is that number’s. */
  #pniProof(peer: Peer): Pick<Content, 'pniSignatureMessage'> {
    if (!peer.needsPniSignature) return {}
    const { aci, pni } = this.credentials.identities
    return {
      pniSignatureMessage: {
        pni: serviceIdOctets(`PNI:${this.credentials.pni}`).subarray(1),
        signature: pni.keyPair.signAlternateIdentity(aci.keyPair.publicKey),
      },
    }
  }

  async #succeeded(serviceId: string, peer: Peer): Promise<void> {
    if (this.#challenges.lifted(serviceId)) this.#changed()
    if (!peer.unregistered) return
    await setTraits(this.#db, serviceId, { unregisteredAtMs: null })
    await this.#tell('registered', peer)
  }

  async #failed(serviceId: string, peer: Peer, error: CausewayError): Promise<CausewayError> {
    if (error.code === 'not-on-signal') {
      await setTraits(this.#db, serviceId, { unregisteredAtMs: this.#clock.now() })
      await this.#tell('unregistered', peer)
    }
    if (error.code === 'signal-challenge' && this.#challenges.note(serviceId, error)) this.#changed()
    return error
  }

  /** Tells our own other devices what was sent; a failure does not undo the sending. */
  async #transcribe(
    serviceId: string,
    peer: Peer,
    message: DataMessage,
    timestampMs: number,
    sealed: boolean,
  ): Promise<void> {
    if (!this.#otherDevices) return
    const destination = serviceIdOctets(serviceId)
    await this.#tellOtherDevices({
      destinationServiceIdBinary: destination,
      ...(peer.e164 === undefined ? {} : { destinationE164: peer.e164 }),
      timestamp: timestampMs,
      message,
      unidentifiedStatus: [{ unidentified: sealed, serviceIdBinary: destination }],
    })
  }

  async #transcribeGroup(message: DataMessage, timestamp: number, outcomes: readonly MemberOutcome[]): Promise<void> {
    if (!this.#otherDevices) return
    const unidentifiedStatus = outcomes
      .filter(({ outcome }) => outcome === 'sent')
      .map(({ aci }) => ({ unidentified: true, serviceIdBinary: serviceIdOctets(aci) }))
    await this.#tellOtherDevices({ timestamp, message, unidentifiedStatus })
  }

  async #tellOtherDevices(sent: SyncSent & { timestamp: number }): Promise<void> {
    await this.#quietly('telling our other devices', () =>
      this.#sender.send({
        to: this.credentials.aci,
        content: { syncMessage: { sent, padding: this.#random(transcriptPaddingOctets) } },
        timestampMs: sent.timestamp,
        urgent: true,
        hint: ContentHint.Resendable,
        log: true,
      }),
    )
  }

  async #tell(kind: 'registered' | 'unregistered' | 'identity-changed', ids: PeerIds): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
      await this.#sink.peer({ kind, peer, atMs: this.#clock.now() }, transaction)
    })
    this.#sink.committed()
  }

  async #quietly(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#log.warn({ cause: shortly(error) }, `${what} failed`)
    }
  }
}
