/**
 * A registered account at work: connection, sending, receiving, keys, directory, and what the service holds against us
 * for the moment. `account.ts` makes one when there are credentials and throws it away when they change.
 */
import { ContentHint, type Net } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { MediaTarget, OutgoingMedia, StoredBlob } from '../domain/media.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { fetchAttachment } from './attachments-in.ts'
import { Uploads } from './attachments-out.ts'
import { SenderCertificates } from './certificates.ts'
import { type Challenge, ChallengeDesk } from './challenge.ts'
import { Chat, type ChatState } from './chat.ts'
import { type Clock, OwnTimestamps, type Random } from './clock.ts'
import { Composer } from './composing.ts'
import type { ServiceParameters } from './constants.ts'
import { ContentServer } from './content-server.ts'
import { ContentDesk } from './contents-due.ts'
import type { OutgoingAction, OutgoingText, PeerIds, SignalSink } from './contract.ts'
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
import { contentOf, quoteFor, timerFor } from './outgoing.ts'
import { OwnAccount } from './own-account.ts'
import { findPeer, idsOf, learnPeer, type Peer, serviceIdOf, setTraits } from './peers.ts'
import { PreKeyKeeper } from './prekeys.ts'
import type { OwnProfile } from './profile.ts'
import { ProfileDesk } from './profiles.ts'
import type { Content, SyncSent } from './proto/messages.ts'
import { bodyRangesOf } from './ranges.ts'
import { ReceiptDesk } from './receipts.ts'
import { Receiver } from './receiver.ts'
import { RetryDesk } from './retries.ts'
import { Sender } from './sender.ts'
import type { SignalServer } from './server.ts'
import { SessionKeeper } from './sessions.ts'
import { StorageRecords } from './storage-records.ts'
import { StorageServer } from './storage-server.ts'
import { StorageService } from './storage-service.ts'
import { approveIdentity, compareSafetyCode, safetyCode, safetyNumber } from './trust.ts'

const maintainEveryMs = 6 * 3600_000
/** No client shows more of a text. */
const textOctetsMax = 64 * 1024
const transcriptPaddingOctets = 64

export class LiveAccount {
  readonly credentials: Credentials
  /** What concerns our own account at the service: devices, profile. */
  readonly own: OwnAccount
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
  readonly groupCommands: GroupCommands
  readonly #profiles: ProfileDesk
  readonly #contents: ContentDesk
  readonly #contentServer: ContentServer
  readonly #uploads: Uploads
  readonly #composer: Composer
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
    profile: OwnProfile
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
        noticed: () => this.#changed(),
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
    const records = new StorageRecords({
      db,
      sink,
      credentials,
      profile: parts.profile,
      clock,
      onGroup: async (group, transaction) => {
        await this.#groups.keeper.listed(group, transaction)
        // Its first look at the database waits for this transaction.
        void this.#groups.keeper.fetchDue()
      },
    })
    const storageServer = new StorageServer({ parameters: parts.parameters, chat, clock })
    const storage = new StorageService({ db, server: storageServer, records, credentials, clock, random, log })
    this.#sync = new DeviceSync({
      db,
      sender,
      server: contentServer,
      sink,
      credentials,
      clock,
      timestamps,
      log,
      storage,
    })
    this.#texts = new LongTexts({ db, chat, server: contentServer, sink, clock, random, log })
    this.#profiles = new ProfileDesk({ db, chat, sink, credentials, clock, log })
    this.#contents = new ContentDesk({
      db,
      clock,
      log,
      sink,
      deliver: async (owed) => {
        const { groupId } = owed.to
        if (groupId === undefined) await this.#deliver(owed)
        else await this.groupCommands.deliver({ ...owed, groupId, media: [] })
      },
    })
    this.#contentServer = contentServer
    this.#uploads = new Uploads({ db, chat, server: contentServer, clock, random })
    this.#composer = new Composer({ credentials, texts: this.#texts, uploads: this.#uploads })
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
      groups,
      resolve: (ids) => this.#resolve(ids),
      own: credentials.aci,
      compose: async (content, timestampMs, media) => {
        demandLength(content)
        return await this.#composer.complete(content, timestampMs, media, this.#stopping.signal)
      },
      transcribe: (content, timestampMs, outcomes) => this.#transcribeGroup(content, timestampMs, outcomes),
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
      profiles: this.#profiles,
      storageFailed: () => chat.reconnect('an envelope could not be kept'),
    })
    this.#keys = new PreKeyKeeper({ db, chat, credentials, clock, random, log })
    const { profile } = parts
    this.own = new OwnAccount({ db, chat, sender, credentials, profile, clock, random, timestamps, log })
    this.#directory = openDirectory(parts.server, { db, chat, now: () => clock.now() })
  }

  get state(): ChatState {
    return this.#state
  }

  /** What the server and its clock give to think about. */
  get notices(): { skewMs: number | undefined; alerts: readonly string[] } {
    return { skewMs: this.#chat.skewMs, alerts: this.#chat.alerts }
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
    await this.#contents.stop()
  }

  /** See `SignalAccount.sendText`. */
  async sendText({
    to,
    text,
    timestampMs,
    quote,
    timer,
    ranges,
    attachments = [],
  }: OutgoingText): Promise<{ sealed: boolean; to: PeerIds }> {
    const said = quoteFor(quote, this.credentials.aci, to.aci)
    const dataMessage = { body: text, ...said, ...timerFor(timer), ...bodyRangesOf(ranges) }
    return await this.#deliver({ to, content: { dataMessage }, timestampMs, media: attachments })
  }

  /** See `SignalAccount.owe`. */
  async owe(
    { to, timestampMs, reference, action }: OutgoingAction,
    transaction: DatabaseTransaction,
  ): Promise<() => void> {
    const content = contentOf(action, { own: this.credentials.aci, peer: to.aci })
    await this.#contents.owe(transaction, { to, content, timestampMs, reference })
    return () => void this.#contents.flush()
  }

  /** Encrypts and sends a message, or an edit of one, and tells our other devices. Errors as `SignalAccount.sendText`. */
  async #deliver(outgoing: {
    to: PeerIds
    content: Content
    timestampMs: number
    media?: readonly OutgoingMedia[]
  }): Promise<{
    sealed: boolean
    to: PeerIds
  }> {
    const { timestampMs } = outgoing
    const peer = await this.#resolve(outgoing.to)
    const serviceId = serviceIdOf(peer)
    if (serviceId === undefined) throw signalError('not-on-signal')
    this.#admit(serviceId, outgoing.content)
    try {
      const content = await this.#composer.complete(
        outgoing.content,
        timestampMs,
        outgoing.media ?? [],
        this.#stopping.signal,
      )
      if (serviceId === this.credentials.aci) {
        if (this.#otherDevices) await this.#sendTranscript(serviceId, peer, content, timestampMs, false)
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

  /** See `SignalAccount.fetchAttachment`. */
  async fetchAttachment(pointer: Uint8Array, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob> {
    return await fetchAttachment(this.#contentServer, pointer, target, AbortSignal.any([signal, this.#stopping.signal]))
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

  /** See `SignalAccount.safetyCode`. */
  async safetyCode(ids: PeerIds): Promise<Uint8Array | undefined> {
    return await safetyCode(this.#db, this.credentials, ids)
  }

  /** See `SignalAccount.compareSafetyCode`. */
  async compareSafetyCode(ids: PeerIds, scanned: Uint8Array): Promise<boolean> {
    return await compareSafetyCode(this.#db, this.credentials, ids, scanned)
  }

  /** See `SignalAccount.tellVerified`. */
  async tellVerified(ids: PeerIds, verified: boolean): Promise<void> {
    if (this.#otherDevices) await this.#quietly('telling our other devices', () => this.own.tellVerified(ids, verified))
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
    await this.#quietly('asking who we are', () => this.own.checkSelf())
    await this.#quietly('sending receipts', () => this.#receipts.flush())
    await this.#quietly('sending what is owed', () => this.#contents.connected())
    await this.#quietly('looking after pre-keys', () => this.#keys.maintain())
    // Without a profile nobody can add us to a group.
    await this.#quietly('asking for our other devices', () => this.#countDevices())
    await this.#quietly('publishing the profile', () => this.own.publishProfile(this.#otherDevices))
    await this.#quietly('asking the phone for its contacts', () => this.#sync.ask())
    await this.#quietly('fetching the phone’s contacts', () => this.#sync.fetch())
    await this.#quietly('fetching long texts', () => this.#texts.fetch())
    await this.#quietly('looking for who asks to join', () => this.#groups.keeper.lookForRequests())
    await this.#quietly('fetching groups', () => this.#groups.keeper.fetchDue())
    await this.#quietly('fetching profiles', () => this.#profiles.fetch())
  }

  async #maintainForEver(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#quietly('pruning', async () => {
        await this.#retries.prune()
        await this.#receiver.prune()
        await this.#groups.desk.prune(this.#db)
        await this.#groups.keeper.prune()
        await this.#uploads.prune()
      })
      await this.#clock.wait(maintainEveryMs, signal).catch(() => undefined)
      if (!signal.aborted && this.#state.state === 'connected') await this.#afterConnecting()
    }
  }

  /** A linked device always has the phone beside it; a primary asks. */
  async #countDevices(): Promise<void> {
    if (this.credentials.deviceId !== 1) return
    this.#otherDevices = (await this.own.devices()).length > 1
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

  #admit(serviceId: string, content: Content): void {
    if (serviceId === `PNI:${this.credentials.pni}`) {
      throw new CausewayError({ code: 'signal-to-self', message: 'This is our own Signal account.', retry: 'never' })
    }
    demandLength(content)
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
    content: Content,
    timestampMs: number,
    sealed: boolean,
  ): Promise<void> {
    if (!this.#otherDevices) return
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
      unidentifiedStatus: [{ unidentified: sealed, serviceIdBinary: destination }],
    })
  }

  async #transcribeGroup(content: Content, timestampMs: number, outcomes: readonly MemberOutcome[]): Promise<void> {
    if (!this.#otherDevices) return
    const unidentifiedStatus = outcomes
      .filter(({ outcome }) => outcome === 'sent')
      .map(({ aci }) => ({ unidentified: true, serviceIdBinary: serviceIdOctets(aci) }))
    await this.#quietly('telling our other devices', () =>
      this.#tellOtherDevices(content, timestampMs, { unidentifiedStatus }),
    )
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
      to: this.credentials.aci,
      content: { syncMessage: { sent, padding: this.#random(transcriptPaddingOctets) } },
      timestampMs,
      urgent: true,
      hint: ContentHint.Resendable,
      log: true,
    })
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

function demandLength({ dataMessage, editMessage }: Content): void {
  const text = dataMessage?.body ?? editMessage?.dataMessage?.body ?? ''
  if (Buffer.byteLength(text) > textOctetsMax) throw signalError('signal-too-large')
}
