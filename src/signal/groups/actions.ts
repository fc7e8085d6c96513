/**
 * Applies the actions of one change to the state before it: a table with a row for every action. Pure; gives the new
 * state, and what was done as items that can be told in words.
 */
import type { ActionsProto } from '../proto/groups.ts'
import type { GroupCipher } from './cipher.ts'
import type { GroupChangeItem } from './contract.ts'
import { access, type GroupMember, type GroupState, readMember, roles } from './state.ts'

export interface Applied {
  state: GroupState
  /** Who did it, as far as the change says. */
  by: string | undefined
  items: readonly GroupChangeItem[]
}

type Draft = { -readonly [Field in keyof GroupState]: GroupState[Field] }

interface Context {
  draft: Draft
  actions: ActionsProto
  cipher: GroupCipher
  by: string | undefined
  items: GroupChangeItem[]
}

/** The state after the change; undefined when the change does not follow the state (its revision is another one). */
export function applyActions(state: GroupState, actions: ActionsProto, cipher: GroupCipher): Applied | undefined {
  if (actions.version !== state.revision + 1) return undefined
  const by = cipher.openServiceId(actions.sourceUserId)
  const context: Context = { draft: { ...state, revision: actions.version }, actions, cipher, by, items: [] }
  for (const rule of rules) rule(context)
  return { state: context.draft, by, items: context.items }
}

/** In the order in which the server applies them. */
const rules: readonly ((context: Context) => void)[] = [
  ({ draft, actions, cipher, items }) => {
    for (const { added, fromLink } of actions.addMembers ?? []) {
      const member = readMember(added, cipher)
      if (member === undefined) continue
      putMember(draft, member)
      items.push({ kind: fromLink === true ? 'joined' : 'added', who: member.aci })
    }
  },
  ({ draft, actions, cipher, items, by }) => {
    for (const { userId } of actions.deleteMembers ?? []) {
      const who = cipher.openServiceId(userId)
      if (who === undefined) continue
      draft.members = draft.members.filter(({ aci }) => aci !== who)
      items.push({ kind: who === by ? 'left' : 'removed', who })
    }
  },
  ({ draft, actions, cipher, items }) => {
    for (const { userId, role = roles.member } of actions.roles ?? []) {
      const who = cipher.openServiceId(userId)
      if (who === undefined) continue
      draft.members = draft.members.map((member) => (member.aci === who ? { ...member, role } : member))
      items.push({ kind: 'role', who, admin: role === roles.admin })
    }
  },
  ({ draft, actions, cipher }) => {
    for (const { userId, profileKey } of actions.profileKeys ?? []) {
      const who = cipher.openAci(userId)
      const opened = who === undefined ? undefined : cipher.openProfileKey(profileKey, who)
      if (opened === undefined) continue
      draft.members = draft.members.map((member) => (member.aci === who ? { ...member, profileKey: opened } : member))
    }
  },
  ({ draft, actions, cipher, items }) => {
    for (const { added } of actions.addPending ?? []) {
      const who = cipher.openServiceId(added?.member?.userId)
      if (who === undefined) continue
      const addedBy = cipher.openServiceId(added?.addedByUserId)
      const role = added?.member?.role ?? roles.member
      draft.invited = [...without(draft.invited, who), { serviceId: who, role, addedBy, atMs: added?.timestamp ?? 0 }]
      items.push({ kind: 'invited', who })
    }
  },
  ({ draft, actions, cipher, items, by }) => {
    for (const { userId } of actions.deletePending ?? []) {
      const who = cipher.openServiceId(userId)
      if (who === undefined) continue
      draft.invited = without(draft.invited, who)
      items.push({ kind: who === by ? 'declined' : 'uninvited', who })
    }
  },
  (context) => {
    for (const promoted of context.actions.promotePending ?? []) accept(context, promoted, promoted.userId)
    for (const promoted of context.actions.promotePendingPni ?? []) accept(context, promoted, promoted.pni)
  },
  ({ draft, actions, cipher, items }) => {
    if (actions.title === undefined) return
    draft.title = cipher.openTitle(actions.title.value) ?? ''
    items.push({ kind: 'renamed', title: draft.title })
  },
  ({ draft, actions, items }) => {
    if (actions.avatar === undefined) return
    draft.avatarUrl = actions.avatar.value === '' ? undefined : actions.avatar.value
    items.push({ kind: 'avatar' })
  },
  ({ draft, actions, cipher, items }) => {
    if (actions.timer === undefined) return
    draft.timerSeconds = cipher.openTimer(actions.timer.value) ?? 0
    items.push({ kind: 'timer', seconds: draft.timerSeconds })
  },
  ({ draft, actions, items }) => {
    const attributes = actions.attributesAccess?.value
    if (attributes === undefined) return
    draft.access = { ...draft.access, attributes }
    items.push({ kind: 'access', what: 'edit', level: levelOf(attributes) })
  },
  ({ draft, actions, items }) => {
    const members = actions.membersAccess?.value
    if (members === undefined) return
    draft.access = { ...draft.access, members }
    items.push({ kind: 'access', what: 'add', level: levelOf(members) })
  },
  ({ draft, actions, items }) => {
    const link = actions.linkAccess?.value
    if (link === undefined) return
    draft.access = { ...draft.access, link }
    items.push({ kind: 'link', state: linkState(link) })
  },
  ({ draft, actions, cipher, items }) => {
    for (const { added } of actions.addRequesting ?? []) {
      const who = cipher.openAci(added?.userId)
      if (who === undefined) continue
      const request = {
        aci: who,
        profileKey: cipher.openProfileKey(added?.profileKey, who),
        atMs: added?.timestamp ?? 0,
      }
      draft.requesting = [...draft.requesting.filter(({ aci }) => aci !== who), request]
      items.push({ kind: 'requested', who })
    }
  },
  ({ draft, actions, cipher, items, by }) => {
    for (const { userId } of actions.deleteRequesting ?? []) {
      const who = cipher.openServiceId(userId)
      if (who === undefined) continue
      draft.requesting = draft.requesting.filter(({ aci }) => aci !== who)
      items.push({ kind: who === by ? 'withdrew' : 'refused', who })
    }
  },
  ({ draft, actions, cipher, items }) => {
    for (const { userId, role = roles.member } of actions.promoteRequesting ?? []) {
      const request = draft.requesting.find(({ aci }) => aci === cipher.openAci(userId))
      if (request === undefined) continue
      putMember(draft, { ...withoutTime(request), role, joinedAtRevision: draft.revision })
      items.push({ kind: 'approved', who: request.aci })
    }
  },
  ({ draft, actions, items }) => {
    const password = actions.linkPassword?.value
    if (actions.linkPassword === undefined) return
    const isFirst = draft.linkPassword === undefined
    draft.linkPassword = password === undefined ? undefined : Buffer.from(password).toString('base64')
    if (!isFirst) items.push({ kind: 'link-reset' })
  },
  ({ draft, actions, cipher, items }) => {
    if (actions.description === undefined) return
    draft.description = cipher.openDescription(actions.description.value) ?? ''
    items.push({ kind: 'described', text: draft.description })
  },
  ({ draft, actions, items }) => {
    if (actions.announcementsOnly === undefined) return
    draft.announcementsOnly = actions.announcementsOnly.value === true
    items.push({ kind: 'announcements', on: draft.announcementsOnly })
  },
  ({ draft, actions, cipher, items }) => {
    for (const { added } of actions.addBanned ?? []) {
      const who = cipher.openServiceId(added?.userId)
      if (who === undefined) continue
      draft.banned = [...without(draft.banned, who), { serviceId: who, atMs: added?.timestamp ?? 0 }]
      items.push({ kind: 'banned', who })
    }
  },
  ({ draft, actions, cipher, items }) => {
    for (const { userId } of actions.deleteBanned ?? []) {
      const who = cipher.openServiceId(userId)
      if (who === undefined) continue
      draft.banned = without(draft.banned, who)
      items.push({ kind: 'unbanned', who })
    }
  },
  ({ draft, actions, items }) => {
    if (actions.terminate === undefined) return
    draft.terminated = true
    items.push({ kind: 'ended' })
  },
]

/** An invitation (to the account, or to its number) is accepted. */
function accept(
  { draft, cipher, items }: Context,
  promoted: { userId?: Uint8Array; profileKey?: Uint8Array },
  invitedAs: Uint8Array | undefined,
): void {
  const aci = cipher.openAci(promoted.userId)
  const invited = cipher.openServiceId(invitedAs)
  if (aci === undefined || invited === undefined) return
  const role = draft.invited.find(({ serviceId }) => serviceId === invited)?.role ?? roles.member
  draft.invited = without(draft.invited, invited)
  const profileKey = cipher.openProfileKey(promoted.profileKey, aci)
  putMember(draft, { aci, role, profileKey, joinedAtRevision: draft.revision })
  items.push({ kind: 'joined', who: aci })
}

/** Whoever is a member neither waits nor is invited any more. */
function putMember(draft: Draft, member: GroupMember): void {
  draft.members = [...draft.members.filter(({ aci }) => aci !== member.aci), member]
  draft.invited = without(draft.invited, member.aci)
  draft.requesting = draft.requesting.filter(({ aci }) => aci !== member.aci)
}

function without<T extends { serviceId: string }>(list: readonly T[], serviceId: string): T[] {
  return list.filter((entry) => entry.serviceId !== serviceId)
}

function withoutTime({ aci, profileKey }: { aci: string; profileKey: string | undefined }) {
  return { aci, profileKey }
}

export function levelOf(level: number): 'members' | 'admins' {
  return level === access.member || level === access.any ? 'members' : 'admins'
}

export function linkState(level: number): 'off' | 'join' | 'request' {
  if (level === access.any) return 'join'
  return level === access.admin ? 'request' : 'off'
}
