/** The groups of one account: what its parts are, and the commands that the rest of the house gives. */
import { ServerPublicParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { SenderCertificates } from '../certificates.ts'
import type { Chat } from '../chat.ts'
import type { Clock, OwnTimestamps, Random } from '../clock.ts'
import type { ServiceParameters } from '../constants.ts'
import type { Credentials } from '../credentials.ts'
import type { SignalSink } from '../facts.ts'
import type { AccountLock } from '../lock.ts'
import type { DataMessage } from '../proto/data-message.ts'
import type { Content } from '../proto/messages.ts'
import type { Sender } from '../sender.ts'
import { SenderKeys } from '../sender-keys.ts'
import type { SessionKeeper } from '../sessions.ts'
import { GroupAdmin } from './admin.ts'
import { GroupAvatars } from './avatars.ts'
import type { GroupSettings, MemberOutcome } from './contract.ts'
import { GroupCredentials } from './credentials.ts'
import { GroupDesk } from './desk.ts'
import { GroupFetching } from './fetching.ts'
import { GroupKeeper } from './keeper.ts'
import { isRequest } from './known.ts'
import { OwnGroupKeys } from './own-key.ts'
import { ProfileCredentials } from './profile-credentials.ts'
import { GroupSender } from './sender.ts'
import { GroupServer } from './server.ts'
import { approvalWish, banWish, removalWish, roleWish, settingsWish, unbanWish } from './settings.ts'
import { type GroupState, isAdmin } from './state.ts'

export class Groups {
  readonly desk: GroupDesk
  readonly keeper: GroupKeeper
  readonly fetching: GroupFetching
  readonly avatars: GroupAvatars
  readonly ownKeys: OwnGroupKeys
  readonly #admin: GroupAdmin
  readonly #sender: GroupSender
  readonly #credentials: Credentials

  constructor(parts: {
    db: Database
    chat: Chat
    lock: AccountLock
    clock: Clock
    random: Random
    log: Log
    sink: SignalSink
    credentials: Credentials
    parameters: ServiceParameters
    certificates: SenderCertificates
    sender: Sender
    sessions: SessionKeeper
    timestamps: OwnTimestamps
    /** Tells our own other devices what went to these members. */
    transcribe: (content: Content, timestampMs: number, acis: readonly string[]) => Promise<void>
  }) {
    const { db, chat, clock, log, sink, credentials, sender: single } = parts
    const params = new ServerPublicParams(parts.parameters.zkgroup.serverPublicParams)
    const common = { db, chat, clock, credentials, server: params }
    const server = new GroupServer(parts.parameters, new GroupCredentials(common))
    const keeper = new GroupKeeper({ db, params, credentials, sink, clock, log })
    const fetching = new GroupFetching({ db, server, keeper, own: credentials.aci, sink, clock, log })
    const keys = new SenderKeys(parts)
    const sender = new GroupSender({ ...parts, keys, keeper, fetching })
    const profiles = new ProfileCredentials(common)
    this.keeper = keeper
    this.fetching = fetching
    this.desk = new GroupDesk({ keeper, clock, log })
    this.#admin = new GroupAdmin({ ...parts, server, params, profiles, keeper, fetching, sender, single })
    this.ownKeys = new OwnGroupKeys({ ...common, log, admin: this.#admin, profiles })
    this.avatars = new GroupAvatars({ db, keeper, server })
    this.#sender = sender
    this.#credentials = credentials
  }

  /** Errors: CausewayError `unknown-group`, `group-left`, `group-announcements`. */
  async admit(id: string): Promise<void> {
    const { state, standing } = await this.keeper.demand(id)
    this.#admit(state, standing)
  }

  /** Sends a message, or an edit of one, to all other members. Errors as `admit`, and those of a text to a person. */
  async send(
    id: string,
    { dataMessage, editMessage }: Content,
    timestampMs: number,
  ): Promise<{ content: Content; outcomes: readonly MemberOutcome[] }> {
    const { state, cipher, standing } = await this.keeper.demand(id)
    this.#admit(state, standing)
    const within = (message: DataMessage): DataMessage => ({
      ...message,
      groupV2: { masterKey: cipher.masterKey, revision: state.revision },
      expireTimer: message.expireTimer ?? state.timerSeconds,
    })
    const content =
      editMessage === undefined
        ? { dataMessage: within(dataMessage ?? {}) }
        : { editMessage: { ...editMessage, dataMessage: within(editMessage.dataMessage ?? {}) } }
    const outcomes = await this.#sender.send({ groupId: id, content, timestampMs, urgent: true })
    return { content, outcomes }
  }

  /**
   * A sign of the moment, to those members who can be reached together and are connected; nobody is served alone, and
   * nothing is kept. Errors as `send`.
   */
  async signal(id: string, content: Content, timestampMs: number): Promise<void> {
    await this.admit(id)
    const group = await this.keeper.demand(id)
    if (group.blocked || isRequest(group)) return
    await this.#sender.signal({ groupId: id, content, timestampMs, urgent: false })
  }

  /** See `GroupAdmin`. */
  async create(wanted: Parameters<GroupAdmin['create']>[0]): Promise<string> {
    return await this.#admin.create(wanted)
  }

  async configure(id: string, wanted: GroupSettings): Promise<void> {
    await this.#admin.change(id, ({ state, cipher }) =>
      settingsWish(state, cipher, wanted, () => this.#admin.linkPassword()),
    )
  }

  /** `undefined` takes it away. */
  async setAvatar(id: string, avatar: Uint8Array | undefined): Promise<void> {
    const value = avatar === undefined ? '' : await this.#admin.storeAvatar(id, avatar)
    const wanted = value === '' ? undefined : value
    await this.#admin.change(id, ({ state }) =>
      state.avatarUrl === wanted
        ? undefined
        : { actions: { avatar: { value } }, holds: (after) => after.avatarUrl === wanted },
    )
  }

  /** Service ids: whoever can be added is, all others are invited. */
  async add(id: string, people: readonly string[]): Promise<void> {
    await this.#admin.add(id, people)
  }

  /** A member, an invited person, or somebody who asks to join (whose request is refused then). */
  async remove(id: string, who: string): Promise<void> {
    await this.#admin.change(id, ({ state, cipher }) => removalWish(state, cipher, who))
  }

  /** As `remove`, and the link is no way back; also for somebody who has gone. */
  async ban(id: string, who: string): Promise<void> {
    await this.#admin.change(id, ({ state, cipher }) => banWish(state, cipher, who))
  }

  async unban(id: string, who: string): Promise<void> {
    await this.#admin.change(id, ({ state, cipher }) => unbanWish(state, cipher, who))
  }

  async setRole(id: string, aci: string, admin: boolean): Promise<void> {
    await this.#admin.change(id, ({ state, cipher }) => roleWish(state, cipher, aci, admin))
  }

  /** Lets somebody in who came by the link. */
  async approve(id: string, aci: string): Promise<void> {
    await this.#admin.change(id, ({ state, cipher }) => approvalWish(state, cipher, aci))
  }

  async accept(id: string): Promise<void> {
    await this.#admin.accept(id)
  }

  async leave(id: string): Promise<void> {
    await this.#admin.leave(id)
  }

  async join(link: string): Promise<string> {
    return await this.#admin.join(link)
  }

  #admit(state: GroupState, standing: string): void {
    if (state.terminated || standing !== 'member') {
      throw new CausewayError({
        code: 'group-left',
        message: state.terminated
          ? 'This group was ended by its administrators.'
          : 'You are not a member of this group. An invitation has to be accepted first.',
        retry: 'never',
      })
    }
    if (state.announcementsOnly && !isAdmin(state, this.#credentials.aci)) {
      throw new CausewayError({
        code: 'group-announcements',
        message: 'Only administrators may write in this group.',
        retry: 'never',
      })
    }
  }
}
