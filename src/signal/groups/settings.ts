/** Pure: which actions turn a group into what is wanted of it, and whether it is so. */
import { CausewayError } from '../../domain/errors.ts'
import type { ActionsProto } from '../proto/groups.ts'
import { levelOf, linkState } from './actions.ts'
import type { GroupCipher } from './cipher.ts'
import type { GroupSettings } from './contract.ts'
import { access, type GroupState, roles } from './state.ts'

/** As many as Signal's groups have members at most. */
const bansMax = 1_000

interface Wish {
  actions: ActionsProto
  holds: (state: GroupState) => boolean
}

const levels = { members: access.member, admins: access.admin } as const
const links = { off: access.nobody, join: access.any, request: access.admin } as const

/** Undefined when everything is as wanted. `freshPassword` is for a link that has none yet, or is renewed. */
export function settingsWish(
  state: GroupState,
  cipher: GroupCipher,
  wanted: GroupSettings,
  freshPassword: () => Uint8Array,
): Wish | undefined {
  const { title, description, timerSeconds, announcementsOnly, whoEdits, whoAdds, link, resetLink } = wanted
  const actions: ActionsProto = {}
  if (title !== undefined && title !== state.title) actions.title = { value: cipher.close({ title }) }
  if (description !== undefined && description !== state.description) {
    actions.description = { value: cipher.close({ description }) }
  }
  if (timerSeconds !== undefined && timerSeconds !== state.timerSeconds) {
    actions.timer = { value: cipher.close({ timerSeconds }) }
  }
  if (announcementsOnly !== undefined && announcementsOnly !== state.announcementsOnly) {
    actions.announcementsOnly = { value: announcementsOnly }
  }
  if (whoEdits !== undefined && whoEdits !== levelOf(state.access.attributes)) {
    actions.attributesAccess = { value: levels[whoEdits] }
  }
  if (whoAdds !== undefined && whoAdds !== levelOf(state.access.members)) {
    actions.membersAccess = { value: levels[whoAdds] }
  }
  if (link !== undefined && link !== linkState(state.access.link)) actions.linkAccess = { value: links[link] }
  const needsPassword = link !== undefined && link !== 'off' && state.linkPassword === undefined
  if (needsPassword || resetLink === true) actions.linkPassword = { value: freshPassword() }
  if (Object.keys(actions).length === 0) return undefined
  return {
    actions,
    holds: (after) =>
      (title === undefined || after.title === title) &&
      (description === undefined || after.description === description) &&
      (timerSeconds === undefined || after.timerSeconds === timerSeconds) &&
      (announcementsOnly === undefined || after.announcementsOnly === announcementsOnly) &&
      (whoEdits === undefined || levelOf(after.access.attributes) === whoEdits) &&
      (whoAdds === undefined || levelOf(after.access.members) === whoAdds) &&
      (link === undefined || linkState(after.access.link) === link) &&
      (actions.linkPassword === undefined || after.linkPassword !== state.linkPassword),
  }
}

/** Throws CausewayError `group-not-member` for somebody who is none. */
export function roleWish(state: GroupState, cipher: GroupCipher, aci: string, admin: boolean): Wish | undefined {
  const member = state.members.find((one) => one.aci === aci)
  if (member === undefined) throw notMember()
  const role = admin ? roles.admin : roles.member
  if (member.role === role) return undefined
  return {
    actions: { roles: [{ userId: cipher.closeServiceId(aci), role }] },
    holds: (after) => after.members.some((one) => one.aci === aci && one.role === role),
  }
}

/** Removes a member, withdraws an invitation, or refuses somebody who asks to join. Throws `group-not-member`. */
export function removalWish(state: GroupState, cipher: GroupCipher, who: string): Wish {
  const named = [{ userId: cipher.closeServiceId(who) }]
  if (state.members.some(({ aci }) => aci === who)) {
    return { actions: { deleteMembers: named }, holds: (after) => !after.members.some(({ aci }) => aci === who) }
  }
  if (state.invited.some(({ serviceId }) => serviceId === who)) {
    const holds = (after: GroupState) => !after.invited.some(({ serviceId }) => serviceId === who)
    return { actions: { deletePending: named }, holds }
  }
  if (state.requesting.some(({ aci }) => aci === who)) {
    const holds = (after: GroupState) => !after.requesting.some(({ aci }) => aci === who)
    return { actions: { deleteRequesting: named }, holds }
  }
  throw notMember()
}

/** Removes whoever it is, and keeps them from coming back by the link; also one who is not there any more. */
export function banWish(state: GroupState, cipher: GroupCipher, who: string): Wish | undefined {
  const isIn = isThere(state, who)
  if (!isIn && state.banned.some(({ serviceId }) => serviceId === who)) return undefined
  const removal = isIn ? removalWish(state, cipher, who) : undefined
  // The server's list has an end: those who were banned first are let go.
  const oldest = [...state.banned]
    .sort((one, other) => one.atMs - other.atMs)
    .slice(0, state.banned.length + 1 - bansMax)
  const spare = state.banned.length < bansMax ? [] : oldest
  return {
    actions: {
      ...removal?.actions,
      addBanned: [{ added: { userId: cipher.closeServiceId(who) } }],
      ...(spare.length === 0
        ? {}
        : { deleteBanned: spare.map(({ serviceId }) => ({ userId: cipher.closeServiceId(serviceId) })) }),
    },
    holds: (after) => !isThere(after, who) && after.banned.some(({ serviceId }) => serviceId === who),
  }
}

/** May come back by the link. Undefined for somebody who is not banned. */
export function unbanWish(state: GroupState, cipher: GroupCipher, who: string): Wish | undefined {
  if (!state.banned.some(({ serviceId }) => serviceId === who)) return undefined
  return {
    actions: { deleteBanned: [{ userId: cipher.closeServiceId(who) }] },
    holds: (after) => !after.banned.some(({ serviceId }) => serviceId === who),
  }
}

function isThere({ members, invited, requesting }: GroupState, who: string): boolean {
  return [...members, ...requesting].some(({ aci }) => aci === who) || invited.some((one) => one.serviceId === who)
}

/** Lets somebody in who asks to join. Throws `group-not-member` when nobody of that id asks. */
export function approvalWish(state: GroupState, cipher: GroupCipher, aci: string): Wish | undefined {
  if (state.members.some((member) => member.aci === aci)) return undefined
  if (!state.requesting.some((one) => one.aci === aci)) throw notMember()
  return {
    actions: { promoteRequesting: [{ userId: cipher.closeServiceId(aci), role: roles.member }] },
    holds: (after) => after.members.some((member) => member.aci === aci),
  }
}

function notMember(): CausewayError {
  return new CausewayError({
    code: 'group-not-member',
    message: 'Nobody of that id is in this group, is invited, or asks to join.',
    retry: 'never',
  })
}
