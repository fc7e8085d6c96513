/**
 * What Signal's storage service does with a change of a group. The mock does a part of it and silently drops the rest
 * (adding members, roles, avatar, description, links, approval, bans, announcements), so the whole of it is here: each
 * action with who may do it. Throws GroupRefusal where the service would answer 400 or 403.
 */
import { randomUUID } from 'node:crypto'
import {
  ProfileKeyCredentialPresentation,
  type ServerSecretParams,
  ServerZkProfileOperations,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { type MockServer, Proto } from './mock.ts'

type Request = Parameters<MockServer['modifyGroup']>[0]
type Answer = Awaited<ReturnType<MockServer['modifyGroup']>>
type Group = Request['group']
type Mutable<T> = { -readonly [Field in keyof T]: T[Field] }
type State = Mutable<Group['state']>
type Member = NonNullable<State['members']>[number]

const { AccessRequired } = Proto.AccessControl
const { Role } = Proto.Member

/** Status and words of a refusal. */
export class GroupRefusal extends Error {
  readonly status: 400 | 403

  constructor(status: 400 | 403, why: string) {
    super(why)
    this.name = 'GroupRefusal'
    this.status = status
  }
}

/** A change by somebody who may hold the password of the group's link. */
export function modifyGroup(secret: ServerSecretParams, request: Request, linkPassword?: Uint8Array): Answer {
  const { group, actions, aciCiphertext, pniCiphertext } = request
  const before = group.state
  if (actions.version !== (before.version ?? 0) + 1) return { conflict: true, signedChange: undefined }
  const change = new Change(secret, group, actions, { aci: aciCiphertext, pni: pniCiphertext, linkPassword })
  change.apply()
  const encoded = Proto.GroupChange.Actions.encode(change.applied)
  const serverSignature = secret.sign(new Uint8Array(encoded)).serialize()
  const groupChange = { actions: encoded, serverSignature: Buffer.from(serverSignature), changeEpoch: 5 }
  // The mock's list of changes is the group: its last state is the present one.
  group.changes.groupChanges?.push({ groupChange, groupState: change.state })
  return { conflict: false, signedChange: groupChange }
}

interface Source {
  aci: Uint8Array
  pni: Uint8Array | undefined
  linkPassword: Uint8Array | undefined
}

type Actions = Mutable<Request['actions']>

class Change {
  state: State
  readonly applied: Actions
  readonly #group: Group
  readonly #actions: Actions
  readonly #source: Source
  readonly #member: Member | undefined
  readonly #profiles: ServerZkProfileOperations
  readonly #nowMs = BigInt(Date.now())

  constructor(secret: ServerSecretParams, group: Group, actions: Actions, source: Source) {
    this.#group = group
    this.#actions = actions
    this.#source = source
    this.#profiles = new ServerZkProfileOperations(secret)
    this.#member = (group.state.members ?? []).find(({ userId }) => same(userId, source.aci))
    this.state = { ...group.state, version: actions.version }
    const groupId = Buffer.from(group.id, 'base64')
    this.applied = { ...actions, sourceUserId: Buffer.from(source.aci), groupId }
  }

  apply(): void {
    this.#attributes()
    this.#access()
    this.#leave()
    this.#add()
    this.#promote()
    this.#keys()
    this.#roles()
    this.#bans()
  }

  #attributes(): void {
    const { modifyTitle, modifyAvatar, modifyDescription, modifyDisappearingMessageTimer } = this.#actions
    const { modifyAnnouncementsOnly, terminateGroup } = this.#actions
    const wanted = [modifyTitle, modifyAvatar, modifyDescription, modifyDisappearingMessageTimer]
    if (wanted.some((action) => action !== null)) this.#demand(this.state.accessControl?.attributes)
    if (modifyTitle !== null) this.state.title = modifyTitle.title
    if (modifyAvatar !== null) this.state.avatarUrl = modifyAvatar.avatar
    if (modifyDescription !== null) this.state.description = modifyDescription.description
    if (modifyDisappearingMessageTimer !== null) {
      this.state.disappearingMessagesTimer = modifyDisappearingMessageTimer.timer
    }
    if (modifyAnnouncementsOnly !== null || terminateGroup !== null) this.#demandAdmin()
    if (modifyAnnouncementsOnly !== null) this.state.announcementsOnly = modifyAnnouncementsOnly.announcementsOnly
    if (terminateGroup !== null) this.state.terminated = true
  }

  #access(): void {
    const { modifyAttributesAccess, modifyMemberAccess, modifyAddFromInviteLinkAccess } = this.#actions
    const { modifyInviteLinkPassword } = this.#actions
    const control = { ...this.state.accessControl } as NonNullable<State['accessControl']>
    const wanted = [modifyAttributesAccess, modifyMemberAccess, modifyAddFromInviteLinkAccess, modifyInviteLinkPassword]
    if (wanted.every((action) => action === null)) return
    this.#demandAdmin()
    if (modifyAttributesAccess !== null) control.attributes = modifyAttributesAccess.attributesAccess
    if (modifyMemberAccess !== null) control.members = modifyMemberAccess.membersAccess
    if (modifyAddFromInviteLinkAccess !== null) {
      control.addFromInviteLink = modifyAddFromInviteLinkAccess.addFromInviteLinkAccess
    }
    if (modifyInviteLinkPassword !== null) {
      this.state.inviteLinkPassword = modifyInviteLinkPassword.inviteLinkPassword
    }
    this.state.accessControl = control
  }

  #leave(): void {
    for (const { deletedUserId } of this.#actions.deleteMembers ?? []) {
      if (!this.#isSource(deletedUserId)) this.#demandAdmin()
      const left = (this.state.members ?? []).filter(({ userId }) => !same(userId, deletedUserId))
      if (left.length === this.state.members?.length) throw new GroupRefusal(400, 'no such member')
      this.state.members = withAdmin(left)
    }
    for (const { deletedUserId } of this.#actions.deleteMembersPendingProfileKey ?? []) {
      if (!this.#isSource(deletedUserId)) this.#demandAdmin()
      const pending = this.state.membersPendingProfileKey ?? []
      this.state.membersPendingProfileKey = pending.filter(({ member }) => !same(member?.userId, deletedUserId))
    }
    for (const { deletedUserId } of this.#actions.deleteMembersPendingAdminApproval ?? []) {
      if (!this.#isSource(deletedUserId)) this.#demandAdmin()
      const requesting = this.state.membersPendingAdminApproval ?? []
      this.state.membersPendingAdminApproval = requesting.filter(({ userId }) => !same(userId, deletedUserId))
    }
  }

  #add(): void {
    this.applied.addMembers = (this.#actions.addMembers ?? []).map((action) => {
      const member = this.#proven(action.added?.presentation, action.added?.role ?? Role.DEFAULT)
      if (action.joinFromInviteLink && same(member.userId, this.#source.aci)) this.#demandLink(AccessRequired.ANY)
      else this.#demand(this.state.accessControl?.members)
      if (member.role === Role.ADMINISTRATOR) this.#demandAdmin()
      this.#put(member)
      return { ...action, added: member }
    })
    this.applied.addMembersPendingProfileKey = (this.#actions.addMembersPendingProfileKey ?? []).map(({ added }) => {
      this.#demand(this.state.accessControl?.members)
      if (added?.member?.userId == null) throw new GroupRefusal(400, 'an invitation for nobody')
      const timestamp = this.#nowMs
      const pending = { member: added.member, addedByUserId: Buffer.from(this.#source.aci), timestamp }
      this.state.membersPendingProfileKey = [...(this.state.membersPendingProfileKey ?? []), pending]
      return { added: pending }
    })
    this.applied.addMembersPendingAdminApproval = (this.#actions.addMembersPendingAdminApproval ?? []).map(
      ({ added }) => {
        this.#demandLink(AccessRequired.ADMINISTRATOR)
        const { userId, profileKey } = this.#proven(added?.presentation, Role.DEFAULT)
        const request = { userId, profileKey, presentation: null, timestamp: this.#nowMs }
        this.state.membersPendingAdminApproval = [...(this.state.membersPendingAdminApproval ?? []), request]
        return { added: request }
      },
    )
  }

  #promote(): void {
    this.applied.promoteMembersPendingProfileKey = (this.#actions.promoteMembersPendingProfileKey ?? []).map(
      ({ presentation }) => {
        const member = this.#invited(this.#source.aci, presentation)
        return { presentation: null, userId: member.userId, profileKey: member.profileKey }
      },
    )
    this.applied.promoteMembersPendingPniAciProfileKey = (
      this.#actions.promoteMembersPendingPniAciProfileKey ?? []
    ).map(({ presentation }) => {
      const pni = this.#source.pni ?? new Uint8Array()
      const { userId, profileKey } = this.#invited(pni, presentation)
      return { presentation: null, userId, pni: Buffer.from(pni), profileKey }
    })
    for (const { userId, role } of this.#actions.promoteMembersPendingAdminApproval ?? []) {
      this.#demandAdmin()
      const request = this.state.membersPendingAdminApproval?.find((one) => same(one.userId, userId))
      if (request === undefined) throw new GroupRefusal(400, 'nobody asks under that id')
      const { profileKey } = request
      this.#put({ ...nobody, userId, profileKey, role: role ?? Role.DEFAULT })
    }
  }

  /** Members tell the group their own profile key, nobody else's. */
  #keys(): void {
    this.applied.modifyMemberProfileKeys = (this.#actions.modifyMemberProfileKeys ?? []).map(({ presentation }) => {
      const { userId, profileKey } = this.#proven(presentation, Role.DEFAULT)
      if (this.#member === undefined || !same(userId, this.#source.aci)) throw new GroupRefusal(403, 'not your own key')
      this.state.members = (this.state.members ?? []).map((one) =>
        same(one.userId, userId) ? { ...one, profileKey } : one,
      )
      return { presentation: null, userId, profileKey }
    })
  }

  #roles(): void {
    for (const { userId, role } of this.#actions.modifyMemberRoles ?? []) {
      this.#demandAdmin()
      this.state.members = withAdmin(
        (this.state.members ?? []).map((member) => (same(member.userId, userId) ? { ...member, role } : member)),
      )
    }
  }

  #bans(): void {
    for (const { added } of this.#actions.addMembersBanned ?? []) {
      this.#demandAdmin()
      if (added != null) this.state.membersBanned = [...(this.state.membersBanned ?? []), added]
    }
    for (const { deletedUserId } of this.#actions.deleteMembersBanned ?? []) {
      this.#demandAdmin()
      const banned = this.state.membersBanned ?? []
      this.state.membersBanned = banned.filter(({ userId }) => !same(userId, deletedUserId))
    }
  }

  /** Whoever was invited under this id becomes the member that the presentation proves. */
  #invited(as: Uint8Array, presentation: Uint8Array | null): Member {
    const pending = this.state.membersPendingProfileKey ?? []
    const invitation = pending.find(({ member }) => same(member?.userId, as))
    if (invitation === undefined) throw new GroupRefusal(403, 'not invited')
    const member = this.#proven(presentation, invitation.member?.role ?? Role.DEFAULT)
    if (!same(member.userId, this.#source.aci)) throw new GroupRefusal(403, 'somebody else’s profile key')
    this.state.membersPendingProfileKey = pending.filter((one) => one !== invitation)
    this.#put(member)
    return member
  }

  #proven(octets: Uint8Array | null | undefined, role: Member['role']): Member {
    const presentation = new ProfileKeyCredentialPresentation(new Uint8Array(octets ?? []))
    this.#profiles.verifyProfileKeyCredentialPresentation(this.#group.publicParams, presentation)
    return {
      ...nobody,
      role,
      userId: Buffer.from(presentation.getUuidCiphertext().serialize()),
      profileKey: Buffer.from(presentation.getProfileKeyCiphertext().serialize()),
    }
  }

  #put(member: Member): void {
    const { userId } = member
    const others = (this.state.members ?? []).filter((one) => !same(one.userId, userId))
    this.state.members = [...others, { ...member, joinedAtVersion: this.state.version }]
    const requesting = this.state.membersPendingAdminApproval ?? []
    this.state.membersPendingAdminApproval = requesting.filter((one) => !same(one.userId, userId))
  }

  #isSource(userId: Uint8Array | null): boolean {
    return same(userId, this.#source.aci) || same(userId, this.#source.pni)
  }

  #demand(required: number | null | undefined): void {
    if (this.#member === undefined) throw new GroupRefusal(403, 'not a member')
    if (required === AccessRequired.ADMINISTRATOR) this.#demandAdmin()
    else if (required !== AccessRequired.MEMBER) throw new GroupRefusal(403, 'nobody may do that here')
  }

  #demandAdmin(): void {
    if (this.#member?.role !== Role.ADMINISTRATOR) throw new GroupRefusal(403, 'only an administrator may do that')
  }

  #demandLink(required: number): void {
    const isOpen = this.state.accessControl?.addFromInviteLink === required
    const isBanned = (this.state.membersBanned ?? []).some(({ userId }) => same(userId, this.#source.aci))
    if (isOpen && !isBanned && same(this.state.inviteLinkPassword, this.#source.linkPassword)) return
    throw new GroupRefusal(403, 'the link does not let anybody in')
  }
}

const nobody = { presentation: null, joinedAtVersion: null, labelEmoji: null, labelString: null }

/** When the last administrator has gone, everybody who is left becomes one. */
function withAdmin(members: Member[]): Member[] {
  if (members.some(({ role }) => role === Role.ADMINISTRATOR)) return members
  return members.map((member) => ({ ...member, role: Role.ADMINISTRATOR }))
}

function same(one: Uint8Array | null | undefined, other: Uint8Array | null | undefined): boolean {
  return one != null && other != null && one.length > 0 && Buffer.compare(one, other) === 0
}

/** Object keys of stored avatars begin with this. */
export function avatarKey(groupId: string): string {
  return `groups/${Buffer.from(groupId, 'base64').toString('base64url')}/${randomUUID()}`
}
