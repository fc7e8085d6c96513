/**
 * A group as its members see it: decrypted, in plain values that can be kept as JSON. Pure.
 *
 * What does not decrypt or is no id is left out of the lists: a server or a member may have put anything there, and one
 * bad entry must not hide the group.
 */
import type { GroupProto, MemberProto } from '../proto/groups.ts'
import type { GroupCipher } from './cipher.ts'

/** Who may do something; other numbers are kept as they came and allow nothing. */
export const access = { any: 1, member: 2, admin: 3, nobody: 4 } as const
export const roles = { member: 1, admin: 2 } as const

export interface GroupMember {
  aci: string
  /** See `roles`. */
  role: number
  /** Base64, 32 octets. */
  profileKey: string | undefined
  joinedAtRevision: number
}

/** Somebody who was invited and has not accepted: by account or by phone-number identity. */
export interface InvitedMember {
  serviceId: string
  role: number
  addedBy: string | undefined
  atMs: number
}

/** Somebody who came by the link and waits for an administrator. */
export interface RequestingMember {
  aci: string
  profileKey: string | undefined
  atMs: number
}

export interface BannedMember {
  serviceId: string
  atMs: number
}

export interface GroupState {
  revision: number
  title: string
  description: string
  avatarUrl: string | undefined
  /** After how many seconds messages disappear; 0: never. */
  timerSeconds: number
  /** See `access`. */
  access: { attributes: number; members: number; link: number }
  members: readonly GroupMember[]
  invited: readonly InvitedMember[]
  requesting: readonly RequestingMember[]
  banned: readonly BannedMember[]
  /** Base64; undefined: there has never been a link. */
  linkPassword: string | undefined
  announcementsOnly: boolean
  terminated: boolean
}

/** What we are to a group. */
export type Standing = 'member' | 'invited' | 'requesting' | 'out'

/** What the server's form of a group says to a member. */
export function readGroup(group: GroupProto, cipher: GroupCipher): GroupState {
  return {
    revision: group.version ?? 0,
    title: cipher.openTitle(group.title) ?? '',
    description: cipher.openDescription(group.description) ?? '',
    avatarUrl: group.avatarUrl === '' ? undefined : group.avatarUrl,
    timerSeconds: cipher.openTimer(group.timer) ?? 0,
    access: {
      attributes: group.access?.attributes ?? 0,
      members: group.access?.members ?? 0,
      link: group.access?.addFromInviteLink ?? 0,
    },
    members: (group.members ?? []).flatMap((member) => readMember(member, cipher) ?? []),
    invited: (group.pending ?? []).flatMap(({ member, addedByUserId, timestamp }) => {
      const serviceId = cipher.openServiceId(member?.userId)
      if (serviceId === undefined) return []
      const addedBy = cipher.openServiceId(addedByUserId)
      return [{ serviceId, role: member?.role ?? roles.member, addedBy, atMs: timestamp ?? 0 }]
    }),
    requesting: (group.requesting ?? []).flatMap(({ userId, profileKey, timestamp }) => {
      const aci = cipher.openAci(userId)
      return aci === undefined
        ? []
        : [{ aci, profileKey: cipher.openProfileKey(profileKey, aci), atMs: timestamp ?? 0 }]
    }),
    banned: (group.banned ?? []).flatMap(({ userId, timestamp }) => {
      const serviceId = cipher.openServiceId(userId)
      return serviceId === undefined ? [] : [{ serviceId, atMs: timestamp ?? 0 }]
    }),
    linkPassword:
      group.linkPassword === undefined || group.linkPassword.length === 0
        ? undefined
        : Buffer.from(group.linkPassword).toString('base64'),
    announcementsOnly: group.announcementsOnly ?? false,
    terminated: group.terminated ?? false,
  }
}

/** Undefined for an entry that is no member's. */
export function readMember(member: MemberProto | undefined, cipher: GroupCipher): GroupMember | undefined {
  const aci = cipher.openAci(member?.userId)
  if (member === undefined || aci === undefined) return undefined
  return {
    aci,
    role: member.role ?? roles.member,
    profileKey: cipher.openProfileKey(member.profileKey, aci),
    joinedAtRevision: member.joinedAtVersion ?? 0,
  }
}

/** `self.pni` without prefix. */
export function standingIn(state: GroupState, self: { aci: string; pni: string }): Standing {
  if (state.members.some(({ aci }) => aci === self.aci)) return 'member'
  const ids = [self.aci, `PNI:${self.pni}`]
  if (state.invited.some(({ serviceId }) => ids.includes(serviceId))) return 'invited'
  return state.requesting.some(({ aci }) => aci === self.aci) ? 'requesting' : 'out'
}

export function isAdmin(state: GroupState, aci: string): boolean {
  return state.members.some((member) => member.aci === aci && member.role === roles.admin)
}
