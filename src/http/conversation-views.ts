/** Conversations as the API shows them, and the groups that some are with. Pure. */
import { formatDuration } from '../domain/duration.ts'
import type { GroupDetails } from '../domain/group.ts'
import type { WaitingState } from '../domain/waiting.ts'
import { detailsOf } from '../store/groups.ts'
import type { ConversationView } from '../store/mailbox.ts'
import { numbersOf } from '../store/phone-groups.ts'
import type { GroupRow } from '../store/tables/mailbox.ts'
import { messageView } from './message-views.ts'
import { addressOf, type ContactColumns, numberView, portraitOf, portraitUrl, refOf, time } from './views.ts'

/** With a person or a group; the other is null. */
export function conversationView({ conversation, contact, group, lastMessage, attachments }: ConversationView) {
  const other = group === undefined ? contact : { group, authors: [] }
  return {
    id: conversation.id,
    contact: contact === undefined ? null : { ...refOf(contact), avatar_url: portraitOf(contact) },
    // Of a request no picture is fetched.
    group: group === undefined ? null : groupRefView(group, conversation.request_at_ms === null),
    state:
      (contact !== undefined && contact.blocked_at_ms !== null) ||
      (group !== undefined && detailsOf(group).blocked === true)
        ? 'blocked'
        : conversation.request_at_ms !== null
          ? 'request'
          : 'open',
    unread: conversation.unread,
    disappears_after: conversation.timer_s === 0 ? null : formatDuration(conversation.timer_s * 1_000),
    waiting: waitingView(JSON.parse(conversation.waiting_json ?? '{}')),
    muted: conversation.muted === 1,
    archived: conversation.archived === 1,
    pinned: conversation.pinned === 1,
    sms_lane: conversation.sms_lane,
    last_message: lastMessage === undefined ? null : messageView(lastMessage, other, attachments),
    last_message_at: time(conversation.last_message_at_ms),
    created_at: time(conversation.created_at_ms),
  }
}

/** A group as its conversation names it. */
function groupRefView(group: GroupRow, withPicture = true) {
  const kind = kindOf(group)
  return {
    id: group.id,
    title: group.title,
    kind,
    texts_apart: kind === 'phone' ? group.texts_apart === 1 : null,
    avatar_url: withPicture ? groupPortraitOf(group) : null,
  }
}

/** Of the revision that it has now: which picture that is, only its members' devices know. */
function groupPortraitOf(group: GroupRow): string | null {
  const { avatar, revision } = detailsOf(group)
  return avatar ? portraitUrl(`/api/v1/groups/${group.id}`, `r${revision}`) : null
}

function kindOf(group: GroupRow): 'signal' | 'phone' {
  return numbersOf(group) === undefined ? 'signal' : 'phone'
}

/** `count` null: how many was not told. */
function waitingView(state: WaitingState) {
  return Object.entries(state).map(([type, { count, sinceMs }]) => ({ type, count, since: time(sinceMs) }))
}

/** `people`: what is known of those in it. Whoever is invited by number alone is `pni:…`. */
export function groupView(
  group: GroupRow,
  details: GroupDetails,
  conversationId: string | null,
  people: readonly ContactColumns[],
) {
  const person = (serviceId: string) => {
    const known = people.find(({ aci }) => aci === serviceId)
    const isPni = serviceId.startsWith('PNI:')
    const aci = isPni ? null : serviceId
    const address = isPni ? serviceId.toLowerCase() : `signal:${serviceId}`
    return {
      aci,
      name: known?.name ?? known?.profile_name ?? null,
      address: known === undefined ? address : addressOf(known),
      ...seen(known),
    }
  }
  const numbers = numbersOf(group)
  const byNumber = (address: string) => {
    const known = people.find(({ e164, sender }) => e164 === address || sender === address)
    return { aci: null, ...numberView(address, people), ...seen(known), admin: false }
  }
  return {
    id: group.id,
    kind: kindOf(group),
    conversation_id: conversationId,
    title: numbers === undefined ? details.title : group.title,
    texts_apart: numbers === undefined ? null : group.texts_apart === 1,
    description: details.description,
    standing: details.standing,
    admin: details.admin,
    announcements_only: details.announcementsOnly,
    timer_seconds: details.timerSeconds,
    who_edits: details.whoEdits,
    who_adds: details.whoAdds,
    link: details.link,
    link_url: details.linkUrl ?? null,
    avatar_url: details.avatar ? `/api/v1/groups/${group.id}/avatar` : null,
    members: numbers?.map(byNumber) ?? details.members.map(({ aci, admin }) => ({ ...person(aci), admin })),
    invited: details.invited.map(person),
    requesting: details.requesting.map(person),
    banned: (details.banned ?? []).map(person),
    blocked: details.blocked ?? false,
    revision: details.revision,
    created_at: time(group.created_at_ms),
    updated_at: time(group.updated_at_ms),
  }
}

/** Who it is among the people here, and what they look like. */
function seen(known: ContactColumns | undefined) {
  return { contact_id: known?.id ?? null, avatar_url: known === undefined ? null : portraitOf(known) }
}
