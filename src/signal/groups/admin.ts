/**
 * What we do to groups: create them, change them, come and go. Each command says which actions it wants of the state as
 * it is, and what must hold afterwards: a server that takes a change and does not do it is found out.
 *
 *   state → actions → PATCH ─ 409 ─► refresh, again (bounded)
 *                       └ signed change → verified, applied, kept → told to the members
 */
import { ContentHint } from '@signalapp/libsignal-client'
import type { ServerPublicParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { OwnTimestamps, Random } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { shortly, signalError } from '../errors.ts'
import type { SignalSink } from '../facts.ts'
import { isPni, octets } from '../ids.ts'
import { type ActionsProto, type ChangedProto, changedCodec, type GroupProto } from '../proto/groups.ts'
import type { Content } from '../proto/messages.ts'
import type { Sender } from '../sender.ts'
import { applyActions } from './actions.ts'
import { GroupCipher, masterKeyOctets } from './cipher.ts'
import type { GroupFetching } from './fetching.ts'
import type { GroupKeeper, Step } from './keeper.ts'
import { cipherOf, findGroup, type KnownGroup } from './known.ts'
import { linkPasswordOctets, readInviteLink } from './links.ts'
import type { ProfileCredentials } from './profile-credentials.ts'
import type { GroupSender } from './sender.ts'
import type { GroupServer } from './server.ts'
import { readSigned } from './signed.ts'
import { access, type GroupState, readGroup, roles } from './state.ts'

/** Tries until a change is the next one. */
const rebasesMax = 5

type Held = KnownGroup & { state: GroupState }

/** What a command wants; undefined when it holds already. */
interface Wish {
  actions: ActionsProto
  holds: (state: GroupState) => boolean
}

/** Tells our own other devices what went to these members. */
type Transcribe = (content: Content, timestampMs: number, acis: readonly string[]) => Promise<void>

export class GroupAdmin {
  readonly #db: Database
  readonly #server: GroupServer
  readonly #params: ServerPublicParams
  readonly #credentials: Credentials
  readonly #profiles: ProfileCredentials
  readonly #keeper: GroupKeeper
  readonly #fetching: GroupFetching
  readonly #sender: GroupSender
  readonly #single: Sender
  readonly #sink: SignalSink
  readonly #transcribe: Transcribe
  readonly #timestamps: OwnTimestamps
  readonly #random: Random
  readonly #log: Log

  constructor(parts: {
    db: Database
    server: GroupServer
    params: ServerPublicParams
    credentials: Credentials
    profiles: ProfileCredentials
    keeper: GroupKeeper
    fetching: GroupFetching
    sender: GroupSender
    single: Sender
    sink: SignalSink
    transcribe: Transcribe
    timestamps: OwnTimestamps
    random: Random
    log: Log
  }) {
    this.#db = parts.db
    this.#server = parts.server
    this.#params = parts.params
    this.#credentials = parts.credentials
    this.#profiles = parts.profiles
    this.#keeper = parts.keeper
    this.#fetching = parts.fetching
    this.#sender = parts.sender
    this.#single = parts.single
    this.#sink = parts.sink
    this.#transcribe = parts.transcribe
    this.#timestamps = parts.timestamps
    this.#random = parts.random
    this.#log = parts.log
  }

  /**
   * Creates a group with ourselves as its administrator; its id. `people` are service ids: whose profile key is known
   * is added, all others are invited. Errors: CausewayError `signal-…`, `group-…`.
   */
  async create(wanted: {
    title: string
    description: string
    people: readonly string[]
    timerSeconds: number
    announcementsOnly: boolean
    avatar: Uint8Array | undefined
  }): Promise<string> {
    const cipher = new GroupCipher(this.#random(masterKeyOctets))
    const own = await this.#profiles.presentation(cipher, this.#credentials.aci)
    if (own === undefined) {
      throw signalError('signal-failed', { detail: 'the service has no profile of ours yet; try again in a moment' })
    }
    const { added, invited } = await this.#sorted(cipher, wanted.people)
    const { title, description, timerSeconds, announcementsOnly, avatar } = wanted
    const group: GroupProto = {
      publicKey: cipher.publicParams,
      title: cipher.close({ title }),
      ...(description === '' ? {} : { description: cipher.close({ description }) }),
      ...(timerSeconds === 0 ? {} : { timer: cipher.close({ timerSeconds }) }),
      ...(avatar === undefined ? {} : { avatarUrl: await this.#server.uploadAvatar(cipher, cipher.close({ avatar })) }),
      access: { attributes: access.member, members: access.member, addFromInviteLink: access.nobody },
      version: 0,
      announcementsOnly,
      members: [
        { role: roles.admin, presentation: own },
        ...added.map(({ presentation }) => ({ role: roles.member, presentation })),
      ],
      pending: invited.map((id) => ({ member: { userId: cipher.closeServiceId(id), role: roles.member } })),
    }
    const answer = await this.#server.create(cipher, group)
    if (answer.group === undefined) throw signalError('signal-failed', { detail: 'a group without a state' })
    const state = readGroup(answer.group, cipher)
    await this.#db.transaction().execute(async (transaction) => {
      const known = await this.#keeper.learn(cipher.masterKey, transaction)
      if (known === undefined) throw tooMany()
      const step = { state, by: this.#credentials.aci, items: [] }
      await this.#keeper.save(known, [step], { transaction, endorsements: answer.endorsements, ours: true })
    })
    this.#sink.committed()
    await this.#tell(await this.#keeper.demand(cipher.id), undefined, [])
    return cipher.id
  }

  /**
   * Makes one change, rebased on whatever others did meanwhile. Errors: CausewayError `unknown-group`,
   * `group-forbidden`, `group-conflict`, `group-not-done` (the server took it and did not do it), `signal-…`.
   */
  async change(id: string, wish: (group: Held) => Wish | undefined | Promise<Wish | undefined>): Promise<void> {
    let group = await this.#keeper.demand(id)
    for (let tries = 1; ; tries += 1) {
      const wanted = await wish(group)
      if (wanted === undefined) return
      try {
        const answer = await this.#server.patch(group.cipher, { ...wanted.actions, version: group.state.revision + 1 })
        const after = await this.#changed(group, answer)
        if (!wanted.holds(after)) throw notDone()
        return
      } catch (error) {
        if (!CausewayError.is(error, 'group-conflict') || tries >= rebasesMax) throw error
        group = await this.#fetching.refresh(id)
      }
    }
  }

  /** Joins by a link, or asks to, where an administrator has the last word; the group's id. Errors as `change`. */
  async join(link: string): Promise<string> {
    const { masterKey, password } = readInviteLink(link)
    const cipher = cipherOf(masterKey)
    const { aci } = this.#credentials
    for (let tries = 1; ; tries += 1) {
      const info = await this.#server.joinInfo(cipher, password)
      const presentation = await this.#profiles.presentation(cipher, aci)
      if (presentation === undefined) throw signalError('signal-failed', { detail: 'no profile of ours yet' })
      const isOpen = info.addFromInviteLink === access.any
      const revision = (info.version ?? 0) + 1
      const actions: ActionsProto = {
        version: revision,
        ...(isOpen
          ? { addMembers: [{ added: { presentation, role: roles.member }, fromLink: true }] }
          : { addRequesting: [{ added: { presentation } }] }),
      }
      try {
        const answer = info.pendingAdminApproval === true ? {} : await this.#server.patch(cipher, actions, password)
        const known = await this.#db.transaction().execute((tx) => this.#keeper.learn(masterKey, tx))
        if (known === undefined) throw tooMany()
        if (isOpen) await this.#tell(await this.#fetching.refresh(cipher.id), answer.change, [])
        else await this.#noteRequest(cipher, revision, info)
        return cipher.id
      } catch (error) {
        if (!CausewayError.is(error, 'group-conflict') || tries >= rebasesMax) throw error
      }
    }
  }

  /** Who can be added (with proof of their profile key), and who only invited. */
  async #sorted(cipher: GroupCipher, people: readonly string[]) {
    const added: { aci: string; presentation: Uint8Array<ArrayBuffer> }[] = []
    const invited: string[] = []
    for (const id of new Set(people)) {
      if (id === this.#credentials.aci) continue
      const presentation = isPni(id) ? undefined : await this.#profiles.presentation(cipher, id)
      if (presentation === undefined) invited.push(id)
      else added.push({ aci: id, presentation })
    }
    return { added, invited }
  }

  /** Adds or invites; whoever is in already stays as they are. */
  async add(id: string, people: readonly string[]): Promise<void> {
    await this.change(id, async ({ state, cipher }) => {
      const isIn = (who: string) =>
        state.members.some(({ aci }) => aci === who) || state.invited.some(({ serviceId }) => serviceId === who)
      const open = people.filter((who) => !isIn(who))
      if (open.length === 0) return undefined
      const { added, invited } = await this.#sorted(cipher, open)
      return {
        actions: {
          addMembers: added.map(({ presentation }) => ({ added: { presentation, role: roles.member } })),
          addPending: invited.map((who) => ({
            added: { member: { userId: cipher.closeServiceId(who), role: roles.member } },
          })),
          ...this.#unban(state, cipher, open),
        },
        holds: (after) =>
          added.every(({ aci }) => after.members.some((member) => member.aci === aci)) &&
          invited.every((who) => after.invited.some(({ serviceId }) => serviceId === who)),
      }
    })
  }

  /** Accepts an invitation, whichever of our identities it is for. Throws CausewayError `group-not-invited`. */
  async accept(id: string): Promise<void> {
    const { aci, pni } = this.#credentials
    await this.change(id, async ({ state, cipher, standing }) => {
      if (standing === 'member') return undefined
      const isForAccount = state.invited.some(({ serviceId }) => serviceId === aci)
      if (!isForAccount && !state.invited.some(({ serviceId }) => serviceId === `PNI:${pni}`)) {
        throw new CausewayError({
          code: 'group-not-invited',
          message: 'There is no invitation to this group.',
          retry: 'never',
        })
      }
      const presentation = await this.#profiles.presentation(cipher, aci)
      if (presentation === undefined) throw signalError('signal-failed', { detail: 'no profile of ours yet' })
      return {
        actions: isForAccount ? { promotePending: [{ presentation }] } : { promotePendingPni: [{ presentation }] },
        holds: (after) => after.members.some((member) => member.aci === aci),
      }
    })
  }

  /** Leaves; declines an invitation; takes back a request to join. */
  async leave(id: string): Promise<void> {
    const { aci, pni } = this.#credentials
    const own = [aci, `PNI:${pni}`]
    await this.change(id, ({ state, cipher }) => {
      const isMember = state.members.some((member) => member.aci === aci)
      const invitedAs = state.invited.find(({ serviceId }) => own.includes(serviceId))?.serviceId
      const isAsking = state.requesting.some((one) => one.aci === aci)
      const userId = (who: string) => [{ userId: cipher.closeServiceId(who) }]
      if (isMember) return { actions: { deleteMembers: userId(aci) }, holds: isOut }
      if (invitedAs !== undefined) return { actions: { deletePending: userId(invitedAs) }, holds: isOut }
      return isAsking ? { actions: { deleteRequesting: userId(aci) }, holds: isOut } : undefined
    })

    function isOut({ members, invited, requesting }: GroupState): boolean {
      return (
        !members.some((member) => member.aci === aci) &&
        !invited.some(({ serviceId }) => own.includes(serviceId)) &&
        !requesting.some((one) => one.aci === aci)
      )
    }
  }

  #unban(state: GroupState, cipher: GroupCipher, people: readonly string[]): Pick<ActionsProto, 'deleteBanned'> {
    const banned = state.banned.filter(({ serviceId }) => people.includes(serviceId))
    if (banned.length === 0) return {}
    return { deleteBanned: banned.map(({ serviceId }) => ({ userId: cipher.closeServiceId(serviceId) })) }
  }

  /** Keeps a change of ours that the server has signed, and tells the others. */
  async #changed(group: Held, answer: { change?: ChangedProto; endorsements?: Uint8Array }): Promise<GroupState> {
    const { change = {}, endorsements } = answer
    const read = readSigned(change, group.cipher, this.#params)
    const applied = read.kind === 'change' ? applyActions(group.state, read.actions, group.cipher) : undefined
    if (applied === undefined) {
      this.#log.warn({ kind: read.kind }, 'the server’s word for a change of ours is not as expected')
      const fresh = await this.#fetching.refresh(group.id)
      await this.#tell(fresh, undefined, [])
      return fresh.state
    }
    const step: Step = applied
    await this.#db
      .transaction()
      .execute((transaction) =>
        this.#keeper.save(group, [step], { transaction, endorsements: endorsements ?? new Uint8Array(), ours: true }),
      )
    this.#sink.committed()
    await this.#tell({ ...group, state: applied.state }, change, gone(group.state, applied.state))
    return applied.state
  }

  /** Members, invited people, those who were removed and our own devices apply the change without having to ask. Never throws. */
  async #tell(group: Held, change: ChangedProto | undefined, alsoTo: readonly string[]): Promise<void> {
    const { aci, pni } = this.#credentials
    const own = [aci, `PNI:${pni}`]
    const timestampMs = this.#timestamps.next()
    const { masterKey } = group.cipher
    const content = {
      dataMessage: {
        timestamp: timestampMs,
        profileKey: this.#credentials.profileKey.serialize(),
        requiredProtocolVersion: 0,
        groupV2: {
          masterKey,
          revision: group.state.revision,
          ...(change === undefined ? {} : { groupChange: changedCodec.encode(change) }),
        },
      },
    }
    const ids = [
      ...group.state.members.map((member) => member.aci),
      ...group.state.invited.map(({ serviceId }) => serviceId),
      ...alsoTo,
    ].filter((id) => !own.includes(id))
    const to = { recipients: ids.filter((id) => !isPni(id)), content, timestampMs, urgent: false, groupId: group.id }
    try {
      const outcomes = await this.#sender.send(to)
      const reached = outcomes.filter(({ outcome }) => outcome === 'sent').map((one) => one.aci)
      await this.#transcribe(content, timestampMs, reached)
    } catch (error) {
      this.#log.info({ cause: shortly(error) }, 'members will learn of a change with the next message')
    }
    for (const id of ids.filter(isPni)) {
      const one = { to: id, content, timestampMs, urgent: false, hint: ContentHint.Resendable, log: false }
      await this.#single.send(one).catch((error: unknown) => {
        this.#log.info({ cause: shortly(error) }, 'somebody who was invited could not be told')
      })
    }
  }

  /** What is known of a group that we only ask to join. */
  async #noteRequest(cipher: GroupCipher, revision: number, info: { title?: Uint8Array; description?: Uint8Array }) {
    const { aci } = this.#credentials
    const state: GroupState = {
      ...readGroup({ ...info, version: revision }, cipher),
      requesting: [{ aci, profileKey: undefined, atMs: this.#timestamps.next() }],
    }
    await this.#db.transaction().execute(async (transaction) => {
      const known = await findGroup(transaction, cipher.id)
      if (known !== undefined) {
        await this.#keeper.save(known, [{ state, by: aci, items: [] }], { transaction, ours: true })
      }
    })
    this.#sink.committed()
  }

  /** A fresh password for the link. */
  linkPassword(): Uint8Array<ArrayBuffer> {
    return octets(this.#random(linkPasswordOctets))
  }

  /** Stores an avatar for this group; its place. */
  async storeAvatar(id: string, avatar: Uint8Array): Promise<string> {
    const { cipher } = await this.#keeper.demand(id)
    return await this.#server.uploadAvatar(cipher, cipher.close({ avatar }))
  }
}

function gone(before: GroupState, after: GroupState): string[] {
  const left = before.members.filter(({ aci }) => !after.members.some((member) => member.aci === aci))
  const uninvited = before.invited.filter(
    ({ serviceId }) =>
      !after.invited.some((one) => one.serviceId === serviceId) && !after.members.some(({ aci }) => aci === serviceId),
  )
  return [...left.map(({ aci }) => aci), ...uninvited.map(({ serviceId }) => serviceId)]
}

function tooMany(): CausewayError {
  const message = 'Too many groups are named to this account that cannot be fetched. Try again later.'
  return new CausewayError({ code: 'signal-busy', message, retry: 'same-transport' })
}

function notDone(): CausewayError {
  return new CausewayError({
    code: 'group-not-done',
    message: 'Signal’s server took the change, and the group is as before.',
    retry: 'never',
  })
}
