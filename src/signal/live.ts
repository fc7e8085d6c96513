/**
 * A registered account at work: what belongs to it, and the life of its connection with what is to be done at each. Sending is
 * `delivery.ts`. `account.ts` makes one when there are credentials and throws it away when they change.
 */
import type { Net } from '@signalapp/libsignal-client'
import type { MediaTarget, Portraits, StoredBlob } from '../domain/media.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { fetchAttachment } from './attachments-in.ts'
import { keepAttachments, Uploads } from './attachments-out.ts'
import { AvatarDesk } from './avatars.ts'
import { SenderCertificates } from './certificates.ts'
import { type Challenge, ChallengeDesk } from './challenge.ts'
import { Chat, type ChatState } from './chat.ts'
import { type Clock, OwnTimestamps, type Random } from './clock.ts'
import { Composer } from './composing.ts'
import type { ServiceParameters } from './constants.ts'
import { ContentServer } from './content-server.ts'
import { ContentDesk } from './contents-due.ts'
import type { OutgoingAction, OutgoingText } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { Delivery } from './delivery.ts'
import { DeviceSync } from './device-sync.ts'
import { openDirectory } from './directory.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { GroupCommands } from './groups/commands.ts'
import { Groups } from './groups/groups.ts'
import type { Habits } from './habits.ts'
import { peerOf } from './ids.ts'
import { AccountLock } from './lock.ts'
import { LongTexts } from './long-texts.ts'
import { within } from './ongoing.ts'
import { contentOf, quoteFor, timerFor } from './outgoing.ts'
import { OwnAccount } from './own-account.ts'
import { findPeer, idsOf } from './peers.ts'
import type { PinVault } from './pin-vault.ts'
import { PreKeyKeeper } from './prekeys.ts'
import type { OwnProfile } from './profile.ts'
import { ProfileDesk } from './profiles.ts'
import { bodyOf } from './ranges.ts'
import { ReceiptDesk } from './receipts.ts'
import { Receiver } from './receiver.ts'
import { RetryDesk } from './retries.ts'
import { Sender } from './sender.ts'
import type { SignalServer } from './server.ts'
import { SessionKeeper } from './sessions.ts'
import { StorageRecords } from './storage-records.ts'
import { StorageServer } from './storage-server.ts'
import { StorageService } from './storage-service.ts'
import { SyncAnswers } from './sync-answers.ts'
import { Telling } from './telling.ts'
import { approveIdentity, compareSafetyCode, safetyCode, safetyNumber } from './trust.ts'
import { TypingDesk } from './typing.ts'
import { Upkeep } from './upkeep.ts'

/** Most of which is for work that has just asked a server, and hears in that time that there is none. */
const stopTimeoutMs = 10_000

export class LiveAccount {
  readonly credentials: Credentials
  /** What concerns our own account at the service: devices, profile. */
  readonly own: OwnAccount
  readonly #db: Database
  readonly #clock: Clock
  readonly #sink: SignalSink
  readonly #changed: () => void
  readonly #chat: Chat
  readonly #lock = new AccountLock()
  readonly #receipts: ReceiptDesk
  readonly #retries: RetryDesk
  readonly #sync: DeviceSync
  readonly #texts: LongTexts
  readonly #groups: Groups
  readonly groupCommands: GroupCommands
  readonly #profiles: ProfileDesk
  readonly avatars: AvatarDesk
  readonly #contents: ContentDesk
  readonly #contentServer: ContentServer
  readonly #uploads: Uploads
  readonly #delivery: Delivery
  readonly #receiver: Receiver
  readonly #upkeep: Upkeep
  readonly #preKeys: PreKeyKeeper
  readonly #stopping = new AbortController()
  readonly #challenges: ChallengeDesk
  #state: ChatState = { state: 'disconnected', reason: 'not started' }
  /** What authors and our own other devices are to know. */
  readonly telling: Telling
  readonly #typing: TypingDesk
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
    portraits: Portraits
    vault: PinVault
    changed: () => void
    /** The credentials in the database are others now: this one is to be replaced. */
    moved: () => void
    habits: Habits
  }) {
    const { db, clock, log, credentials, random, sink } = parts
    this.credentials = credentials
    this.#db = db
    this.#clock = clock
    this.#sink = sink
    this.#changed = parts.changed
    this.#otherDevices = credentials.deviceId !== 1
    const { signal } = this.#stopping
    this.#challenges = new ChallengeDesk({ clock, log, signal, changed: parts.changed })
    const timestamps = new OwnTimestamps(clock)
    const chat = new Chat({
      net: parts.net,
      clock,
      random,
      log,
      events: {
        envelope: (envelope, serverTimestampMs, ack) => this.#receiver.take(envelope, serverTimestampMs, ack),
        state: (state) => this.#onChat(state),
        noticed: () => this.#changed(),
        drained: () => this.#upkeep.drained(),
      },
    })
    this.#chat = chat
    const identityChanged = (serviceId: string) => this.#tell('identity-changed', peerOf(serviceId))
    const lock = this.#lock
    const sessions = new SessionKeeper({ db, chat, lock, clock, credentials, identityChanged })
    const certificates = new SenderCertificates(chat, clock)
    const sender = new Sender({ db, chat, lock, clock, log, credentials, sessions, certificates })
    this.#typing = new TypingDesk({
      db,
      sender,
      clock,
      timestamps,
      habits: parts.habits,
      log,
      toGroup: (groupId, content, timestampMs) => this.#groups.signal(groupId, content, timestampMs),
    })
    this.#receipts = new ReceiptDesk({ db, sender, clock, timestamps, log, self: credentials.aci, signal })
    this.#retries = new RetryDesk({ db, sender, credentials, clock, timestamps, random, log })
    const contentServer = new ContentServer(parts.parameters)
    const records = new StorageRecords({
      db,
      sink,
      credentials,
      profile: parts.profile,
      habits: parts.habits,
      clock,
      onGroup: async (group, transaction) => {
        await this.#groups.keeper.listed(group, transaction)
        // Its first look at the database waits for this transaction.
        void this.#groups.fetching.fetchDue()
      },
      onAccount: (hasOtherPicture) => void this.own.told(hasOtherPicture),
      moved: parts.moved,
    })
    const storageServer = new StorageServer({ parameters: parts.parameters, chat, clock })
    const written = () => this.telling.tellStored(db)
    const storage = new StorageService({ db, server: storageServer, records, credentials, clock, random, log, written })
    const answers = new SyncAnswers({
      db,
      chat,
      server: contentServer,
      clock,
      random,
      log,
      habits: parts.habits,
      own: credentials.aci,
      addressBook: (countMax) => sink.addressBook(countMax),
      owe: async (transaction, message) => {
        // Whoever asks is there.
        this.#otherDevices = true
        await this.telling.oweSync(transaction, [message])
      },
      flush: () => void this.#contents.flush(),
    })
    this.#sync = new DeviceSync({
      ...parts,
      answers,
      sender,
      server: contentServer,
      timestamps,
      storage,
      stored: () => this.#upkeep.quietly('looking at the account', () => this.own.stored()),
      learnProfile: () => this.own.profile.learn(),
      regrouped: (id, transaction) => this.#groups.keeper.retell(id, transaction),
    })
    this.#texts = new LongTexts({ ...parts, chat, server: contentServer, own: credentials.aci })
    this.avatars = new AvatarDesk({ ...parts, server: contentServer })
    this.#profiles = new ProfileDesk({ ...parts, chat, avatars: this.avatars })
    this.#contents = new ContentDesk({
      db,
      clock,
      log,
      sink,
      deliver: async (owed) => {
        const { groupId } = owed.to
        if (groupId === undefined) await this.#delivery.deliver(owed)
        else await this.groupCommands.deliver({ ...owed, groupId, media: [] })
      },
    })
    this.telling = new Telling({
      receipts: this.#receipts,
      contents: this.#contents,
      timestamps,
      habits: parts.habits,
      random,
      own: credentials.aci,
      otherDevices: () => this.#otherDevices,
      fetch: () => void this.#sync.fetch(),
    })
    this.#contentServer = contentServer
    this.#uploads = new Uploads({ db, chat, server: contentServer, clock, random })
    this.#delivery = new Delivery({
      db,
      clock,
      random,
      log,
      credentials,
      sender,
      composer: new Composer({ credentials, texts: this.#texts, uploads: this.#uploads }),
      challenges: this.#challenges,
      directory: openDirectory(parts.server, { db, chat, now: () => clock.now() }),
      signal,
      otherDevices: () => this.#otherDevices,
      sink,
      tell: (kind, peer) => this.#tell(kind, peer),
      letIn: (aci) => this.avatars.letIn(aci),
    })
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
      transcribe: (content, timestampMs, acis) => this.#delivery.transcribeToGroup(content, timestampMs, acis),
    })
    this.#groups = groups
    groups.keeper.onReady = (id, transaction) => this.#receiver.release(id, transaction)
    // Its first look at the database waits for the transaction.
    groups.keeper.onUnlisted = () => void this.#sync.fetch()
    this.groupCommands = new GroupCommands({
      groups,
      own: credentials.aci,
      delivery: this.#delivery,
      approve: (ids) => this.approveIdentity(ids),
      tell: (id, blocked, transaction) => this.telling.oweGroupBlock(transaction, id, blocked),
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
      fetchGroups: () => groups.fetching.fetchDue(),
      profiles: this.#profiles,
      moved: parts.moved,
      habits: parts.habits,
      storageFailed: () => chat.reconnect('an envelope could not be kept'),
    })
    this.#preKeys = new PreKeyKeeper({ db, chat, credentials, clock, random, log })
    const hooks = {
      store: () => void this.#sync.fetch(),
      renamed: (transaction: DatabaseTransaction) => this.telling.oweRenamed(transaction),
      otherDevices: () => this.#otherDevices,
      toGroups: (ended: AbortSignal) => groups.ownKeys.run(ended),
    }
    this.own = new OwnAccount({ ...parts, ...hooks, chat, server: contentServer, sender, timestamps })
    this.#upkeep = new Upkeep({
      clock,
      log,
      signal,
      isConnected: () => this.#state.state === 'connected',
      // What is sent meanwhile goes to all of them.
      atOnce: [['asking for our other devices', () => this.#countDevices()]],
      chores: [
        ['asking who we are', () => this.own.checkSelf()],
        ['settling the username', () => this.own.usernames.settle()],
        ['sending receipts', () => this.#receipts.flush()],
        ['looking after pre-keys', () => this.#preKeys.maintain()],
        ['sending what is owed', () => this.#contents.connected()],
        // Without a profile nobody can add us to a group.
        ['settling the profile', () => this.own.profile.settle()],
        ['changing the profile key', () => this.own.profileKey.run()],
        ['asking the phone for its contacts', () => this.#sync.ask()],
        ['telling our settings', () => this.telling.tellSettings(db, clock.now())],
        ['fetching the phone’s contacts', () => this.#sync.fetch()],
        ['fetching long texts', () => this.#texts.fetch()],
        ['looking for who asks to join', () => groups.keeper.lookForRequests()],
        ['fetching groups', () => groups.fetching.fetchDue()],
        ['fetching profiles', () => this.#profiles.fetch()],
      ],
      prune: async () => {
        const parts = [this.#retries, this.#receipts, this.#receiver, this.#sync, groups.keeper, this.#uploads]
        for (const part of parts) await part.prune()
        await groups.desk.prune(db)
      },
    })
  }

  get state(): ChatState {
    return this.#state
  }

  /** What the server and its clock give to think about. */
  get notices() {
    return { ...this.#chat.notices, preKeysLeft: this.#preKeys.runsShortAt, discovery: this.#delivery.discovery }
  }

  /** See `SignalAccount.envelopes`. */
  get envelopes(): Readonly<Record<string, number>> {
    return this.#receiver.counts
  }

  /** A captcha that the service asks for before more may be sent. */
  get challenge(): Challenge | undefined {
    return this.#challenges.present
  }

  start(): void {
    const { aci, deviceId, password } = this.credentials
    this.#chat.start(`${aci}.${deviceId}`, password)
    void this.#upkeep.quietly('reading the username', () => this.own.usernames.load())
    void this.#upkeep.forEver()
  }

  /** Ends all that is under way, within some seconds whatever the network does: after that nothing of it touches the database. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#receiver.stop()
    // Who waits for the server hears that there is none.
    await this.#chat.stop()
    const desks = [this.#upkeep, this.#sync, this.#texts, this.#receipts, this.#retries, this.#profiles, this.avatars]
    const more = [this.own, this.#groups.fetching, this.#contents, this.#delivery, this.#typing]
    const ends = [...desks, ...more].map((part) => part.stop())
    await within(stopTimeoutMs, Promise.all([...ends, this.#lock.end()]))
  }

  /** See `SignalAccount.sendText`. */
  async sendText(message: OutgoingText): Promise<{ sealed: boolean; to: PeerIds }> {
    const { to, text, timestampMs, quote, timer, ranges, attachments: media = [] } = message
    const said = quoteFor(quote, this.credentials.aci, to.aci)
    const dataMessage = { ...bodyOf(text, ranges), ...said, ...timerFor(timer) }
    const quoted = quote?.file?.thumbnail
    return await this.#delivery.deliver({ to, content: { dataMessage }, timestampMs, media, quoted })
  }

  /** See `SignalAccount.owe`. */
  async owe(
    { to, timestampMs, reference, action }: OutgoingAction,
    transaction: DatabaseTransaction,
  ): Promise<() => void> {
    const said = contentOf(action, { own: this.credentials.aci, peer: to.aci })
    const { attachmentIds = [], quote } = action.kind === 'edited' ? action : {}
    const content = await keepAttachments(transaction, said, attachmentIds, quote?.file?.thumbnailId)
    await this.#contents.owe(transaction, { to, content, timestampMs, reference })
    return () => void this.#contents.flush()
  }

  /** See `SignalAccount.fetchAttachment`. */
  async fetchAttachment(pointer: Uint8Array, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob> {
    return await fetchAttachment(this.#contentServer, pointer, target, AbortSignal.any([signal, this.#stopping.signal]))
  }

  /** See `SignalAccount.lookUp`. */
  async lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    return await this.#delivery.lookUp(e164s, signal)
  }

  /** See `SignalAccount.typing`. */
  async typing(to: PeerIds & { groupId?: string | undefined }, started: boolean): Promise<void> {
    if (this.#state.state === 'connected') await this.#typing.tell(to, started)
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

  /** Hands over a captcha token for the present challenge. Throws CausewayError `signal-captcha-refused`. */
  async solveChallenge(captcha: string): Promise<void> {
    await this.#challenges.solve(this.#chat.authenticated(), captcha)
  }

  #onChat(state: ChatState): void {
    this.#state = state
    this.#changed()
    if (state.state === 'connecting') this.#upkeep.connecting()
    if (state.state === 'connected') void this.#upkeep.connected()
    if (state.state === 'signed-out') {
      void this.#upkeep.quietly('noting the sign-out', () =>
        this.#db.updateTable('signal_account').set({ signed_out_at_ms: this.#clock.now() }).execute(),
      )
    }
  }

  /** A linked device always has the phone beside it; a primary asks. */
  async #countDevices(): Promise<void> {
    if (this.credentials.deviceId !== 1) return
    this.#otherDevices = (await this.own.devices()).length > 1
  }

  async #tell(kind: 'unregistered' | 'identity-changed', ids: PeerIds): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
      await this.#sink.peer({ kind, peer, atMs: this.#clock.now() }, transaction)
    })
    this.#sink.committed()
  }
}
